import type { OutsideCall, Transaction } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getBody, putBody, sweepBodies } from "./bodies.ts";
import { claimJob } from "./jobs.ts";
import { appendOutsideCalls, attributeOutsideCalls, keepOutsideCallsOf, listOutsideCalls } from "./outside-calls.ts";
import { thisProcess } from "./process-identity.ts";
import { createRun } from "./runs.ts";
import type { Store } from "./store.ts";
import { openTestStore } from "./test-store.ts";
import { appendTransactions } from "./transactions.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
let store: Store;
beforeAll(async () => {
  opened = await openTestStore();
  store = opened.store;
});
afterAll(() => opened.close());

async function claimedJob(): Promise<{ readonly run: string; readonly job: string }> {
  const owner = thisProcess();
  const { run } = await createRun(store, {
    project: "outside",
    change: "main",
    trusted: true,
    runtime: "fake",
    configHash: "h",
    snapshot: {},
    owner,
    jobs: [{ name: "integration", kind: "integration", spec: {} }],
  });
  const job = await claimJob(store, { workerId: "w", owner, labels: [], slots: 1, run: run.id, leaseMs: 0 });
  return { run: run.id, job: job!.id };
}

const idOf = (digit: string) => digit.repeat(32);
let environments = 0;
const newEnvironment = () => `todo-${++environments}`;

function call(environment: string, more: Partial<OutsideCall> = {}): OutsideCall {
  return {
    id: crypto.randomUUID(),
    environment,
    mock: "mail",
    requestId: idOf("a"),
    direct: false,
    method: "POST",
    url: "http://mail:8025/messages",
    status: 202,
    answeredBy: "stub",
    stub: { id: "s1", name: "accept-mail", file: "tests/mocks/mail/mappings/accept.json" },
    declared: true,
    violations: [],
    requestHeaders: [{ name: "Content-Type", value: "application/json" }],
    responseHeaders: [],
    startedAt: 1000,
    durationMs: 3.5,
    delayMs: 0,
    ...more,
  };
}

function transaction(environment: string, more: Partial<Transaction> = {}): Transaction {
  return {
    id: crypto.randomUUID(),
    environment,
    requestId: idOf("a"),
    lane: 1,
    kind: "http",
    method: "PUT",
    url: "http://api:8000/lists/1/items/2/reminder",
    status: 202,
    requestHeaders: [],
    responseHeaders: [],
    startedAt: 900,
    durationMs: 20,
    testAttempt: "t1#1",
    ...more,
  };
}

const everyCall = async (environment: string) => await listOutsideCalls(store, { environment });

test("a call comes back with everything it was stored with, and once when it is stored twice", async () => {
  const of = await claimedJob();
  const environment = newEnvironment();
  const kept = [
    call(environment, {
      answeredBy: "nothing",
      stub: undefined,
      status: 404,
      violations: [{ side: "request", at: "body/to", message: "must be a string, got null", rule: "mail.yaml#/x" }],
      nearest: { stub: { id: "s2" }, differences: ["method: expected PUT, got POST"] },
      requestBody: { hash: "h", sizeBytes: 3, truncated: false },
    }),
    call(environment, { startedAt: 1001, fault: "EMPTY_RESPONSE", status: undefined, requestId: undefined, delayMs: 5 }),
  ];

  await appendOutsideCalls(store, { ...of, calls: kept });
  await appendOutsideCalls(store, { ...of, calls: kept });

  expect(await listOutsideCalls(store, { run: of.run })).toEqual(kept.map((one) => ({ ...of, ...one })));
});

test("a call belongs to the transaction with its request id, and to the test that asked for that", async () => {
  const of = await claimedJob();
  const environment = newEnvironment();
  const cause = transaction(environment);
  // Another environment's tests may use the same id: their client makes it from a fixed seed.
  const stranger = transaction(newEnvironment(), { testAttempt: "t9#1", startedAt: 999 });
  await appendTransactions(store, { ...of, transactions: [cause, stranger] });
  await appendOutsideCalls(store, { ...of, calls: [call(environment), call(environment, { startedAt: 60_000 })] });

  await attributeOutsideCalls(store, { environment, hosts: { mail: ["mail", "127.77.3.9"] } });

  const attributed = { transaction: cause.id, testAttempt: "t1#1", direct: false };
  expect(await everyCall(environment)).toMatchObject([attributed, attributed]);
});

test("where a client uses one id for many requests, the last that had begun is the cause", async () => {
  const of = await claimedJob();
  const environment = newEnvironment();
  const transactions = [800, 950, 1200].map((startedAt, index) => transaction(environment, { startedAt, testAttempt: `t${index}#1` }));
  await appendTransactions(store, { ...of, transactions });
  await appendOutsideCalls(store, { ...of, calls: [call(environment, { startedAt: 1000 })] });

  await attributeOutsideCalls(store, { environment, hosts: { mail: ["mail", "127.77.3.9"] } });

  expect(await everyCall(environment)).toMatchObject([{ testAttempt: "t1#1" }]);
});

test("what a step asked the mock itself is told apart from what a service asked in its course", async () => {
  const of = await claimedJob();
  const environment = newEnvironment();
  const asked = transaction(environment, { method: "GET", url: "http://mail:8025/messages?to=a", startedAt: 1000, durationMs: 10 });
  // A gateway that passes the same path on is not the step.
  const passedOn = transaction(environment, { url: "http://gate/messages", method: "POST", requestId: idOf("b"), startedAt: 1000 });
  // Where services have no names of their own, a step asks an address.
  const byAddress = transaction(environment, {
    method: "GET",
    url: "https://127.77.3.9:20443/health",
    requestId: idOf("d"),
    startedAt: 1000,
  });
  await appendTransactions(store, { ...of, transactions: [asked, passedOn, byAddress] });
  await appendOutsideCalls(store, {
    ...of,
    calls: [
      call(environment, { method: "GET", url: "http://mail:8025/messages?to=a", startedAt: 1004 }),
      call(environment, { url: "http://mail/messages", requestId: idOf("b"), startedAt: 1005 }),
      call(environment, { method: "GET", url: "https://mail/health", requestId: idOf("d"), startedAt: 1006 }),
    ],
  });

  await attributeOutsideCalls(store, { environment, hosts: { mail: ["mail", "127.77.3.9"] } });

  expect((await everyCall(environment)).map(({ direct, transaction: id }) => ({ direct, id }))).toEqual([
    { direct: true, id: asked.id },
    { direct: false, id: passedOn.id },
    { direct: true, id: byAddress.id },
  ]);
});

test("a call without a request id, or with one that nobody recorded, belongs to nothing", async () => {
  const of = await claimedJob();
  const environment = newEnvironment();
  await appendTransactions(store, { ...of, transactions: [transaction(environment)] });
  await appendOutsideCalls(store, {
    ...of,
    calls: [call(environment, { requestId: undefined }), call(environment, { requestId: idOf("c"), startedAt: 2000 })],
  });

  await attributeOutsideCalls(store, { environment, hosts: { mail: ["mail", "127.77.3.9"] } });

  expect(await everyCall(environment)).toMatchObject([
    { transaction: undefined, testAttempt: undefined },
    { transaction: undefined, testAttempt: undefined },
  ]);
});

test("of a job that keeps failed tests only, calls that nothing answered or that broke a contract stay too", async () => {
  const of = await claimedJob();
  const environment = newEnvironment();
  const violations = [{ side: "request" as const, at: "body", message: "is missing", rule: "r" }];
  await appendOutsideCalls(store, {
    ...of,
    calls: [
      call(environment, { id: "passed", testAttempt: "t1#1" }),
      call(environment, { id: "failed", testAttempt: "t2#1" }),
      call(environment, { id: "unmatched", testAttempt: "t1#1", answeredBy: "nothing" }),
      call(environment, { id: "violating", violations }),
      call(environment, { id: "undeclared", declared: false }),
    ],
  });

  await keepOutsideCallsOf(store, { ...of, testAttempts: ["t2#1"] });

  expect(new Set((await everyCall(environment)).map(({ id }) => id))).toEqual(new Set(["failed", "unmatched", "violating", "undeclared"]));
});

test("a body that only an outside call refers to is not swept, and goes with its run", async () => {
  const of = await claimedJob();
  const environment = newEnvironment();
  const requestBody = await putBody(store, { bytes: Buffer.from('{"to":"a@example.com"}') });
  const responseBody = await putBody(store, { bytes: Buffer.from('{"id":"1"}') });
  const other = await putBody(store, { bytes: Buffer.from("nobody's") });
  await store.db.updateTable("body").set({ created_at: 0 }).execute();
  await appendOutsideCalls(store, { ...of, calls: [call(environment, { requestBody, responseBody })] });

  await sweepBodies(store);
  expect(await Promise.all([requestBody, responseBody, other].map(async ({ hash }) => (await getBody(store, hash)) !== undefined))).toEqual(
    [true, true, false],
  );

  await store.db.deleteFrom("run").where("id", "=", of.run).execute();
  await sweepBodies(store);
  expect(await everyCall(environment)).toEqual([]);
  expect(await getBody(store, requestBody.hash)).toBeUndefined();
});
