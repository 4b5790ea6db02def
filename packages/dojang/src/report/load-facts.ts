/**
 * What a performance job left behind, for the report: plain data. Times are milliseconds since `startedAt` of the profile, which is
 * on the clock of the run. One entry for each profile of each job, in the order they ran.
 */
export interface LoadFacts {
  readonly job: string;
  readonly profile: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** "open model: 200/s, latency from the intended start" */
  readonly traffic: string;
  readonly verdict: { readonly kind: "passed" | "failed" | "invalid" | "aborted"; readonly reasons: readonly string[] };
  readonly totals: LoadTotals;
  /** Of all services together, microseconds of processor time; absent where nobody could read it. */
  readonly cpuUsPerRequest?: number;
  readonly requests: readonly LoadTotals[];
  readonly objectives: readonly { readonly text: string; readonly held: boolean }[];
  readonly highestRateHeld?: { readonly perSecond: number; readonly brokenAtMs?: number; readonly brokenBy?: string };
  readonly seconds: readonly LoadSecond[];
  readonly samples: PackedSamples;
  /** Every figure of every service, in columns. */
  readonly metrics: readonly MetricSeries[];
  readonly marks: readonly LoadMark[];
  /** Why it was slow, the likeliest first. */
  readonly hints: readonly SaturationHint[];
  readonly generator: { readonly cpu: number; readonly lagP99Ms: number; readonly limits: readonly string[] };
  /** Against the base's copy of the system, in the same run. "missing": there was none, or none that runs. */
  readonly comparison?: {
    readonly base: string;
    readonly verdict: "slower" | "faster" | "same" | "inconclusive" | "invalid" | "missing";
    readonly metrics: readonly {
      readonly words: string;
      readonly verdict: "slower" | "faster" | "same" | "inconclusive" | "invalid";
      readonly ratio: number;
      readonly interval: readonly [number, number];
      readonly smallestDetectable: number;
    }[];
    readonly reasons: readonly string[];
  };
  /** The same job and profile of earlier runs, newest first. */
  readonly earlier: readonly {
    readonly run: string;
    readonly number: number;
    readonly commit?: string;
    readonly startedAt: number;
    readonly perSecond: number;
    readonly p50Ms?: number;
    readonly p95Ms?: number;
    readonly p99Ms?: number;
    readonly errors: number;
    /** Of a ramp: the highest rate at which everything held. */
    readonly heldPerSecond?: number;
    readonly cpuUsPerRequest?: number;
  }[];
}

export interface LoadTotals {
  /** The request's name; "all" for the whole. */
  readonly name: string;
  readonly asked: number;
  readonly completed: number;
  readonly perSecond: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** By kind, in words. */
  readonly errors: Readonly<Record<string, number>>;
  /** Of latency, ms; undefined when nothing was answered. */
  readonly percentiles?: {
    readonly p50: number;
    readonly p75: number;
    readonly p90: number;
    readonly p95: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
}

export interface LoadSecond {
  readonly atMs: number;
  readonly asked: number;
  readonly completed: number;
  readonly errors: number;
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
  readonly max?: number;
  readonly waiting: number;
}

/** See packages/load/src/result/pack-samples.ts: one byte string, gzip and base64, and what its codes mean. */
export interface PackedSamples {
  readonly count: number;
  /** How many requests these stand for. */
  readonly of: number;
  readonly base64: string;
  readonly requests: readonly string[];
  /** By code from 1; 0 is no error. */
  readonly errors: readonly string[];
  /** By row, of those that carried one: the way to their transaction and logs. */
  readonly requestIds: Readonly<Record<number, string>>;
}

export interface MetricSeries {
  readonly service: string;
  readonly metric: string;
  readonly title: string;
  /** ms, %, bytes, per second, count. */
  readonly unit: string;
  readonly atMs: readonly number[];
  readonly values: readonly number[];
}

/** A garbage collection, a slow statement, a lock wait. */
export interface LoadMark {
  readonly atMs: number;
  readonly durationMs: number;
  readonly service: string;
  readonly kind: string;
  readonly text: string;
  /** Of a database: what was asked, and what part of all that it was asked, 0 to 1. */
  readonly statement?: { readonly text: string; readonly share: number };
}

/** "api: event loop at 98 % from 14.2 s" */
export interface SaturationHint {
  readonly service: string;
  readonly kind: "event-loop" | "cpu" | "gc" | "memory" | "database" | "connections" | "disk" | "generator" | "errors";
  readonly text: string;
  readonly fromMs: number;
  readonly certainty: "likely" | "possible";
}
