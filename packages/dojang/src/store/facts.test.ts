import { outcomeOf, type TestAttempt, type Transaction } from "@dojang/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getBodies, getBody, putBody, sweepBodies } from "./bodies.ts";
import { codeFindingsOfRun, putCodeFindings } from "./code-findings.ts";
import { coverageOfRun, putCoverage } from "./coverage.ts";
import { claimJob } from "./jobs.ts";
import { thisProcess } from "./process-identity.ts";
import { createRun } from "./runs.ts";
import { appendSamples, listSamples } from "./samples.ts";
import type { Store } from "./store.ts";
import { openTestStore } from "./test-store.ts";
import { recordTests, testAttempts, testHistory, testResults } from "./tests.ts";
import { appendTransactions, getTransaction, listTransactions } from "./transactions.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
let store: Store;

beforeAll(async () => {
  opened = await openTestStore();
  store = opened.store;
});
afterAll(() => opened.close());

async function claimedJob(project = "facts"): Promise<{ readonly run: string; readonly job: string }> {
  const owner = thisProcess();
  const { run } = await createRun(store, {
    project,
    change: "main",
    trusted: true,
    runtime: "fake",
    configHash: "h",
    snapshot: {},
    owner,
    jobs: [{ name: "unit", kind: "steps", spec: {}, retry: { max: 1, on: ["worker-lost"] } }],
  });
  const job = await claimJob(store, { workerId: "w", owner, labels: [], slots: 1, run: run.id, leaseMs: 0 });
  return { run: run.id, job: job!.id };
}

function attempt(testId: string, number: number, status: TestAttempt["status"], more: Partial<TestAttempt> = {}): TestAttempt {
  return {
    id: `${testId}#${number}`,
    testId,
    file: "a.test.ts",
    titlePath: ["cart", testId],
    attempt: number,
    status,
    durationMs: 5,
    attachments: [],
    ...more,
  };
}

describe("tests", () => {
  test("come back in the order and with everything they were recorded with", async () => {
    const of = await claimedJob();
    const attempts = [
      attempt("t2", 1, "failed", { error: { message: "no\0", stack: "at" }, output: "out", project: "chromium", startedAt: 12.5 }),
      attempt("t1", 1, "passed", { attachments: [{ name: "trace", path: "t.zip" }] }),
    ];
    expect(await recordTests(store, { ...of, jobAttempt: 1, attempts })).toBe(true);
    await recordTests(store, { ...of, jobAttempt: 1, attempts });
    const stored = await testAttempts(store, { run: of.run });
    expect(stored).toEqual([
      { ...attempts[0], job: of.job, shard: 1, error: { message: "no\uFFFD", stack: "at" } },
      { ...attempts[1], job: of.job, shard: 1 },
    ]);
  });

  test("a failure that passed when tried again is flaky", async () => {
    const of = await claimedJob();
    const attempts = [
      attempt("x", 1, "failed"),
      attempt("x", 2, "passed"),
      attempt("y", 1, "passed"),
      attempt("z", 1, "error"),
      attempt("s", 1, "skipped"),
    ];
    await recordTests(store, { ...of, jobAttempt: 1, attempts });
    const results = await testResults(store, { run: of.run });
    expect(results.map((result) => [result.testId, result.outcome, result.attempts.length])).toEqual([
      ["x", "flaky", 2],
      ["y", "passed", 1],
      ["z", "failed", 1],
      ["s", "skipped", 1],
    ]);
    expect(
      outcomeOf([
        { attempt: 1, status: "failed" },
        { attempt: 2, status: "skipped" },
      ]),
    ).toBe("failed");
  });

  test("a job's lost attempt leaves no results beside those of the next, and cannot add any", async () => {
    const of = await claimedJob();
    await recordTests(store, { ...of, jobAttempt: 1, attempts: [attempt("old", 1, "failed")] });
    await claimJob(store, { workerId: "w2", owner: thisProcess(), labels: [], slots: 1, run: of.run });
    expect(await recordTests(store, { ...of, jobAttempt: 1, attempts: [attempt("late", 1, "passed")] })).toBe(false);
    expect(await recordTests(store, { ...of, jobAttempt: 2, attempts: [attempt("new", 1, "passed")] })).toBe(true);
    expect((await testAttempts(store, { run: of.run })).map((found) => found.testId)).toEqual(["new"]);
  });

  test("history is the last twenty runs of the project that had the test, newest first", async () => {
    for (let number = 1; number <= 22; number++) {
      const of = await claimedJob("history");
      const statuses = number === 21 ? ([attempt("h", 1, "failed"), attempt("h", 2, "passed")] as const) : [attempt("h", 1, "passed")];
      await recordTests(store, { ...of, jobAttempt: 1, attempts: number === 22 ? [attempt("other", 1, "passed")] : statuses });
    }
    const history = await testHistory(store, { project: "history", testId: "h" });
    expect(history).toHaveLength(20);
    expect(history.slice(0, 2)).toMatchObject([
      { runNumber: 21, outcome: "flaky" },
      { runNumber: 20, outcome: "passed" },
    ]);
  });
});

describe("transactions", () => {
  const exchange: Transaction = {
    id: "t-1",
    environment: "e",
    requestId: "0af7651916cd43dd8448eb211c80319c",
    testAttempt: "x#1",
    lane: 2,
    kind: "http",
    method: "POST",
    url: "http://api:8000/todos?a=1",
    status: 201,
    requestHeaders: [{ name: "Accept", value: "*/*" }],
    responseHeaders: [],
    requestBody: { hash: "ab", sizeBytes: 5, truncated: false, contentType: "application/json" },
    startedAt: 1000.25,
    firstByteMs: 3.5,
    durationMs: 4.125,
  };

  test("come back as they were recorded, once, by id, run, test and request", async () => {
    const of = await claimedJob();
    const failed: Transaction = {
      ...exchange,
      id: "t-2",
      testAttempt: undefined,
      status: undefined,
      startedAt: 900,
      error: "ECONNREFUSED api:8000",
    };
    await appendTransactions(store, { ...of, transactions: [exchange, failed] });
    await appendTransactions(store, { ...of, transactions: [exchange] });
    const stored = { ...exchange, ...of };
    expect(await getTransaction(store, "t-1")).toEqual(stored);
    expect((await listTransactions(store, { run: of.run })).map((found) => found.id)).toEqual(["t-2", "t-1"]);
    expect(await listTransactions(store, { run: of.run, testAttempt: "x#1" })).toEqual([stored]);
    expect(await listTransactions(store, { requestIds: [exchange.requestId], from: 1000 })).toEqual([stored]);
  });
});

describe("bodies", () => {
  test("the same bytes are kept once, compressed, and come back", async () => {
    const bytes = Buffer.from(JSON.stringify({ todos: Array(500).fill("buy milk") }));
    const [first, second] = await Promise.all([putBody(store, { bytes, contentType: "application/json" }), putBody(store, { bytes })]);
    expect(first).toEqual({ hash: second.hash, sizeBytes: bytes.length, truncated: false, contentType: "application/json" });
    expect(Buffer.from((await getBody(store, first.hash))!)).toEqual(bytes);
    const rows = await store.db.selectFrom("body").selectAll().where("hash", "=", first.hash).execute();
    expect(rows).toMatchObject([{ encoding: "zstd" }]);
    expect(rows[0]!.data.length).toBeLessThan(bytes.length / 10);
  });

  test("an empty body and one that does not compress are kept as they are", async () => {
    const noise = crypto.getRandomValues(new Uint8Array(4096));
    const refs = [await putBody(store, { bytes: new Uint8Array() }), await putBody(store, { bytes: noise })];
    const bodies = await getBodies(
      store,
      refs.map((ref) => ref.hash),
    );
    expect(refs.map((ref) => Buffer.from(bodies.get(ref.hash)!))).toEqual([Buffer.alloc(0), Buffer.from(noise)]);
  });

  test("past the limit only the beginning is kept, and that is said", async () => {
    const ref = await putBody(store, { bytes: Buffer.alloc(5000, "a"), limitBytes: 1000 });
    expect(ref).toMatchObject({ sizeBytes: 5000, truncated: true });
    expect(await getBody(store, ref.hash)).toHaveLength(1000);
  });

  test("one that nothing refers to is swept after an hour, one in use never", async () => {
    const loose = await putBody(store, { bytes: Buffer.from("loose") });
    const used = await putBody(store, { bytes: Buffer.from("used") });
    const of = await claimedJob();
    const transaction: Transaction = {
      id: "t-body",
      environment: "e",
      requestId: "1".repeat(32),
      lane: 0,
      kind: "http",
      method: "GET",
      url: "/",
      requestHeaders: [],
      responseHeaders: [],
      responseBody: used,
      startedAt: 1,
      durationMs: 1,
    };
    await appendTransactions(store, { ...of, transactions: [transaction] });
    await store.db.updateTable("body").set({ created_at: 0 }).execute();
    await sweepBodies(store);
    expect([await getBody(store, loose.hash), await getBody(store, used.hash)]).toEqual([undefined, Buffer.from("used")]);
  });
});

test("coverage, findings and samples of a run come back, the last coverage of a job holds", async () => {
  const of = await claimedJob();
  const coverage = { files: [{ path: "a.ts", hits: { 1: 3, 2: 0 } }] };
  const patch = { coveredLines: 1, executableLines: 2, files: [{ path: "a.ts", covered: [1], missed: [2] }] };
  await putCoverage(store, { ...of, coverage: { files: [] } });
  await putCoverage(store, { ...of, coverage, patch });
  expect(await coverageOfRun(store, of.run)).toEqual([{ ...of, coverage, patch }]);

  const finding = { tool: "eslint", rule: "no-var", level: "error", message: "no", file: "a.ts", line: 1, column: 2 } as const;
  expect(await putCodeFindings(store, { ...of, findings: Array(10_001).fill(finding) })).toBe(1);
  expect(await putCodeFindings(store, { ...of, findings: [finding] })).toBe(0);
  expect(await codeFindingsOfRun(store, of.run)).toEqual([{ ...finding, job: of.job }]);

  const sample = { service: "api", at: 10.5, cpuMs: 3, memoryBytes: 2 ** 33, processes: 1, threads: 9, openFiles: 20 };
  await appendSamples(store, { environment: "s", run: of.run, samples: [sample, { ...sample, at: 20 }] });
  await appendSamples(store, { environment: "s", samples: [sample] });
  expect(await listSamples(store, { environment: "s", to: 20 })).toEqual([sample]);
});
