import type { LogRecord, Transaction } from "@dojang/model";
import { describe, expect, it } from "vitest";
import { exampleRun } from "./example-run.ts";
import { firstLooks } from "./first-look.ts";
import { reportedTests } from "./reported-tests.ts";
import type { ReportedAttempt, RunFacts } from "./run-facts.ts";

const looksOf = (facts: RunFacts) => firstLooks(facts, reportedTests(facts).tests);

/** One failed test with these transactions and logs. */
function failedTest(parts: {
  transactions?: Partial<Transaction>[];
  logs?: Partial<LogRecord>[];
  unattributed?: Partial<LogRecord>[];
}): RunFacts {
  const attempt: ReportedAttempt = {
    id: "t#1",
    testId: "t",
    file: "a.spec.ts",
    titlePath: ["a"],
    attempt: 1,
    status: "failed",
    startedAt: 1000,
    durationMs: 500,
    error: { message: "no" },
    attachments: [],
    job: "j",
    shard: 1,
  };
  const record = (log: Partial<LogRecord>, index: number): LogRecord => ({
    environment: "e",
    service: "api",
    sequence: index,
    at: 1000 + index,
    stream: "stdout",
    text: "",
    ...log,
  });
  const logsByRequest = Object.groupBy((parts.logs ?? []).map(record), (log) => log.requestId ?? "");
  return {
    ...exampleRun({ tests: 0, transactionsPerTest: 0, failing: false }),
    attempts: [attempt],
    transactions: (parts.transactions ?? []).map((one, index) => ({
      id: `${index}`,
      environment: "e",
      requestId: `r${index}`,
      testAttempt: "t#1",
      lane: 0,
      kind: "http",
      method: "GET",
      url: "http://api/",
      status: 200,
      requestHeaders: [],
      responseHeaders: [],
      startedAt: 1000 + index,
      durationMs: 1,
      ...one,
    })),
    logsByRequest: logsByRequest as RunFacts["logsByRequest"], // Every key that groupBy made has records.
    unattributedLogs: { "t#1": (parts.unattributed ?? []).map(record) },
  };
}

describe("what to look at first", () => {
  it("groups tests by the log record that shows the cause, with the clearest group first", () => {
    const looks = looksOf(exampleRun({ tests: 60, transactionsPerTest: 6, failing: true }));
    expect(looks).toMatchObject([
      {
        kind: "tests",
        group: {
          service: "api",
          tests: [
            {
              title: "lists › signs in again",
              transaction: { status: 500 },
              log: { text: expect.stringMatching(/^TypeError: Cannot read/) },
            },
            {},
            {},
          ],
        },
      },
      { kind: "tests", group: { service: "worker", tests: [{ log: { text: expect.stringMatching(/ECONNREFUSED/) } }] } },
    ]);
  });

  it("is nothing when everything passed", () => {
    expect(looksOf(exampleRun({ tests: 30, transactionsPerTest: 3, failing: false }))).toEqual([]);
  });

  it("prefers the error of a 5xx to a later error of a good answer", () => {
    const facts = failedTest({
      transactions: [{ status: 503 }, { status: 200 }],
      logs: [
        { requestId: "r0", level: "error", text: "cause" },
        { requestId: "r1", level: "error", text: "noise" },
      ],
    });
    expect(looksOf(facts)).toMatchObject([{ group: { tests: [{ log: { text: "cause" }, transaction: { id: "0" } }] } }]);
  });

  it("shows what went to stderr for this test when nothing says more", () => {
    const facts = failedTest({
      transactions: [{ status: 200 }, { status: 200 }],
      logs: [
        { requestId: "r0", text: "lost its place", stream: "stderr" },
        { requestId: "r1", text: "GET / 200" },
      ],
    });
    expect(looksOf(facts)).toMatchObject([{ group: { tests: [{ log: { text: "lost its place" }, transaction: { id: "0" } }] } }]);
  });

  it("leads past what a browser asks of its maker to the refusal that has a record, also one that passing tests get", () => {
    const facts = failedTest({
      transactions: [
        { status: 404, url: "http://web/assets/styles.css" },
        { status: 401, url: "http://web/me" },
        { status: undefined, error: "unknown-service", method: "CONNECT", url: "content-autofill.googleapis.com:443" },
        { status: 502, error: "unknown-service", method: "POST", url: "http://update.googleapis.com/service/update2/json" },
      ],
      logs: [{ requestId: "r0", service: "web", level: "error", text: "the page asked for /assets/styles.css" }],
    });
    const [failed] = facts.attempts;
    const passed: ReportedAttempt = { ...failed!, id: "u#1", testId: "u", titlePath: ["b"], status: "passed", error: undefined };
    const alike = facts.transactions.map((one, index) => ({ ...one, id: `p${index}`, requestId: `r${index}`, testAttempt: "u#1" }));
    const both = { ...facts, attempts: [...facts.attempts, passed], transactions: [...facts.transactions, ...alike] };
    expect(looksOf(both)).toMatchObject([{ group: { tests: [{ log: { service: "web" }, transaction: { id: "0", status: 404 } }] } }]);
  });

  it("finds an exception in a service that writes no levels", () => {
    const facts = failedTest({
      transactions: [{ status: 500 }],
      logs: [
        { requestId: "r0", text: "GET / 500" },
        { requestId: "r0", text: 'Traceback (most recent call last)\n  File "a.py"' },
        { requestId: "r0", text: "bye" },
      ],
    });
    expect(looksOf(facts)).toMatchObject([{ group: { tests: [{ log: { text: expect.stringMatching(/^Traceback/) } }] } }]);
  });

  it("takes a record without request id only when no request caused an error", () => {
    const facts = failedTest({
      transactions: [{}],
      logs: [{ requestId: "r0", level: "info", text: "fine" }],
      unattributed: [{ service: "worker", level: "error", text: "lost the queue" }],
    });
    expect(looksOf(facts)).toMatchObject([{ group: { service: "worker", tests: [{ log: { text: "lost the queue" } }] } }]);
  });

  it("passes over errors that passing tests cause too", () => {
    const facts = failedTest({ transactions: [{ status: 200 }], logs: [{ requestId: "r0", level: "error", text: "cache miss 17" }] });
    const passing: RunFacts = {
      ...facts,
      attempts: [...facts.attempts, { ...facts.attempts[0]!, id: "u#1", testId: "u", status: "passed" }], // failedTest made one attempt.
      transactions: [...facts.transactions, { ...facts.transactions[0]!, id: "9", requestId: "r9", testAttempt: "u#1" }],
      logsByRequest: { ...facts.logsByRequest, r9: [{ ...facts.logsByRequest.r0![0]!, requestId: "r9", text: "cache miss 99" }] },
    };
    expect(looksOf(passing)).toMatchObject([{ group: { error: "no", tests: [{ log: undefined }] } }]);
  });

  it("names a request without an answer", () => {
    const facts = failedTest({ transactions: [{ status: undefined, error: "ECONNREFUSED api:8000" }] });
    expect(looksOf(facts)).toMatchObject([{ group: { service: "api", tests: [{ transaction: { error: "ECONNREFUSED api:8000" } }] } }]);
  });

  it("shows the end of a failed step whose job has no failed test, and not of one whose tests tell more", () => {
    const facts = exampleRun({ tests: 8, transactionsPerTest: 2, failing: true });
    const failedLint: RunFacts = {
      ...facts,
      jobs: facts.jobs.map((job) =>
        job.id === "lint"
          ? { ...job, state: "failed", shards: job.shards.map((shard) => ({ ...shard, steps: [{ ...shard.steps[0]!, exitCode: 2 }] })) }
          : job,
      ),
    };
    const looks = looksOf(failedLint);
    expect(looks.map((look) => look.kind)).toEqual(["tests", "step"]);
    expect(looks[1]).toMatchObject({
      job: "lint",
      failure: { command: "npm run lint", exitCode: 2, lastLines: expect.arrayContaining(["  passed"]) },
    });
  });

  it("begins with a problem of the machine", () => {
    const facts = exampleRun({ tests: 8, transactionsPerTest: 2, failing: true });
    expect(looksOf({ ...facts, problems: [{ code: "disk-full", message: "no space", fix: "make some" }] })[0]).toMatchObject({
      kind: "problem",
      problem: { code: "disk-full" },
    });
  });
});

describe("a test that two jobs ran", () => {
  it("is two tests, each with the requests its own environment recorded", () => {
    const facts = failedTest({ transactions: [{ environment: "one" }, { environment: "two" }] });
    const attempt = facts.attempts[0]!; // failedTest made one attempt.
    const job = facts.jobs[0]!;
    const shard = { shard: 1, phases: [], steps: [], services: [] };
    const twice: RunFacts = {
      ...facts,
      attempts: [
        { ...attempt, job: "a" },
        { ...attempt, job: "b" },
      ],
      jobs: [
        { ...job, id: "a", shards: [{ ...shard, environment: "one" }] },
        { ...job, id: "b", shards: [{ ...shard, environment: "two" }] },
      ],
    };
    expect(reportedTests(twice).tests).toMatchObject([
      { key: "t@a", attempts: [{ transactions: [{ id: "0" }] }] },
      { key: "t@b", attempts: [{ transactions: [{ id: "1" }] }] },
    ]);
  });
});
