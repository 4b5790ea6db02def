import type { Scenario } from "../scenario/scenario.ts";

/**
 * One run of traffic, after every file was read and every option decided. Plain data: it is handed to worker threads and
 * into environments as JSON. Times are milliseconds, rates requests per second.
 */
export interface LoadPlan {
  readonly target: LoadTarget;
  readonly profile: ProfileName;
  readonly traffic: Traffic;
  readonly scenario: Scenario;
  readonly connections: ConnectionLimits;
  /** Of one request, from sending to the end of the answer. Counts as error `timeout`. */
  readonly timeoutMs: number;
  /** Traffic before `traffic` that is not judged: caches, JIT compilers, connection pools. At the rate, or by the users it begins with. */
  readonly warmUp?: { readonly ratePerSecond: number; readonly forMs: number };
  /** Every n-th request carries a `traceparent` of its own, so that a slow one can be followed; 0 for none. */
  readonly requestIdEvery: number;
  readonly objectives: readonly Objective[];
  /** Whether an objective that cannot hold any more ends the run. */
  readonly abortEarly: boolean;
  /** Generator threads. */
  readonly threads: number;
  readonly samples: { readonly max: number };
  readonly seed: number;
  /** Milliseconds since the Unix epoch at which the judged traffic begins, for generators that take turns; at once when absent. */
  readonly startAtMs?: number;
}

export type ProfileName = "load" | "stress" | "spike" | "soak" | "breakpoint";

export interface LoadTarget {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** Connect here instead of to host and port; both are still what the Host header says. */
  readonly socketPath?: string;
  readonly protocol: "http/1.1" | "h2";
  readonly tls?: { readonly verify: boolean; readonly authorityPem?: string; readonly serverName?: string };
}

/**
 * open: requests start when the rate says, whether the server answers or not; latency counts from the intended start.
 * closed: so many users ask one after the other; a slow server slows them down. The report names which.
 */
export type Traffic =
  | { readonly model: "open"; readonly stages: readonly Stage[]; readonly arrivals: "even" | "poisson" }
  | { readonly model: "closed"; readonly stages: readonly UserStage[] };

/** The rate moves evenly from the first to the second value. Equal values hold it. */
export interface Stage {
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  readonly forMs: number;
}

export interface UserStage {
  readonly fromUsers: number;
  readonly toUsers: number;
  readonly forMs: number;
}

export interface ConnectionLimits {
  /** Open at once, over all threads. An arrival that finds none free waits, and the wait counts. */
  readonly max: number;
  /** Requests per connection before it is closed; unlimited when absent. */
  readonly requestsEach?: number;
  readonly connectTimeoutMs: number;
}

/** What must hold: of the whole run, or of one request of the scenario. */
export interface Objective {
  readonly metric: ObjectiveMetric;
  /** Name of a request; all when absent. */
  readonly request?: string;
  /** Milliseconds for percentiles, a fraction for errors and for `rate-held` (achieved / asked, at least). */
  readonly limit: number;
}

export type ObjectiveMetric = "p50" | "p75" | "p90" | "p95" | "p99" | "p99.9" | "max" | "errors" | "rate-held";
