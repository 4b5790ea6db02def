import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { FeedLine, PlayedCall } from "@dojang/mock/environment";
import type { OutsideCall } from "@dojang/model";
import { afterEach, expect, test } from "vitest";
import { CallFeed } from "../../../../mock/src/environment/call-feed.ts";
import { createFeedServer } from "../../../../mock/src/environment/feed-server.ts";
import type { CapturedBody } from "../../capture/captured-body.ts";
import { type MockJournal, startMockJournal } from "./mock-journal.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Summary = Omit<Extract<FeedLine, { kind: "end" }>, "kind">;
const nothing: Summary = { calls: 0, unmatched: 0, undeclared: 0, stubs: [] };

/** A mock as its reader sees it: the real feed on a port of this machine, which can be killed and started again. */
async function mockOf({ maxBytes = 1024 * 1024 } = {}) {
  let feed = new CallFeed({ maxBytes });
  let summary = nothing;
  let server: Server | undefined;
  const sockets = new Set<Socket>();
  let port = 0;
  async function start(): Promise<void> {
    feed = new CallFeed({ maxBytes });
    server = createFeedServer({ feed, summary: () => summary });
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    // Listening on TCP, its address is no path.
    port = (server.address() as AddressInfo).port;
  }
  async function kill(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    if (server?.listening) await new Promise((resolve) => server?.close(resolve));
  }
  await start();
  closing.push(kill);
  return {
    say: (call: PlayedCall) => feed.add(JSON.stringify({ kind: "call", sequence: feed.next, call } satisfies FeedLine)),
    sumUp: (to: Partial<Summary>) => {
      summary = { ...nothing, ...to };
    },
    kill,
    start,
    port: () => port,
  };
}

type Mock = Awaited<ReturnType<typeof mockOf>>;

function journalOf(mocks: Readonly<Record<string, Pick<Mock, "port">>>, maxBytes = 1024 * 1024, keep: "all" | "wrong" = "all") {
  const calls: OutsideCall[] = [];
  const bodies: CapturedBody[] = [];
  const problems: string[] = [];
  const journal: MockJournal = startMockJournal({
    runtime: {
      async connect(_id, { host }) {
        const socket = connect(mocks[host]?.port() ?? 0, "127.0.0.1");
        await once(socket, "connect");
        return socket;
      },
    },
    environmentId: "e",
    mocks: Object.keys(mocks),
    maxBytes,
    keep,
    async write(batch) {
      calls.push(...batch.calls);
      bodies.push(...batch.bodies);
    },
    onProblem: (text) => problems.push(text),
  });
  closing.push(() => journal.finish());
  return { journal, calls, bodies, problems };
}

const empty = { base64: "", sizeBytes: 0 };
function call(id: string, more: Partial<PlayedCall> = {}): PlayedCall {
  return {
    id,
    requestId: "a".repeat(32),
    startedAt: 1,
    durationMs: 2,
    delayMs: 0,
    method: "POST",
    url: "http://mail/messages",
    requestHeaders: [],
    requestBody: empty,
    status: 202,
    responseHeaders: [],
    responseBody: empty,
    answeredBy: "stub",
    stub: { id: "s1" },
    declared: true,
    violations: [],
    ...more,
  };
}

test("everything asked before and after the reading began is kept once, and finishing takes the last", async () => {
  const mail = await mockOf();
  mail.say(call("before"));
  const { journal, calls } = journalOf({ mail });
  await expect.poll(() => calls.map(({ id }) => id)).toEqual(["before"]);
  mail.say(call("meanwhile"));
  await expect.poll(() => calls.length).toBe(2);
  mail.say(call("last"));

  const [tally] = await journal.finish();

  expect(calls.map(({ id }) => id)).toEqual(["before", "meanwhile", "last"]);
  expect(tally).toMatchObject({ mock: "mail", calls: 3, dropped: 0, restarts: 0, complete: true });
});

test("secrets are taken out of headers, addresses and bodies before anything is kept", async () => {
  const mail = await mockOf();
  const { journal, calls, bodies } = journalOf({ mail });
  mail.say(
    call("1", {
      url: "http://mail/messages?token=hunter2",
      requestHeaders: [
        { name: "Authorization", value: "Bearer hunter2" },
        { name: "Content-Type", value: "application/json" },
      ],
      requestBody: { base64: Buffer.from('{"password":"hunter2","to":"a@example.com"}').toString("base64"), sizeBytes: 43 },
    }),
  );
  await journal.finish();

  expect(JSON.stringify(calls)).not.toContain("hunter2");
  expect(bodies.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
    expect.stringMatching(/^\{"password":"\[redacted:.{4}\]","to":"a@example.com"\}$/),
  ]);
  expect(calls[0]?.requestBody).toMatchObject({ hash: bodies[0]?.hash, sizeBytes: 43, truncated: false, contentType: "application/json" });
});

test("a body that the mock cut is said to be cut", async () => {
  const mail = await mockOf();
  const { journal, calls } = journalOf({ mail });
  mail.say(call("1", { responseBody: { base64: Buffer.from("begin").toString("base64"), sizeBytes: 5_000_000 } }));
  await journal.finish();

  expect(calls[0]?.responseBody).toMatchObject({ sizeBytes: 5_000_000, truncated: true });
});

test("the journal of an environment is one: past its bytes calls of any mock are counted and not kept", async () => {
  const [mail, pay] = [await mockOf(), await mockOf()];
  const { journal, calls } = journalOf({ mail, pay }, 20_000);
  const large = { base64: Buffer.alloc(6_000, "x").toString("base64"), sizeBytes: 6_000 };
  for (const id of ["1", "2"]) mail.say(call(id, { requestBody: large, responseBody: empty }));
  await expect.poll(() => calls.length).toBe(2);
  for (const id of ["3", "4", "5"]) pay.say(call(id, { requestBody: large, answeredBy: "nothing" }));

  const tallies = await journal.finish();

  expect(calls).toHaveLength(3);
  expect(tallies).toMatchObject([
    { mock: "mail", calls: 2, dropped: 0 },
    { mock: "pay", calls: 3, unmatched: 3, dropped: 2 },
  ]);
});

test("where nothing is recorded, only calls that went wrong are kept, and all are counted", async () => {
  const mail = await mockOf();
  const { journal, calls } = journalOf({ mail }, 1024 * 1024, "wrong");
  mail.say(call("right"));
  mail.say(call("unmatched", { answeredBy: "nothing" }));
  mail.say(call("undeclared", { declared: false }));

  const [tally] = await journal.finish();

  expect(calls.map(({ id }) => id)).toEqual(["unmatched", "undeclared"]);
  expect(tally).toMatchObject({ calls: 3, unmatched: 1, undeclared: 1, dropped: 0 });
});

test("calls that came faster than they were read are told as dropped, and what they were is counted", async () => {
  const mail = await mockOf({ maxBytes: 2_000 });
  for (let id = 1; id <= 50; id++) mail.say(call(String(id), { answeredBy: "nothing" }));
  mail.sumUp({ calls: 50, unmatched: 50 });
  const { journal, calls } = journalOf({ mail });

  const [tally] = await journal.finish();

  expect(calls.at(-1)?.id).toBe("50");
  expect(tally).toMatchObject({ calls: 50, unmatched: 50, dropped: 50 - calls.length });
  expect(tally?.dropped).toBeGreaterThan(30);
});

test("a mock that is killed and starts again is read on, and said", async () => {
  const mail = await mockOf();
  const { journal, calls, problems } = journalOf({ mail });
  mail.say(call("1"));
  await expect.poll(() => calls.length).toBe(1);
  await mail.kill();
  await mail.start();
  mail.say(call("2"));
  await expect.poll(() => calls.length).toBe(2);

  const [tally] = await journal.finish();

  expect(tally).toMatchObject({ calls: 2, restarts: 1, complete: true });
  expect(problems).toEqual(["the mock mail was started again: what tests had injected into it is gone"]);
});

test("a mock that is gone at the end is said, and its counts are not called complete", async () => {
  const mail = await mockOf();
  const { journal, calls, problems } = journalOf({ mail });
  mail.say(call("1"));
  await expect.poll(() => calls.length).toBe(1);
  await mail.kill();

  const [tally] = await journal.finish();

  expect(tally).toMatchObject({ calls: 1, complete: false });
  expect(problems).toEqual([expect.stringMatching(/^the mock mail could not be asked for its last calls: .*ECONNREFUSED/)]);
});

test("how often each stub was needed is the larger of what was read and what the mock says", async () => {
  const mail = await mockOf();
  const { journal, calls } = journalOf({ mail });
  mail.say(call("1"));
  await expect.poll(() => calls.length).toBe(1);
  const use = { injected: false, optional: false };
  mail.sumUp({
    calls: 3,
    stubs: [
      { ...use, stub: { id: "s1" }, calls: 0 },
      { ...use, stub: { id: "s2" }, calls: 2 },
    ],
  });

  const [tally] = await journal.finish();

  expect(tally?.stubs.map(({ stub, calls: count }) => [stub.id, count])).toEqual([
    ["s1", 1],
    ["s2", 2],
  ]);
});

test.each([
  ["lines that are no calls", '{"kind":"call","sequence":1,"call":{"id":"x"}}\n'],
  ["lines that are no JSON", "hello\n"],
  ["a line without an end", "x".repeat(5 * 1024 * 1024)],
  ["an answer that is no HTTP", undefined],
])("a mock that says %s spoils its own journal and nothing else", async (_what, said) => {
  const good = await mockOf();
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    const head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    socket.once("data", () => socket.end(said === undefined ? "nonsense\r\n\r\n" : head + said));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  // Listening on TCP, its address is no path.
  const bad = { port: () => (server.address() as AddressInfo).port };
  const { journal, calls, problems } = journalOf({ bad, good });
  good.say(call("1"));

  const tallies = await journal.finish();

  expect(calls.map(({ mock, id }) => [mock, id])).toEqual([["good", "1"]]);
  expect(tallies).toMatchObject([
    { mock: "bad", calls: 0, complete: false },
    { mock: "good", calls: 1, complete: true },
  ]);
  expect(problems).toEqual([expect.stringContaining("the mock bad could not be asked for its last calls")]);
});
