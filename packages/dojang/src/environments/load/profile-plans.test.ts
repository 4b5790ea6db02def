import { dojangFile, type PerformanceJob } from "@dojang/model";
import { expect, test } from "vitest";
import { exampleResult } from "./example-result.ts";
import { objectivesOf, profilePlans } from "./profile-plans.ts";

const { scenario } = exampleResult([]).plan;
const target = new URL("http://api:8000/");

/** As dojang.yml has it. */
function job(more: object): PerformanceJob {
  const read = dojangFile.parse({ version: 1, jobs: { traffic: { kind: "performance", scenario: "traffic.yaml", ...more } } });
  const traffic = read.jobs.traffic;
  if (traffic?.kind !== "performance") throw new Error("it is a performance job");
  return traffic;
}

test("each profile becomes a plan, in the order in which they run", () => {
  const profiles = {
    load: { rate: "200/s", for: "30s" },
    stress: { ramp: ["50/s", "2000/s"], for: "60s" },
    spike: { rate: "50/s", peak: "1000/s", for: "9s" },
  };
  const plans = profilePlans(job({ profiles, connections: 7 }), scenario, target);
  expect(plans.map(({ profile }) => profile)).toEqual(["load", "spike", "stress"]);
  const [load, spike, stress] = plans.map(({ plan }) => plan);
  expect(load).toMatchObject({
    connections: { max: 7 },
    abortEarly: false,
    traffic: { stages: [{ fromPerSecond: 200, toPerSecond: 200, forMs: 30_000 }] },
  });
  expect(spike?.traffic.model === "open" ? spike.traffic.stages.map(({ toPerSecond }) => toPerSecond) : []).toEqual([50, 1000, 50]);
  expect(stress).toMatchObject({ abortEarly: true, traffic: { stages: [{ fromPerSecond: 50, toPerSecond: 2000 }] } });
  for (const { plan } of plans) expect(plan.target).toMatchObject({ scheme: "http", host: "api", port: 8000 });
});

test("cold caches leave the warm-up out", () => {
  const profiles = { load: { rate: "10/s", for: "1s" } };
  const [warm] = profilePlans(job({ profiles, "warm-up": "2s" }), scenario, target);
  const [cold] = profilePlans(job({ profiles, "warm-up": "2s", caches: "cold" }), scenario, target);
  expect(warm?.plan.warmUp).toMatchObject({ forMs: 2000 });
  expect(cold?.plan.warmUp?.forMs ?? 0).toBe(0);
});

test("the gate's limits are objectives, and a certificate inside is not checked", () => {
  const gated = job({ profiles: { load: { rate: "10/s", for: "1s" } }, gate: { p95: "200ms", errors: "1%", regression: "15%" } });
  expect(objectivesOf(gated.gate)).toEqual([
    { metric: "p95", limit: 200 },
    { metric: "errors", limit: 0.01 },
  ]);
  expect(objectivesOf(undefined)).toEqual([]);
  const [secure] = profilePlans(gated, scenario, new URL("https://api"));
  expect(secure?.plan.target).toMatchObject({ scheme: "https", port: 443, tls: { verify: false } });
});
