import type { MockDefinition, OutsideCall, TestAttempt } from "@dojang/model";
import { expect, test } from "vitest";
import type { MockSource } from "../../config/mock-sources.ts";
import { exampleDefinition } from "./example-definition.ts";
import { judgeOutside, type OutsideRequest } from "./judge-outside.ts";
import type { MockTally, StubTally } from "./mock-journal.ts";

const definition: MockDefinition = {
  ...exampleDefinition,
  mode: "strict",
  onUndeclared: "fail",
};

function mail(more: Partial<MockDefinition> = {}): OutsideRequest["mocks"][number] {
  const source: MockSource = {
    name: "mail",
    hosts: ["mail"],
    definition: { ...definition, ...more },
    stubs: "mocks/mail",
    openapi: ["mocks/mail/openapi.yaml"],
  };
  return { source, digest: "d1" };
}

const attempt: TestAttempt = {
  id: "t1#1",
  testId: "t1",
  file: "tests/reminders.test.ts",
  titlePath: ["reminders", "one is sent"],
  attempt: 1,
  status: "passed",
  durationMs: 1,
  attachments: [],
};

let calls = 0;
function call(more: Partial<OutsideCall> = {}): OutsideCall {
  return {
    id: `c${++calls}`,
    environment: "e",
    mock: "mail",
    requestId: "a".repeat(32),
    transaction: "tx1",
    testAttempt: "t1#1",
    direct: false,
    method: "POST",
    url: "http://mail:8025/messages",
    status: 202,
    answeredBy: "stub",
    stub: { id: "s1", name: "accept", file: "mocks/mail/mappings/accept.json" },
    declared: true,
    violations: [],
    requestHeaders: [],
    responseHeaders: [],
    startedAt: 1,
    durationMs: 1,
    delayMs: 0,
    ...more,
  };
}

const unanswered: Partial<OutsideCall> = { answeredBy: "nothing", status: 404, stub: undefined };
const violation = { side: "request" as const, at: "body/to", message: "must be a string, got null", rule: "mocks/mail/openapi.yaml#/x" };

const tallyOf = (of: readonly OutsideCall[], more: Partial<MockTally> = {}): MockTally => ({
  mock: "mail",
  calls: of.length,
  unmatched: of.filter(({ answeredBy }) => answeredBy === "nothing").length,
  undeclared: of.filter((one) => one.answeredBy !== "nothing" && (one.violations.length > 0 || !one.declared)).length,
  withoutRequestId: 0,
  dropped: 0,
  restarts: 0,
  complete: true,
  stubs: [],
  ...more,
});

const judge = (of: readonly OutsideCall[], more: Partial<OutsideRequest> = {}) =>
  judgeOutside({
    job: "integration",
    mocks: [mail()],
    tallies: [tallyOf(of)],
    calls: of,
    attempts: [attempt],
    attemptOf: () => undefined,
    egress: [],
    journalBytes: 64 * 1024 * 1024,
    ...more,
  });

test("calls that were answered as the contract says find nothing", () => {
  expect(judge([call(), call()])).toMatchObject({
    findings: [],
    mocks: [{ mock: "mail", calls: 2, unmatched: 0, undeclared: 0, digest: "d1" }],
  });
});

test("a call that nothing answers names its test, what came nearest, and what to do", () => {
  const nearest = {
    stub: { id: "s1", name: "accept", file: "mocks/mail/mappings/accept.json" },
    differences: ["path: expected /messages, got /messagez"],
  };

  const { findings } = judge([call({ ...unanswered, url: "http://mail:8025/messagez?now=1", nearest })]);

  expect(findings).toEqual([
    expect.objectContaining({
      job: "integration",
      mock: "mail",
      kind: "unmatched",
      level: "fail",
      testAttempt: "t1#1",
      test: { file: "tests/reminders.test.ts", title: "reminders › one is sent" },
      asked: "POST http://mail:8025/messagez?now=1",
      message: "mail has no answer for POST /messagez?now=1",
      details: ["nearest is the stub accept (mocks/mail/mappings/accept.json)", "path: expected /messages, got /messagez"],
      fix: "correct the call, or add a stub to mocks/mail/mappings; `on-unmatched: warn` of mocks.mail lets it pass",
      count: 1,
      transaction: "tx1",
    }),
  ]);
});

test("a call that breaks the contract names the place in the message and the rule", () => {
  const { findings } = judge([call({ violations: [violation] })]);

  expect(findings).toMatchObject([
    {
      kind: "undeclared",
      level: "fail",
      message: "POST /messages breaks the contract of mail",
      details: ["request body/to: must be a string, got null (mocks/mail/openapi.yaml#/x)"],
    },
  ]);
});

test("a stub that answers what the contract does not have, or as it does not allow, is told as the stub's", () => {
  const { findings } = judge([
    call({ declared: false, url: "http://mail/outbox" }),
    call({ violations: [{ ...violation, side: "response", at: "body/id" }] }),
  ]);

  expect(findings).toMatchObject([
    {
      message: "POST /outbox is not in the contract of mail",
      details: ["it was answered by the stub accept (mocks/mail/mappings/accept.json)", "the contract is mocks/mail/openapi.yaml"],
    },
    { message: "the stub accept (mocks/mail/mappings/accept.json) to POST /messages breaks the contract of mail" },
  ]);
});

test("the same mistake of a test is told once with its count, and of another test again", () => {
  const { findings } = judge([call(unanswered), call(unanswered), call({ ...unanswered, testAttempt: undefined, transaction: undefined })]);

  expect(findings.map(({ count, test: of }) => ({ count, title: of?.title }))).toEqual([
    { count: 2, title: "reminders › one is sent" },
    { count: 1, title: undefined },
  ]);
});

test("what a step asked the mock itself is neither judged nor counted as wrong", () => {
  const judged = judge([call({ ...unanswered, direct: true }), call({ direct: true, violations: [violation] })]);

  expect(judged).toMatchObject({ findings: [], mocks: [{ calls: 2, unmatched: 0, undeclared: 0 }] });
});

test.each([
  ["unmatched", unanswered, "onUnmatched"],
  ["undeclared", { violations: [violation] }, "onUndeclared"],
] as const)("whether %s calls fail, warn or are ignored is the mock's choice", (kind, wrong, key) => {
  const of = [call(wrong)];
  const levels = (["fail", "warn", "ignore"] as const).map((level) => judge(of, { mocks: [mail({ [key]: level })] }).findings[0]?.level);

  expect(levels).toEqual(["fail", "warn", undefined]);
  expect(judge(of).findings[0]?.kind).toBe(kind);
});

const use = (id: string, more: Partial<StubTally> = {}): StubTally => ({
  stub: { id, name: id, file: `mocks/mail/mappings/${id}.json` },
  calls: 0,
  injected: false,
  optional: false,
  ...more,
});

test("a stub that no shard needed is told; one that any needed, or that is optional, is not", () => {
  const of = [call()];
  const tallies = [
    tallyOf(of, { stubs: [use("never"), use("sometimes"), use("optional", { optional: true })] }),
    tallyOf([], { stubs: [use("never"), use("sometimes", { calls: 1 }), use("optional", { optional: true })] }),
  ];

  const { findings, mocks } = judge(of, { tallies });

  expect(findings).toMatchObject([
    { kind: "unused", level: "warn", message: "the stub never (mocks/mail/mappings/never.json) of mail was never needed" },
  ]);
  expect(mocks).toMatchObject([{ unused: 1, stubs: [{ name: "never", calls: 0 }, { name: "optional" }, { name: "sometimes", calls: 1 }] }]);
});

test("a stub that a test injected and never needed is that test's", () => {
  const injected = use("busy", { stub: { id: "busy", name: "busy" }, injected: true, injectedBy: "b".repeat(32) });

  const { findings } = judge([], {
    tallies: [tallyOf([], { stubs: [injected] })],
    attemptOf: (requestId) => (requestId === "b".repeat(32) ? "t1#1" : undefined),
  });

  expect(findings).toMatchObject([
    {
      kind: "unused",
      test: { title: "reminders › one is sent" },
      message: "the stub busy of mail was never needed",
      details: ["it was injected while the environment ran"],
    },
  ]);
});

test("of a mock that could not be asked at the end nothing is called unused", () => {
  expect(judge([], { tallies: [tallyOf([], { complete: false, stubs: [use("never")] })] }).findings).toEqual([]);
});

test("calls that the journal did not keep are counted and still fail the job", () => {
  const of = [call(unanswered)];

  const { findings } = judge(of, { tallies: [tallyOf(of, { calls: 10, unmatched: 3, undeclared: 1, dropped: 9 })] });

  expect(findings.map(({ kind, level, message }) => [kind, level, message])).toEqual([
    ["unmatched", "fail", "mail has no answer for POST /messages"],
    ["unmatched", "fail", "2 calls to mail that the journal did not keep got no answer"],
    ["undeclared", "fail", "1 call to mail that the journal did not keep broke the contract"],
    ["dropped", "warn", "9 calls to mail left no trace in the journal, which keeps 64 MiB of an environment"],
  ]);
});

test("a mock that had to be started again is told, for what was injected is gone", () => {
  expect(judge([], { tallies: [tallyOf([], { restarts: 1 })] }).findings).toMatchObject([
    { kind: "restarted", level: "warn", message: "mail ended and was started again, once" },
  ]);
});

test("a host that no mock plays is undeclared, as strictly as the strictest mock says; an allowed one is none of it", () => {
  const egress = [
    { host: "api.pay.example", port: 443, allowed: false, service: "worker", count: 3 },
    // A browser of a step asks its maker.
    { host: "update.example", port: 443, allowed: false, count: 70 },
    { host: "registry.example", port: 443, allowed: true, count: 9 },
  ];

  expect(judge([], { egress }).findings).toMatchObject([
    {
      kind: "undeclared",
      level: "fail",
      asked: "api.pay.example:443",
      message: "worker asked for api.pay.example:443, 3 times, and no mock plays it",
      count: 3,
    },
  ]);
  expect(judge([], { egress, mocks: [mail({ onUndeclared: "warn" })] }).findings).toMatchObject([{ level: "warn" }]);
  expect(judge([], { egress, mocks: [] }).findings).toEqual([]);
});

test("what fails the job comes before what only warns", () => {
  const { findings } = judge([call({ violations: [violation] }), call(unanswered)], {
    mocks: [mail({ onUndeclared: "warn" })],
    tallies: [tallyOf([], { stubs: [use("never")] })],
  });

  expect(findings.map(({ kind }) => kind)).toEqual(["unmatched", "undeclared", "unused"]);
});
