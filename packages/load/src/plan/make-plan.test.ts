import { expect, test } from "vitest";
import type { Scenario } from "../scenario/scenario.ts";
import type { LoadTarget } from "./load-plan.ts";
import { makePlan, type PlanRequest } from "./make-plan.ts";
import { parseObjective } from "./parse-objective.ts";
import { parseTarget } from "./parse-target.ts";

const target: LoadTarget = { scheme: "http", host: "127.0.0.1", port: 80, protocol: "http/1.1" };
const scenario: Scenario = { name: "s", flows: [], headers: [], variables: {}, data: [] };
const plan = (rest: Partial<PlanRequest>) => makePlan({ target, scenario, ...rest });

test("load holds a rate, a spike rises for its middle third, stress climbs", () => {
  expect(plan({ ratePerSecond: 5, forMs: 900 }).traffic).toEqual({
    model: "open",
    arrivals: "even",
    stages: [{ fromPerSecond: 5, toPerSecond: 5, forMs: 900 }],
  });
  expect(plan({ profile: "spike", ratePerSecond: 5, peakPerSecond: 90, forMs: 900 }).traffic).toMatchObject({
    stages: [
      { fromPerSecond: 5, forMs: 300 },
      { fromPerSecond: 90, toPerSecond: 90, forMs: 300 },
      { fromPerSecond: 5, forMs: 300 },
    ],
  });
  expect(plan({ profile: "stress", ratePerSecond: 5, forMs: 900 }).traffic).toMatchObject({
    stages: [{ fromPerSecond: 5, toPerSecond: 50 }],
  });
});

test("a ramp that nobody gave an objective gets some, and ends once they break", () => {
  expect(plan({ profile: "stress" })).toMatchObject({
    abortEarly: true,
    objectives: [{ metric: "errors" }, { metric: "p95" }, { metric: "rate-held" }],
  });
  expect(plan({ profile: "stress", objectives: [{ metric: "p99", limit: 5 }] }).objectives).toEqual([{ metric: "p99", limit: 5 }]);
});

const refused: readonly [Partial<PlanRequest>, RegExp][] = [
  [{ ratePerSecond: 0 }, /`rate` must be above 0, got 0/],
  [{ ratePerSecond: -5 }, /got -5/],
  [{ users: 1.5 }, /`users` must be a whole number above 0, got 1.5/],
  [{ users: 2, ratePerSecond: 5 }, /together with --users/],
  [{ forMs: Number.NaN }, /`for` must be above 0/],
  [{ connections: 0 }, /`connections`/],
];
for (const [request, message] of refused) {
  test(`${JSON.stringify(request)} is refused with the option and the value`, () => {
    expect(() => plan(request)).toThrow(message);
  });
}

test("objectives are read as they are spoken", () => {
  expect(parseObjective("p95<200ms")).toEqual({ metric: "p95", limit: 200 });
  expect(parseObjective("p99.9 of POST /todos <= 1s")).toEqual({ metric: "p99.9", request: "POST /todos", limit: 1000 });
  expect(parseObjective("errors < 0.5%")).toEqual({ metric: "errors", limit: 0.005 });
  expect(parseObjective("rate-held>99%")).toEqual({ metric: "rate-held", limit: 0.99 });
});

for (const text of ["p95", "p95>200ms", "p42<1s", "p95<200", "errors<200ms", "rate-held<99%", ""]) {
  test(`the objective ${JSON.stringify(text)} is refused with examples`, () => {
    expect(() => parseObjective(text)).toThrow(/is not understood/);
  });
}

test("this machine may be aimed at, by address or by name", async () => {
  expect((await parseTarget("http://127.0.0.1:8000/a?b=1")).target).toMatchObject({ host: "127.0.0.1", port: 8000, scheme: "http" });
  expect((await parseTarget("localhost:8000")).target).toMatchObject({ host: "localhost", port: 8000 });
  expect((await parseTarget("https://[::1]/")).target).toMatchObject({ host: "::1", port: 443, tls: { verify: true } });
});

test("a server that is not this machine is refused unless it is allowed by name", async () => {
  await expect(parseTarget("http://192.0.2.7/")).rejects.toMatchObject({
    code: "load-target-refused",
    exitCode: 4,
    fix: expect.stringContaining("--allow-host 192.0.2.7"),
  });
  expect((await parseTarget("http://192.0.2.7/", { allowedHosts: ["192.0.2.7"] })).target.host).toBe("192.0.2.7");
});

for (const text of ["ftp://127.0.0.1/", "", "http://"]) {
  test(`the target ${JSON.stringify(text)} is refused`, async () => {
    await expect(parseTarget(text)).rejects.toMatchObject({ code: "load-target", exitCode: 2 });
  });
}
