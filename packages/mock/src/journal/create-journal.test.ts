import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import { printRequest } from "../request/print-request.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { createJournal } from "./create-journal.ts";
import type { ServeEvent } from "./serve-event.ts";

describe("the journal", () => {
  test("gives entries newest first, and by id", () => {
    const journal = createJournal();
    const [first, second] = [served(), served()];
    journal.add(first);
    journal.add(second);
    expect(journal.all().map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(journal.get(first.id)?.request.url).toBe("/thing");
    expect(journal.get("no such id")).toBeUndefined();
    expect(journal.dropped).toBe(0);
  });

  test("keeps the newest entries within its number, and counts what it dropped", () => {
    const journal = createJournal({ maxEntries: 3 });
    const events = Array.from({ length: 10 }, () => served());
    for (const event of events) journal.add(event);
    expect(journal.all().map(({ id }) => id)).toEqual(
      events
        .slice(-3)
        .map(({ id }) => id)
        .reverse(),
    );
    expect(journal.dropped).toBe(7);
    expect(journal.get(events[0]?.id ?? "")).toBeUndefined();
  });

  test("keeps nothing when no entry is allowed", () => {
    const journal = createJournal({ maxEntries: 0 });
    journal.add(served());
    expect(journal.all()).toEqual([]);
    expect(journal.dropped).toBe(1);
  });

  test("keeps bodies within its bytes, oldest dropped first", () => {
    const journal = createJournal({ maxBytes: 1_000_000 });
    for (let index = 0; index < 50; index++) journal.add(served({ requestBody: Buffer.alloc(100_000) }));
    expect(journal.all().length).toBeGreaterThan(1);
    expect(journal.all().length).toBeLessThan(10);
    expect(journal.dropped).toBe(50 - journal.all().length);
  });

  test("keeps the newest entry even when it alone is too large", () => {
    const journal = createJournal({ maxBytes: 1000 });
    journal.add(served());
    const large = served({ responseBody: Buffer.alloc(50_000) });
    journal.add(large);
    expect(journal.all().map(({ id }) => id)).toEqual([large.id]);
  });

  test("counts a body that many answers share once", () => {
    const journal = createJournal({ maxBytes: 2_000_000 });
    const shared = Buffer.allocUnsafeSlow(500_000);
    for (let index = 0; index < 100; index++) journal.add(served({ responseBody: shared }));
    expect(journal.all().length).toBe(100);
    expect(journal.dropped).toBe(0);
  });

  test("counts stubs that only it still remembers", () => {
    const journal = createJournal({ maxBytes: 1_000_000 });
    for (let index = 0; index < 100; index++) journal.add(served({ stub: stubWithBody("x".repeat(100_000)) }));
    expect(journal.all().length).toBeLessThan(10);
  });

  test("keeps only the allowed part of an answer's body, and not the buffer it came from", () => {
    const journal = createJournal({ maxBodyBytes: 10 });
    const event = served({ responseBody: Buffer.alloc(1_000_000, "a") });
    journal.add(event);
    const kept = journal.get(event.id)?.response.body;
    expect(kept?.toString()).toBe("aaaaaaaaaa");
    expect(kept?.buffer.byteLength).toBe(10);
  });

  test("does not keep the buffer that a small body is a part of", () => {
    const journal = createJournal();
    const event = served({ responseBody: Buffer.alloc(1_000_000, "b").subarray(5, 8) });
    journal.add(event);
    expect(journal.get(event.id)?.response.body.buffer.byteLength).toBe(3);
  });

  test("a request whose small body shared a buffer is kept as it was, without that buffer", () => {
    const journal = createJournal();
    const event = served({ url: "/thing?a=%20b&a=2#", requestBody: Buffer.alloc(1_000_000, "b").subarray(5, 8) });
    const before = printRequest(event.request, { withId: true });
    journal.add(event);
    const kept = journal.get(event.id)?.request;
    expect(kept?.body.buffer.byteLength).toBe(3);
    expect(kept && printRequest(kept, { withId: true })).toEqual(before);
  });

  test("forgets one entry, those that match, and all", () => {
    const journal = createJournal();
    const [one, two, three] = [served({ url: "/one" }), served({ url: "/two" }), served({ url: "/two" })];
    for (const event of [one, two, three]) journal.add(event);
    expect(journal.remove(one.id)).toBe(true);
    expect(journal.remove(one.id)).toBe(false);
    expect(journal.removeWhere(({ request }) => request.url === "/two").map(({ id }) => id)).toEqual([three.id, two.id]);
    expect(journal.all()).toEqual([]);
    journal.add(served());
    journal.clear();
    expect(journal.all()).toEqual([]);
  });

  test("a forgotten entry makes room", () => {
    const journal = createJournal({ maxEntries: 2 });
    const [one, two, three] = [served(), served(), served()];
    journal.add(one);
    journal.add(two);
    journal.remove(two.id);
    journal.add(three);
    expect(journal.all().map(({ id }) => id)).toEqual([three.id, one.id]);
    expect(journal.dropped).toBe(0);
  });

  test("stays right while entries come and go in any order", () => {
    const journal = createJournal({ maxEntries: 700 });
    let expected: string[] = [];
    let seed = 7;
    for (let index = 0; index < 20_000; index++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const victim = expected[seed % Math.max(1, expected.length)];
      if (seed % 3 === 0 && victim !== undefined) {
        journal.remove(victim);
        expected = expected.filter((id) => id !== victim);
      } else {
        const event = served();
        journal.add(event);
        expected = [event.id, ...expected].slice(0, 700);
      }
    }
    expect(journal.all().map(({ id }) => id)).toEqual(expected);
  });

  test("what is noticed after the answer is added to its entry", () => {
    const journal = createJournal();
    const event = served();
    journal.add(event);
    journal.addSubEvent(event.id, { type: "WEBHOOK_RESPONSE", timeOffsetNanos: 5, data: { status: 200 } });
    journal.addSubEvent("gone", { type: "WEBHOOK_RESPONSE", timeOffsetNanos: 5, data: {} });
    expect(journal.get(event.id)?.subEvents).toEqual([{ type: "WEBHOOK_RESPONSE", timeOffsetNanos: 5, data: { status: 200 } }]);
  });

  test("what is noticed afterwards counts and has a limit", () => {
    const journal = createJournal({ maxBytes: 100_000 });
    journal.add(served());
    const event = served();
    journal.add(event);
    for (let index = 0; index < 1000; index++) {
      journal.addSubEvent(event.id, { type: "INFO", timeOffsetNanos: index, data: { message: "x".repeat(1000) } });
    }
    expect(journal.get(event.id)?.subEvents.length).toBe(200);
    expect(journal.all().map(({ id }) => id)).toEqual([event.id]);
  });

  test("one that is off keeps nothing", () => {
    const journal = createJournal({ enabled: false });
    journal.add(served());
    expect(journal.enabled).toBe(false);
    expect(journal.all()).toEqual([]);
    expect(journal.dropped).toBe(0);
  });
});

interface Example {
  readonly url?: string;
  readonly requestBody?: Buffer;
  readonly responseBody?: Buffer;
  readonly stub?: StubMapping;
}

function served({ url = "/thing", requestBody = Buffer.allocUnsafeSlow(0), responseBody = requestBody, stub }: Example = {}): ServeEvent {
  const id = randomUUID();
  return {
    id,
    request: receiveRequest({
      id,
      method: "POST",
      target: url,
      rawHeaders: ["Host", "shop.test:8080", "X-A", "1", "x-a", "2", "Cookie", "a=b"],
      httpVersion: "1.1",
      scheme: "https",
      remoteAddress: "10.0.0.1",
      body: requestBody,
      receivedAt: 5,
    }),
    stub,
    answeredBy: stub ? "stub" : "nothing",
    responseDefinition: stub?.response,
    response: { status: 200, headers: [], body: responseBody },
    timing: { addedDelay: 0, processTime: 0, responseSendTime: 0, serveTime: 0, totalTime: 0 },
    subEvents: [],
    violations: [],
  };
}

function stubWithBody(text: string): StubMapping {
  return {
    id: randomUUID(),
    request: { url: { kind: "any" }, method: { kind: "any" } },
    response: { status: 200, body: { kind: "body", text } },
  };
}
