import type { HistogramSnapshot } from "../histogram/histogram.ts";
import { createHistogram } from "../histogram/log-linear-histogram.ts";
import type { LoadPlan, Objective, ObjectiveMetric } from "../plan/load-plan.ts";
import type { GeneratorHealth, LoadVerdict, ObjectiveResult, RequestTotals } from "./load-result.ts";

/** What one objective is judged by: of the whole run, of a second, of one request. */
export interface Judged {
  readonly asked: number;
  readonly completed: number;
  readonly errors: number;
  readonly latency: HistogramSnapshot;
}

const fractions: Readonly<Partial<Record<ObjectiveMetric, number>>> = {
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  "p99.9": 0.999,
};

/** Undefined when there is nothing to judge by: no request ended. */
export function measure(metric: ObjectiveMetric, judged: Judged): number | undefined {
  if (metric === "errors") return judged.asked === 0 ? undefined : judged.errors / judged.asked;
  if (metric === "rate-held") return judged.asked === 0 ? undefined : judged.completed / judged.asked;
  if (judged.latency.count === 0) return undefined;
  if (metric === "max") return judged.latency.maxUs / 1000;
  return createHistogram(judged.latency).percentile(fractions[metric] ?? 1) / 1000;
}

export function holds({ metric, limit }: Objective, seen: number): boolean {
  return metric === "rate-held" ? seen >= limit : seen <= limit;
}

/** An objective of a run in which nothing was seen has not held. */
export function judgeObjectives(plan: LoadPlan, of: (request: string | undefined) => Judged): readonly ObjectiveResult[] {
  return plan.objectives.map((objective) => {
    const seen = measure(objective.metric, of(objective.request));
    return { objective, seen: seen ?? Number.NaN, held: seen !== undefined && holds(objective, seen) };
  });
}

/**
 * Why the run says nothing about the server: the generator was late, busy, or out of ports. Measured limits: notes in docs/decisions.
 * Lag and rate count in the open model only; a closed one has no schedule to be late for.
 */
export function generatorLimits(
  plan: LoadPlan,
  health: Omit<GeneratorHealth, "limits">,
  totals: Pick<RequestTotals, "asked" | "errors">,
  plannedAsks: number,
): readonly string[] {
  const limits: string[] = [];
  const lagMs = health.lag.count === 0 ? 0 : createHistogram(health.lag).percentile(0.99) / 1000;
  if (plan.traffic.model === "open" && lagMs > 5)
    limits.push(`its clock was late: p99 of the lag is ${lagMs.toFixed(1)} ms, more than 5 ms`);
  if (health.cpu > 0.85) limits.push(`it used ${Math.round(health.cpu * 100)} % of its core, more than 85 %`);
  if (health.portsExhausted > 0) limits.push(`${health.portsExhausted} requests found no free port or socket on this machine`);
  const unsent = totals.errors.unsent ?? 0;
  if (unsent > 0) limits.push(`${unsent} requests were given up because too many waited for a connection`);
  if (plan.traffic.model === "open" && plannedAsks > 0 && totals.asked < plannedAsks * 0.99) {
    limits.push(`it asked ${totals.asked} of ${Math.round(plannedAsks)} requests`);
  }
  return limits;
}

/**
 * A ramp is made to break: its verdict is about the rate that held, and only one that never held anything has failed.
 * `aborted` of a ramp is its end, once it broke.
 */
export function verdictOf(options: {
  readonly objectives: readonly ObjectiveResult[];
  /** Of a ramp: the highest rate that held. */
  readonly heldPerSecond: number | undefined;
  readonly interrupted: boolean;
  readonly limits: readonly string[];
  readonly completed: number;
  readonly aborted: string | undefined;
}): LoadVerdict {
  if (options.aborted !== undefined && (options.heldPerSecond === undefined || options.interrupted))
    return { kind: "aborted", reason: options.aborted };
  const broken = options.objectives.filter((result) => !result.held);
  if (options.completed === 0) return { kind: "failed", reasons: ["no request was answered", ...broken.map(describeObjective)] };
  if (options.limits.length > 0) return { kind: "invalid", reasons: options.limits };
  if (options.heldPerSecond !== undefined) {
    return options.heldPerSecond > 0
      ? { kind: "passed" }
      : { kind: "failed", reasons: ["the objectives did not even hold at the start of the ramp", ...broken.map(describeObjective)] };
  }
  return broken.length > 0 ? { kind: "failed", reasons: broken.map(describeObjective) } : { kind: "passed" };
}

/** "p95 is 312 ms, the limit is 200 ms" */
export function describeObjective({ objective, seen }: ObjectiveResult): string {
  const what = `${objective.metric}${objective.request === undefined ? "" : ` of ${objective.request}`}`;
  const side = objective.metric === "rate-held" ? "at least" : "at most";
  return `${what} is ${Number.isNaN(seen) ? "unknown" : inUnit(objective.metric, seen)}, asked for is ${side} ${inUnit(objective.metric, objective.limit)}`;
}

function inUnit(metric: ObjectiveMetric, value: number): string {
  if (metric === "errors" || metric === "rate-held") return `${Number((value * 100).toPrecision(3))} %`;
  return `${Number(value.toPrecision(4))} ms`;
}
