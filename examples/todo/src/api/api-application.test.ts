import { describe, expect, test } from "vitest";
import { createSessions } from "../accounts/sessions.ts";
import type { List } from "../lists/list.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createApiApplication } from "./api-application.ts";
import type { ApiContext } from "./api-context.ts";

const list: List = { id: "AAAAAAAAAAAAAAAAAAAAAA", title: "Camping", ownerId: null, createdAt: "2030-01-01T00:00:00Z", items: [] };
const session = { query: async () => [] };

/** The API with doubles that succeed; a test replaces what it is about. */
function api(replaced: Partial<ApiContext> = {}) {
  const lines: Record<string, unknown>[] = [];
  const context: ApiContext = {
    database: {
      ...session,
      transaction: (work) => work(session),
      isReachable: async () => true,
      waitForSchema: async () => undefined,
      close: async () => undefined,
    },
    redis: { attempt: async () => undefined, isUp: () => true, onReady: () => undefined, close: async () => undefined },
    lists: {
      find: async (id) => (id === list.id ? list : undefined),
      ownedBy: async () => [],
      insert: async () => undefined,
      rename: async () => true,
      claim: async () => true,
      delete: async () => undefined,
      countItems: async () => 0,
      insertItem: async () => undefined,
      changeItem: async () => undefined,
      deleteItem: async () => undefined,
    },
    cache: { read: async () => ({ list: undefined, outcome: "bypass" }), fill: async () => undefined, forget: async () => undefined },
    accounts: { insert: async () => undefined, findByEmail: async () => undefined },
    passwords: { hash: async () => "hash", matches: async () => false },
    sessions: createSessions({ secret: "a secret of more than thirty-two characters", hours: 1 }),
    reminders: {
      put: async () => true,
      remove: async () => undefined,
      claim: async () => undefined,
      claimDue: async () => [],
      markSent: async () => undefined,
      markRefused: async () => undefined,
      putBack: async () => undefined,
    },
    queue: { put: async () => true, takeDue: async () => [] },
    secureCookies: true,
    now: () => new Date("2030-01-01T00:00:00Z"),
    ...replaced,
  };
  const logger = createLogger({ service: "api", level: "info", destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  return { app: createApiApplication(context, logger), context, lines };
}

describe("the api", () => {
  test("without Redis is degraded, and answers all the same", async () => {
    const base = api().context;
    const { app } = api({ redis: { ...base.redis, isUp: () => false } });

    expect((await app.inject("/health")).json()).toEqual({ status: "degraded", database: "up", redis: "down" });
    expect((await app.inject("/ready")).statusCode).toBe(200);
    const answer = await app.inject(`/lists/${list.id}`);
    expect(answer.json()).toMatchObject({ title: "Camping" });
    expect(answer.headers["x-cache"]).toBe("bypass");
  });

  test("without the database is alive, but not ready", async () => {
    const base = api().context;
    const { app } = api({ database: { ...base.database, isReachable: async () => false } });

    expect((await app.inject("/health")).statusCode).toBe(200);
    expect((await app.inject("/ready")).statusCode).toBe(503);
  });

  test("takes a reminder although the queue is away: the outbox has it", async () => {
    const base = api().context;
    const { app, lines } = api({ queue: { ...base.queue, put: async () => false } });

    const answer = await app.inject({
      method: "PUT",
      url: `/lists/${list.id}/items/3f0f6c1e-7f0d-4c59-9c35-0d5a3a2c7a11/reminder`,
      payload: { email: "edith@example.com", at: "2030-01-01T00:00:00Z" },
    });

    expect(answer.statusCode).toBe(202);
    expect(lines).toContainEqual(expect.objectContaining({ msg: "reminder left to the sweep", trace_id: answer.headers["x-request-id"] }));
  });

  test("answers a fault of its own with 500 and the trace id, and logs the stack, not the visitor's business", async () => {
    const base = api().context;
    const find = async () => {
      throw new Error("the disk is on fire");
    };
    const { app, lines } = api({ lists: { ...base.lists, find } });

    const answer = await app.inject(`/lists/${list.id}`);

    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("fire");
    const traceId = answer.headers["x-request-id"];
    expect(answer.json().error.traceId).toBe(traceId);
    const record = lines.find((line) => line.level === "error");
    expect(record).toMatchObject({
      trace_id: traceId,
      err: { message: "the disk is on fire", stack: expect.stringContaining("api-application.test.ts") },
    });
  });

  test("marks its cookie Secure where the page is served over https", async () => {
    const payload = { email: "edith@example.com", password: "correct horse battery" };
    const sent = async (secureCookies: boolean) =>
      (await api({ secureCookies }).app.inject({ method: "POST", url: "/accounts", payload })).headers["set-cookie"];

    expect(await sent(true)).toContain("Secure");
    expect(await sent(false)).not.toContain("Secure");
  });

  test.each(["GET /nowhere", "GET /lists/short", "DELETE /lists/short/items/x"])("%s is not there", async (request) => {
    const [method, url] = request.split(" ") as ["GET" | "DELETE", string];

    expect((await api().app.inject({ method, url })).statusCode).toBe(404);
  });

  test("refuses a body that is not JSON, by name", async () => {
    const answer = await api().app.inject({ method: "POST", url: "/lists", headers: { "content-type": "application/json" }, payload: "{" });

    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe("bad_request");
  });
});
