import { expect, test } from "vitest";
import { testPlan } from "../../tests/serve.ts";
import { createHistogram } from "../histogram/log-linear-histogram.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import type { LoadResult, RequestTotals } from "./load-result.ts";
import { describeTraffic, renderSecond, renderText } from "./render-text.ts";
import { resultToJson } from "./to-json.ts";

function totals(latenciesMs: readonly number[], errors: RequestTotals["errors"] = {}): RequestTotals {
  const latency = createHistogram();
  for (const ms of latenciesMs) latency.record(ms * 1000);
  const failed = Object.values(errors).reduce((sum, times) => sum + times, 0);
  return {
    asked: latenciesMs.length + failed,
    completed: latenciesMs.length,
    bytesIn: 100,
    bytesOut: 50,
    latency: latency.snapshot(),
    serviceTime: latency.snapshot(),
    statuses: latenciesMs.length > 0 ? { "200": latenciesMs.length } : {},
    errors,
  };
}

const plan = testPlan(8000, { scenario: { name: "s", flows: [], headers: [], variables: {}, data: [] } });

function result(own: Partial<LoadResult> = {}): LoadResult {
  const all = totals([1, 2, 3, 250], { timeout: 1 });
  return {
    plan,
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    durationMs: 2000,
    verdict: { kind: "passed" },
    totals: all,
    requests: [{ name: "GET /", ...all }],
    series: [],
    samples: {
      count: 1,
      of: 5,
      atMs: Float64Array.of(0.12345),
      latencyUs: Uint32Array.of(1000),
      status: Uint16Array.of(200),
      request: Uint16Array.of(0),
      error: Uint8Array.of(0),
      requestIds: new Map([[0, "abc"]]),
    },
    generator: { lag: createHistogram().snapshot(), cpu: 0.25, connectionsPeak: 3, portsExhausted: 0, limits: [] },
    objectives: [{ objective: { metric: "p95", limit: 100 }, seen: 250, held: false }],
    ...own,
  };
}

test("the verdict comes first, with what it rests on", () => {
  const lines = (verdict: LoadResult["verdict"]) => renderText(result({ verdict })).split("\n")[0];
  expect(lines({ kind: "passed" })).toBe("PASSED");
  expect(lines({ kind: "failed", reasons: ["a", "b"] })).toBe("FAILED: a; b");
  expect(lines({ kind: "invalid", reasons: ["late"] })).toMatch(/^INVALID, .* says nothing about the server: late$/);
  expect(lines({ kind: "aborted", reason: "interrupted" })).toBe("ENDED EARLY: interrupted");
});

test("the text names the model, each objective, each kind of error and the generator's own state", () => {
  const text = renderText(result());
  expect(text).toContain("open model: 100/s, latency from the intended start, profile load, http://127.0.0.1:8000, 2.0 s");
  expect(text).toMatch(/^request +asked +answered +errors/m);
  expect(text).toMatch(/^GET \/ +5 +4 +1 \(20 %\) +2\.0 /m);
  expect(text).toContain("status: 200 x 4\nerror: 1 x no complete answer in time");
  expect(text).toMatch(/^BROKEN p95 is 250 ms, asked for is at most 100 ms$/m);
  expect(text).toMatch(/^generator: 1 thread, 25 % of a core, .* at most 3 connections$/m);
});

test("several requests have a row each and one for all, in columns", () => {
  const requests = [
    { name: "GET /", ...totals([1]) },
    { name: "POST /a/long/name", ...totals([1, 2]) },
  ];
  const rows = renderText(result({ requests })).split("\n").slice(3, 7);
  expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual(["request", "GET /", "POST /a/long/name", "all"]);
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
});

test("a run in which nothing was answered has no percentiles, and divides by nothing", () => {
  const nothing = totals([], { refused: 3 });
  const text = renderText(result({ totals: nothing, requests: [{ name: "GET /", ...nothing }], durationMs: 0 }));
  expect(text).toMatch(/^GET \/ +3 +0 +3 \(100 %\) +- +- +-/m);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test("a ramp tells the rate that held instead of objectives", () => {
  const brokenBy = { metric: "p95", limit: 100 } as const;
  const text = renderText(result({ highestRateHeld: { perSecond: 480.4, brokenAt: 14_200, brokenBy } }));
  expect(text).toContain("highest rate held: 480/s; from 14.2 s on p95 did not hold");
  expect(text).not.toContain("BROKEN");
  expect(renderText(result({ highestRateHeld: { perSecond: 480 } }))).toContain("highest rate held: 480/s, to the end");
});

test("what a script told is below: checks, and the errors that came most", () => {
  const errors = Array.from({ length: 7 }, (_, index) => ({ message: `e${index}`, at: `visit.ts:${index}:1`, times: 9 - index }));
  const text = renderText(result({ script: { sessions: 1, checks: [{ name: "ok", passed: 3, failed: 1 }], errors } }));
  expect(text).toContain("check: ok: 3 held, 1 did NOT\nscript: 9 x e0 at visit.ts:0:1\n");
  expect(text).toContain("script: 2 more, see --json");
});

test("traffic is said with its model: steady, ramped, and by users", () => {
  const said = (traffic: LoadPlan["traffic"]) => describeTraffic(traffic);
  expect(said({ model: "open", arrivals: "even", stages: [{ fromPerSecond: 5, toPerSecond: 50, forMs: 1 }] })).toContain("5/s to 50/s");
  expect(said({ model: "closed", stages: [{ fromUsers: 1, toUsers: 9, forMs: 1 }] })).toBe(
    "closed model: 1 to 9 users, each waits for its answer",
  );
});

test("a second is one line, with errors and waits only when there are some", () => {
  const second = { at: 3000, asked: 100, started: 100, completed: 99, inFlight: 1, connections: 2, lagMs: 0, generatorCpu: 0 };
  expect(renderSecond({ ...second, errors: 0, waiting: 0, p50: 1.234, p99: 250 })).toBe(
    "   3 s  asked 100/s, answered 99/s, p50 1.23 p99 250 ms",
  );
  expect(renderSecond({ ...second, errors: 2, waiting: 5 })).toContain("no answers, 2 errors, 5 wait for a connection");
});

test("JSON has figures instead of buckets, survives being written, and brings samples only when asked", () => {
  const json = JSON.parse(JSON.stringify(resultToJson(result())));
  expect(json).toMatchObject({
    version: 1,
    verdict: { kind: "passed" },
    model: "open",
    target: "http://127.0.0.1:8000",
    startedAt: "2026-01-02T03:04:05.000Z",
    asked: 5,
    completed: 4,
    perSecond: 2,
    errors: { timeout: 1 },
    latencyMs: { mean: 64, max: 250 },
    requests: [{ name: "GET /", asked: 5 }],
    objectives: [{ metric: "p95", limit: 100, seen: 250, held: false }],
    generator: { cpu: 0.25, connectionsPeak: 3 },
  });
  expect(json.samples).toBeUndefined();
  expect(json.script).toBeUndefined();
  expect(JSON.parse(JSON.stringify(resultToJson(result(), { samples: true }))).samples).toEqual({
    of: 5,
    atMs: [0.123],
    latencyUs: [1000],
    status: [200],
    request: [0],
    error: [0],
    requestIds: { "0": "abc" },
  });
});

test("JSON of a run without answers has null where there is no figure", () => {
  const nothing = totals([], { refused: 3 });
  const objectives = [{ objective: { metric: "p95", limit: 100 } as const, seen: Number.NaN, held: false }];
  const json = JSON.parse(JSON.stringify(resultToJson(result({ totals: nothing, objectives, durationMs: 0 }))));
  expect(json).toMatchObject({ perSecond: 0, latencyMs: null, objectives: [{ seen: null }] });
});
