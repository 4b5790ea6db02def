import { expect, test } from "vitest";
import { testPlan } from "../../tests/serve.ts";
import { createHistogram } from "../histogram/log-linear-histogram.ts";
import type { LoadPlan, Objective } from "../plan/load-plan.ts";
import type { Judged } from "../result/judge-load.ts";
import { createAbortRule, plannedRequests } from "./abort-rule.ts";
import type { MergedSecond } from "./assemble-result.ts";

const scenario: LoadPlan["scenario"] = { name: "s", flows: [], headers: [], variables: {}, data: [] };
const rate = (fromPerSecond: number, toPerSecond: number, forMs: number): LoadPlan["traffic"] => ({
  model: "open",
  arrivals: "even",
  stages: [{ fromPerSecond, toPerSecond, forMs }],
});

function judged(asked: number, errors: number, latencyMs: number): Judged {
  const latency = createHistogram();
  for (let index = 0; index < asked - errors; index++) latency.record(latencyMs * 1000);
  return { asked, errors, completed: asked - errors, latency: latency.snapshot() };
}

/** A second of so many requests, of which one name may fare otherwise. */
function second(all: Judged, named: Readonly<Record<string, Judged>> = {}): MergedSecond {
  return {
    at: 0,
    asked: all.asked,
    started: all.asked,
    completed: all.completed,
    errors: all.errors,
    inFlight: 0,
    waiting: 0,
    connections: 1,
    lagMs: 0,
    generatorCpu: 0,
    latency: all.latency,
    names: Object.keys(named),
    of: (request) => (request === undefined ? all : (named[request] ?? all)),
  };
}

const p95: Objective = { metric: "p95", limit: 100 };
const fast = second(judged(100, 0, 10));
const slow = second(judged(100, 0, 500));

function ruleOf(wish: Partial<LoadPlan>) {
  return createAbortRule(testPlan(1, { scenario, ...wish }));
}

test("a ramp ends after five broken seconds in a row, and says what broke", () => {
  const rule = ruleOf({ profile: "stress", traffic: rate(10, 1000, 60_000), objectives: [p95] });
  expect([slow, slow, slow, slow].map(rule)).toEqual([undefined, undefined, undefined, undefined]);
  expect(rule(slow)).toMatch(/^p95 is \d+(\.\d+)? ms, asked for is at most 100 ms, for 5 seconds in a row$/);
});

test("a second that holds, or in which nothing ended, begins the count anew", () => {
  const rule = ruleOf({ profile: "breakpoint", traffic: rate(10, 1000, 60_000), objectives: [p95] });
  const nothing = second(judged(0, 0, 0));
  const seconds = [slow, slow, slow, slow, fast, slow, slow, slow, slow, nothing, slow, slow, slow, slow];
  expect(seconds.map(rule).filter(Boolean)).toEqual([]);
  expect(rule(slow)).toContain("in a row");
});

test("an objective of one request is judged by that request", () => {
  const rule = ruleOf({ profile: "stress", traffic: rate(10, 1000, 60_000), objectives: [{ ...p95, request: "POST /" }] });
  const one = second(judged(100, 0, 10), { "POST /": judged(5, 0, 500) });
  expect([one, one, one, one, one].map(rule).at(-1)).toContain("p95 of POST /");
});

test("a steady run ends when its errors cannot hold any more, whatever follows", () => {
  // 1,000 requests in all, of which 10 may fail.
  const rule = ruleOf({ traffic: rate(100, 100, 10_000), objectives: [{ metric: "errors", limit: 0.01 }] });
  const five = second(judged(100, 5, 10));
  expect([five, five].map(rule)).toEqual([undefined, undefined]);
  expect(rule(five)).toBe("15 errors are more than 1 % of all 1000 requests");
});

test("a steady run is never ended by latency, and users by nothing: how many they will ask is not known", () => {
  const steady = ruleOf({ traffic: rate(100, 100, 10_000), objectives: [p95] });
  expect(Array.from({ length: 20 }, () => steady(slow)).filter(Boolean)).toEqual([]);
  const closed = ruleOf({
    traffic: { model: "closed", stages: [{ fromUsers: 1, toUsers: 1, forMs: 1000 }] },
    objectives: [{ metric: "errors", limit: 0 }],
  });
  expect(closed(second(judged(100, 100, 1)))).toBeUndefined();
});

test("what a plan will ask is the area under its rate, and 0 in the closed model", () => {
  expect(plannedRequests(testPlan(1, { scenario, traffic: rate(0, 100, 10_000) }))).toBeCloseTo(500);
  const closed: LoadPlan["traffic"] = { model: "closed", stages: [{ fromUsers: 9, toUsers: 9, forMs: 1000 }] };
  expect(plannedRequests(testPlan(1, { scenario, traffic: closed }))).toBe(0);
});
