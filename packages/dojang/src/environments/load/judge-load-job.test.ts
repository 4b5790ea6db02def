import { expect, test } from "vitest";
import type { LoadFacts } from "../../report/load-facts.ts";
import { exampleResult } from "./example-result.ts";
import { judgeLoad } from "./judge-load-job.ts";
import { loadFactsOf } from "./load-facts-of.ts";

const objectives = [{ metric: "p95", limit: 200 }] as const;
const gate = { p50Ms: undefined, p95Ms: 200, p99Ms: undefined, errors: undefined, regression: 0.15, onMiss: "fail" } as const;
const facts = loadFactsOf({
  job: "performance",
  result: exampleResult([{ atMs: 0, latencyMs: 420 }]),
  measured: { points: [], marks: [] },
  cores: 2,
});
const missed = { text: "p95 is 420 ms, asked for is at most 200 ms", held: false };

function judge(more: Partial<LoadFacts>, own: Partial<typeof gate> | { onMiss: "warn" } = {}) {
  return judgeLoad({ job: "performance", gate: { ...gate, ...own }, load: [{ ...facts, ...more }], objectives });
}

test("an objective that did not hold fails the job, or only warns where that is asked for", () => {
  const failed = judge({ objectives: [missed], verdict: { kind: "failed", reasons: [] } });
  expect(failed).toMatchObject({
    passed: false,
    gates: [{ gate: "load: p95", expected: "at most 200 ms", seen: "p95 is 420 ms", held: false, onMiss: "fail" }],
  });
  expect(judge({ objectives: [missed] }, { onMiss: "warn" }).passed).toBe(true);
});

test("a generator that was the limit fails nobody, and it is said", () => {
  const judged = judge({ objectives: [missed], verdict: { kind: "invalid", reasons: ["its clock was late"] } });
  expect(judged.passed).toBe(true);
  expect(judged.gates[0]).toMatchObject({ held: true, seen: "p95 is 420 ms, but the generator was the limit" });
  expect(judged.summary).toContain("says nothing: the generator was the limit");
});

test("traffic without one answer fails whatever the gate says", () => {
  const nothing = { ...facts.totals, completed: 0, percentiles: undefined };
  const judged = judge({ totals: nothing, verdict: { kind: "failed", reasons: ["nothing was answered"] } }, { onMiss: "warn" });
  expect(judged.passed).toBe(false);
  expect(judged.summary).toContain("no answers");
});

test("a ramp is judged by whether it held at all", () => {
  const held = judge({ profile: "stress", highestRateHeld: { perSecond: 332.4 } });
  expect(held.gates).toMatchObject([{ gate: "stress: rate held", seen: "332/s", held: true }]);
  expect(judge({ profile: "stress", highestRateHeld: { perSecond: 0 }, verdict: { kind: "failed", reasons: [] } }).passed).toBe(false);
});

function comparison(verdict: "slower" | "same" | "missing", ratio = 1): LoadFacts["comparison"] {
  const metric = {
    words: `p95 is ${ratio}x the base`,
    verdict: verdict === "missing" ? "same" : verdict,
    ratio,
    interval: [1, 2],
    smallestDetectable: 1.062,
  } as const;
  return {
    base: "abc",
    verdict,
    metrics: verdict === "missing" ? [] : [metric],
    reasons: verdict === "missing" ? ["this is the first commit"] : [],
  };
}

test("only slower by more than the gate allows fails", () => {
  const slower = judge({ comparison: comparison("slower", 1.31) });
  expect(slower).toMatchObject({
    passed: false,
    gates: [{ gate: "load: regression", expected: "at most 15 % slower than abc", seen: "p95 is 1.31x the base" }],
  });
  expect(judge({ comparison: comparison("slower", 1.1) })).toMatchObject({ passed: true, gates: [{ held: true }] });
  expect(judge({ comparison: comparison("same") }).gates[0]?.seen).toBe("same, 6.2 % would have been seen");
});

test("what could not be compared fails nobody, and says why", () => {
  const judged = judge({ comparison: comparison("missing") });
  expect(judged).toMatchObject({ passed: true, gates: [{ held: true, seen: "not compared: this is the first commit" }] });
  expect(judged.summary).toContain("not compared: this is the first commit");
});
