import { type LoadPlan, makePlan, type Objective, type PlanRequest, type ProfileName, type Scenario } from "@dojang/load";
import type { PerformanceJob } from "@dojang/model";

export interface ProfilePlan {
  readonly profile: ProfileName;
  readonly plan: LoadPlan;
}

/** One request in so many carries a request id: a slow dot can be followed, and the service's own work on ids stays what it is. */
const requestIdEvery = 20;
const maxSamples = 120_000;

/** Pure: the profiles of a performance job as plans of traffic, in the order in which they make sense: gentle first. */
export function profilePlans(definition: PerformanceJob, scenario: Scenario, target: URL): readonly ProfilePlan[] {
  const { load, stress, spike, soak } = definition.profiles;
  const shapes: readonly (readonly [ProfileName, Partial<PlanRequest> | undefined])[] = [
    ["load", load && { ratePerSecond: load.ratePerSecond, forMs: load.forMs }],
    ["spike", spike && { ratePerSecond: spike.ratePerSecond, peakPerSecond: spike.peakPerSecond, forMs: spike.forMs }],
    ["stress", stress && { ratePerSecond: stress.fromPerSecond, peakPerSecond: stress.toPerSecond, forMs: stress.forMs }],
    ["soak", soak && { ratePerSecond: soak.ratePerSecond, forMs: soak.forMs }],
  ];
  return shapes.flatMap(([profile, shape]) => {
    if (shape === undefined) return [];
    const plan = makePlan({
      ...shape,
      profile,
      scenario,
      target: targetOf(target),
      connections: definition.connections,
      objectives: objectivesOf(definition.gate),
      warmUpMs: definition.caches === "cold" ? 0 : definition.warmUpMs,
      requestIdEvery,
      maxSamples,
      abortEarly: profile === "stress",
    });
    return [{ profile, plan }];
  });
}

export function objectivesOf(gate: PerformanceJob["gate"]): readonly Objective[] {
  const { p50Ms, p95Ms, p99Ms, errors } = gate ?? {};
  const limits: readonly (readonly [Objective["metric"], number | undefined])[] = [
    ["p50", p50Ms],
    ["p95", p95Ms],
    ["p99", p99Ms],
    ["errors", errors],
  ];
  return limits.flatMap(([metric, limit]) => (limit === undefined ? [] : [{ metric, limit }]));
}

function targetOf(url: URL): LoadPlan["target"] {
  const scheme = url.protocol === "https:" ? "https" : "http";
  return {
    scheme,
    host: url.hostname,
    port: Number(url.port || (scheme === "https" ? 443 : 80)),
    protocol: "http/1.1",
    // Inside, every certificate is the environment's own.
    ...(scheme === "https" ? { tls: { verify: false } } : {}),
  };
}
