import { describe, expect, test } from "vitest";
import type { ClaimedReminder } from "../reminders/reminder.ts";
import type { QueuedReminder } from "../reminders/reminder-queue.ts";
import { createLogger } from "../telemetry/logger.ts";
import { currentTrace } from "../telemetry/trace-context.ts";
import type { Mail, MailOutcome } from "./mail-client.ts";
import { mailFor, retryDelayMs, sweep, takeFromQueue, type WorkerContext } from "./reminder-worker.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const now = new Date("2030-01-01T09:00:00Z");
const reminder: ClaimedReminder = {
  id: "3f0f6c1e-7f0d-4c59-9c35-0d5a3a2c7a11",
  email: "edith@example.com",
  dueAt: now,
  traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  attempts: 1,
  listId: "AAAAAAAAAAAAAAAAAAAAAA",
  listTitle: "",
  itemTitle: "Buy milk",
};

/** A worker's surroundings that remember what happened to them. */
function surroundings({ claimed = [reminder], outcome = { kind: "sent" } as MailOutcome } = {}) {
  const events: string[] = [];
  const mails: { mail: Mail; key: string; traceId: string | undefined }[] = [];
  const queued: { entry: QueuedReminder; at: Date }[] = [];
  const lines: Record<string, unknown>[] = [];
  const context: WorkerContext = {
    reminders: {
      put: async () => true,
      remove: async () => undefined,
      claim: async (id) => claimed.find((candidate) => candidate.id === id),
      claimDue: async () => claimed,
      markSent: async (id) => void events.push(`sent ${id}`),
      markRefused: async (id, reason) => void events.push(`refused ${id}: ${reason}`),
      putBack: async (id, at, reason) => void events.push(`back ${id} at ${at.toISOString()}: ${reason}`),
    },
    queue: {
      put: async (entry, at) => queued.push({ entry, at }) > 0,
      takeDue: async () => [{ reminderId: reminder.id, traceparent: reminder.traceparent }],
    },
    cache: { forget: async (id) => void events.push(`forgot ${id}`) },
    mail: {
      send: async (mail, key) => {
        mails.push({ mail, key, traceId: currentTrace()?.traceId });
        return outcome;
      },
    },
    publicUrl: "https://todo.example.com",
    sweepMs: 1_000,
    logger: createLogger({ service: "worker", level: "info", destination: { write: (line) => void lines.push(JSON.parse(line)) } }),
    now: () => now,
  };
  return { context, events, mails, queued, lines };
}

describe("the worker", () => {
  test("sends a queued reminder to its address, with its id as idempotency key, in the trace that asked for it", async () => {
    const { context, events, mails, lines } = surroundings();

    await takeFromQueue(context);

    expect(mails).toMatchObject([{ mail: { to: "edith@example.com" }, key: reminder.id, traceId }]);
    expect(events).toEqual([`sent ${reminder.id}`, `forgot ${reminder.listId}`]);
    expect(lines).toMatchObject([{ msg: "reminder sent", trace_id: traceId }]);
  });

  test("sends what only the outbox knows, too", async () => {
    const { context, events, mails } = surroundings();

    await sweep(context);

    expect(mails).toMatchObject([{ traceId }]);
    expect(events[0]).toBe(`sent ${reminder.id}`);
  });

  test("leaves a reminder alone that is in other hands", async () => {
    const { context, mails } = surroundings({ claimed: [] });

    await takeFromQueue(context);

    expect(mails).toEqual([]);
  });

  test("puts a reminder back when the mail system is away, later each time", async () => {
    const { context, events, queued } = surroundings({
      claimed: [{ ...reminder, attempts: 2 }],
      outcome: { kind: "later", reason: "503 busy" },
    });

    await takeFromQueue(context);

    const at = new Date(now.getTime() + 1_000);
    expect(events[0]).toBe(`back ${reminder.id} at ${at.toISOString()}: 503 busy`);
    expect(queued).toEqual([{ entry: { reminderId: reminder.id, traceparent: reminder.traceparent }, at }]);
    expect([1, 2, 3].map(retryDelayMs)).toEqual([500, 1_000, 2_000]);
  });

  test.each([
    ["the mail system refuses it", 1, { kind: "refused", reason: "400 no such address" }],
    ["six attempts were in vain", 6, { kind: "later", reason: "503 busy" }],
  ] as const)("gives a reminder up and says why when %s", async (_case, attempts, outcome) => {
    const { context, events, queued, lines } = surroundings({ claimed: [{ ...reminder, attempts }], outcome });

    await takeFromQueue(context);

    expect(events[0]).toBe(`refused ${reminder.id}: ${outcome.reason}`);
    expect(queued).toEqual([]);
    expect(lines).toMatchObject([{ level: "error", trace_id: traceId, reason: outcome.reason }]);
  });

  test("names the list in the mail when it has a name, and its address always", () => {
    expect(mailFor(reminder, "https://todo.example.com").text).toContain("on your list");
    const named = mailFor({ ...reminder, listTitle: "Camping" }, "https://todo.example.com");
    expect(named.text).toContain('on "Camping"');
    expect(named.text).toContain("https://todo.example.com/lists/AAAAAAAAAAAAAAAAAAAAAA");
  });
});
