import { expect, test } from "vitest";
import { createHistogram } from "../histogram/log-linear-histogram.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import { generatorLimits, verdictOf } from "./judge-load.ts";

const broken = { objective: { metric: "errors" as const, limit: 0.01 }, seen: 1, held: false };
const held = { objective: { metric: "p95" as const, limit: 200 }, seen: 20, held: true };
const usual = { objectives: [held], limits: [], completed: 10, aborted: undefined, interrupted: false, heldPerSecond: undefined };

test("a run passes when everything held, and fails with what was seen and what was asked for", () => {
  expect(verdictOf(usual)).toEqual({ kind: "passed" });
  expect(verdictOf({ ...usual, objectives: [held, broken] })).toEqual({
    kind: "failed",
    reasons: ["errors is 100 %, asked for is at most 1 %"],
  });
});

test("a run in which the generator was the limit is no verdict, good or bad", () => {
  for (const objectives of [[held], [broken]]) {
    expect(verdictOf({ ...usual, objectives, limits: ["its clock was late"] })).toEqual({
      kind: "invalid",
      reasons: ["its clock was late"],
    });
  }
});

test("a run in which nothing was answered has failed, whatever the generator was at", () => {
  expect(verdictOf({ ...usual, completed: 0, limits: ["its clock was late"] })).toMatchObject({ kind: "failed" });
});

test("a ramp passes with the rate that held, also when breaking ended it; one that held nothing has failed", () => {
  const ramp = { ...usual, objectives: [broken], aborted: "errors for 5 seconds in a row" };
  expect(verdictOf({ ...ramp, heldPerSecond: 400 })).toEqual({ kind: "passed" });
  expect(verdictOf({ ...ramp, heldPerSecond: 0 })).toMatchObject({ kind: "failed" });
  expect(verdictOf({ ...ramp, heldPerSecond: 400, interrupted: true })).toMatchObject({ kind: "aborted" });
});

const plan: LoadPlan = {
  target: { scheme: "http", host: "127.0.0.1", port: 80, protocol: "http/1.1" },
  profile: "load",
  traffic: { model: "open", arrivals: "even", stages: [{ fromPerSecond: 100, toPerSecond: 100, forMs: 1000 }] },
  scenario: { name: "s", flows: [], headers: [], variables: {}, data: [] },
  connections: { max: 1, connectTimeoutMs: 1 },
  timeoutMs: 1,
  requestIdEvery: 0,
  objectives: [],
  abortEarly: false,
  threads: 1,
  samples: { max: 1 },
  seed: 1,
};

function lag(ms: number) {
  const histogram = createHistogram();
  for (let each = 0; each < 100; each++) histogram.record(ms * 1000);
  return histogram.snapshot();
}

const fine = { lag: lag(0.6), cpu: 0.2, connectionsPeak: 3, portsExhausted: 0 };

test("the generator says of itself when it was late, busy, out of ports, or short of what was asked", () => {
  const totals = { asked: 100, errors: {} };
  expect(generatorLimits(plan, fine, totals, 100)).toEqual([]);
  expect(generatorLimits(plan, { ...fine, lag: lag(8) }, totals, 100)).toEqual([
    "its clock was late: p99 of the lag is 8.0 ms, more than 5 ms",
  ]);
  expect(generatorLimits(plan, { ...fine, cpu: 0.9 }, totals, 100)).toEqual(["it used 90 % of its core, more than 85 %"]);
  expect(generatorLimits(plan, { ...fine, portsExhausted: 4 }, totals, 100)[0]).toMatch(/^4 requests found no free port/);
  expect(generatorLimits(plan, fine, { asked: 90, errors: {} }, 100)).toEqual(["it asked 90 of 100 requests"]);
  expect(generatorLimits(plan, fine, { asked: 100, errors: { unsent: 7 } }, 100)[0]).toMatch(/^7 requests were given up/);
});

test("users who wait have no schedule to be late for", () => {
  const closed: LoadPlan = { ...plan, traffic: { model: "closed", stages: [{ fromUsers: 1, toUsers: 1, forMs: 1000 }] } };
  expect(generatorLimits(closed, { ...fine, lag: lag(8) }, { asked: 5, errors: {} }, 0)).toEqual([]);
});
