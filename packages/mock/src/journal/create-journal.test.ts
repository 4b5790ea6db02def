import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
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
    request: request({ id, url, body: requestBody }),
    stub,
    answeredBy: stub ? "stub" : "nothing",
    responseDefinition: stub?.response,
    response: { status: 200, headers: [], body: responseBody },
    timing: { addedDelay: 0, processTime: 0, responseSendTime: 0, serveTime: 0, totalTime: 0 },
    subEvents: [],
    violations: [],
  };
}

function request({ id, url, body }: { id: string; url: string; body: Buffer }): MockRequest {
  return {
    id,
    method: "GET",
    scheme: "http",
    host: "localhost",
    port: 80,
    url,
    path: url,
    absoluteUrl: `http://localhost${url}`,
    protocol: "HTTP/1.1",
    clientIp: "127.0.0.1",
    headers: [],
    header: () => [],
    query: new Map(),
    cookies: new Map(),
    form: new Map(),
    parts: [],
    body,
    text: body.toString(),
    receivedAt: 0,
    browserProxyRequest: false,
    requestId: undefined,
  };
}

function stubWithBody(text: string): StubMapping {
  return {
    id: randomUUID(),
    request: { url: { kind: "any" }, method: { kind: "any" } },
    response: { status: 200, body: { kind: "body", text } },
  };
}
