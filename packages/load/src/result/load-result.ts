import type { HistogramSnapshot } from "../histogram/histogram.ts";
import type { LoadPlan, Objective } from "../plan/load-plan.ts";
import type { ScriptFacts } from "../script/script-facts.ts";

/** What a run of traffic left behind. Times in `series` and `samples` are milliseconds since `startedAt`. */
export interface LoadResult {
  readonly plan: LoadPlan;
  /** Milliseconds since the Unix epoch, of the first judged arrival. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly verdict: LoadVerdict;
  readonly totals: RequestTotals;
  /** By request of the scenario, in its order. */
  readonly requests: readonly (RequestTotals & { readonly name: string })[];
  /** One per second. */
  readonly series: readonly SecondOfTraffic[];
  readonly samples: Samples;
  readonly generator: GeneratorHealth;
  readonly objectives: readonly ObjectiveResult[];
  /** Of a scenario that is a program. */
  readonly script?: ScriptFacts;
  /** Of `stress` and `breakpoint`: the highest rate at which every objective held, by windows of the ramp. */
  readonly highestRateHeld?: { readonly perSecond: number; readonly brokenAt?: number; readonly brokenBy?: Objective };
}

export type LoadVerdict =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly reasons: readonly string[] }
  /** The generator was the limit: no judgement about the server. */
  | { readonly kind: "invalid"; readonly reasons: readonly string[] }
  | { readonly kind: "aborted"; readonly reason: string };

export interface RequestTotals {
  readonly asked: number;
  readonly completed: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the intended start when a request had to wait for a connection, else from the actual send. */
  readonly latency: HistogramSnapshot;
  /** From the actual send. */
  readonly serviceTime: HistogramSnapshot;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Partial<Record<LoadError, number>>>;
}

export type LoadError =
  | "refused"
  | "connect-timeout"
  | "timeout"
  | "reset"
  | "closed"
  | "garbage"
  | "too-large"
  | "tls"
  | "dns"
  | "status"
  | "check"
  | "capture"
  | "no-port"
  | "unfinished"
  | "unsent"
  | "script";

export interface SecondOfTraffic {
  readonly at: number;
  readonly asked: number;
  readonly started: number;
  readonly completed: number;
  readonly errors: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly connections: number;
  /** Milliseconds; NaN-free: undefined when nothing completed. */
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
  readonly max?: number;
  /** Of the generator itself. */
  readonly lagMs: number;
  readonly generatorCpu: number;
}

/** One row per kept request, in columns of equal length. When more than the plan's `max` came, each had the same chance. */
export interface Samples {
  readonly count: number;
  readonly of: number;
  /** Intended start, ms since `startedAt`. */
  readonly atMs: Float64Array;
  readonly latencyUs: Uint32Array;
  /** HTTP status, or 0 with `error`. */
  readonly status: Uint16Array;
  /** Index in `LoadPlan.scenario` requests over all flows. */
  readonly request: Uint16Array;
  /** Index in the list of `LoadError`s + 1; 0 for none. */
  readonly error: Uint8Array;
  /** Sampled request ids by row. */
  readonly requestIds: ReadonlyMap<number, string>;
}

/** The generator watches itself: a run in which it was the limit says so. */
export interface GeneratorHealth {
  readonly lag: HistogramSnapshot;
  /** Of one core, the busiest thread, median second. */
  readonly cpu: number;
  readonly connectionsPeak: number;
  readonly portsExhausted: number;
  readonly limits: readonly string[];
}

export interface ObjectiveResult {
  readonly objective: Objective;
  readonly seen: number;
  readonly held: boolean;
}
