import { Problem } from "@dojang/model";
import type { Scenario } from "../scenario/scenario.ts";
import type { LoadPlan, LoadTarget, Objective, ProfileName, Stage, Traffic } from "./load-plan.ts";

/** What someone asks for; everything else has a default. Rates per second, times in ms. */
export interface PlanRequest {
  readonly target: LoadTarget;
  readonly scenario: Scenario;
  readonly profile?: ProfileName;
  /** The rate of load and soak, before and after a spike, at the start of a ramp. Default 50. */
  readonly ratePerSecond?: number;
  /** The height of a spike, the end of a ramp. Default ten times the rate. */
  readonly peakPerSecond?: number;
  /** Closed model instead of a rate. */
  readonly users?: number;
  readonly forMs?: number;
  readonly arrivals?: "even" | "poisson";
  readonly warmUpMs?: number;
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  readonly timeoutMs?: number;
  readonly threads?: number;
  readonly objectives?: readonly Objective[];
  readonly abortEarly?: boolean;
  readonly requestIdEvery?: number;
  readonly maxSamples?: number;
  readonly seed?: number;
}

const defaultForMs: Readonly<Record<ProfileName, number>> = {
  load: 30_000,
  stress: 60_000,
  spike: 30_000,
  soak: 3_600_000,
  breakpoint: 600_000,
};

/** A ramp without an objective could never break. */
const rampObjectives: readonly Objective[] = [
  { metric: "errors", limit: 0.01 },
  { metric: "p95", limit: 1000 },
  { metric: "rate-held", limit: 0.95 },
];

/** Throws a Problem that names the option, the value and the fix. */
export function makePlan(request: PlanRequest): LoadPlan {
  const profile = request.profile ?? "load";
  const isRamp = profile === "stress" || profile === "breakpoint";
  const objectives = request.objectives ?? [];
  const plan: LoadPlan = {
    target: request.target,
    profile,
    traffic: trafficOf(request, profile),
    scenario: request.scenario,
    connections: {
      max: positive("connections", request.connections ?? 100, { whole: true }),
      connectTimeoutMs: positive("connect-timeout", request.connectTimeoutMs ?? 5_000),
    },
    timeoutMs: positive("timeout", request.timeoutMs ?? 10_000),
    requestIdEvery: request.requestIdEvery ?? 0,
    objectives: isRamp && objectives.length === 0 ? rampObjectives : objectives,
    abortEarly: request.abortEarly ?? isRamp,
    threads: positive("threads", request.threads ?? 1, { whole: true }),
    samples: { max: request.maxSamples ?? 200_000 },
    seed: request.seed ?? 1,
  };
  const warmUpMs = request.warmUpMs ?? 0;
  if (warmUpMs <= 0) return plan;
  return { ...plan, warmUp: { ratePerSecond: request.ratePerSecond ?? 50, forMs: warmUpMs } };
}

function trafficOf(request: PlanRequest, profile: ProfileName): Traffic {
  const forMs = positive("for", request.forMs ?? defaultForMs[profile]);
  if (request.users !== undefined) {
    const users = positive("users", request.users, { whole: true });
    if (request.ratePerSecond !== undefined)
      throw wrong("rate", {
        seen: request.ratePerSecond,
        message: "cannot be given together with --users",
        fix: "choose one: --rate keeps the rate whatever the server does, --users wait for their answers",
      });
    const from = profile === "stress" || profile === "breakpoint" ? 1 : users;
    return { model: "closed", stages: [{ fromUsers: from, toUsers: users, forMs }] };
  }
  const rate = positive("rate", request.ratePerSecond ?? 50);
  const peak = positive("peak", request.peakPerSecond ?? rate * 10);
  return { model: "open", arrivals: request.arrivals ?? "even", stages: stagesOf(profile, { rate, peak, forMs }) };
}

function stagesOf(profile: ProfileName, { rate, peak, forMs }: { rate: number; peak: number; forMs: number }): readonly Stage[] {
  switch (profile) {
    case "load":
    case "soak":
      return [{ fromPerSecond: rate, toPerSecond: rate, forMs }];
    case "stress":
    case "breakpoint":
      return [{ fromPerSecond: rate, toPerSecond: peak, forMs }];
    case "spike": {
      const third = forMs / 3;
      return [rate, peak, rate].map((each) => ({ fromPerSecond: each, toPerSecond: each, forMs: third }));
    }
  }
}

function positive(name: string, value: number, { whole = false } = {}): number {
  if (Number.isFinite(value) && value > 0 && (!whole || Number.isInteger(value))) return value;
  throw wrong(name, { seen: value, message: `must be ${whole ? "a whole number " : ""}above 0`, fix: `give --${name} a value above 0` });
}

function wrong(name: string, { seen, message, fix }: { seen: number; message: string; fix: string }): Problem {
  return new Problem({ code: "load-option", message: `\`${name}\` ${message}, got ${seen}`, fix, exit: "configuration" });
}
