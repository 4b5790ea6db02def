/**
 * Is the change slower than its base? Both run at once and take turns of 250 ms, in random order within each pair; the logarithm of
 * each pair's ratio takes the machine's drift out. The median of these and its bootstrap interval decide. Sequential runs, unpaired
 * tests and p99 were measured and gave false alarms or saw nothing: docs/decisions.
 */
export interface Slice {
  readonly arm: Arm;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Of all services of the arm while the slice ran, per completed request. Undefined where CPU time cannot be read. */
  readonly cpuUsPerRequest?: number;
  /** All requests together under "", and each by its name. */
  readonly latencies: Readonly<Record<string, SliceLatency>>;
}

export interface SliceLatency {
  readonly completed: number;
  readonly errors: number;
  readonly p50Us: number;
  readonly p75Us: number;
  readonly p95Us: number;
}

export type Arm = "base" | "change";

/** Two neighbouring slices, one of each arm. */
export interface SlicePair {
  readonly base: Slice;
  readonly change: Slice;
}

export type ComparisonMetric = "cpu-per-request" | "p50" | "p75" | "p95";

/** Only "slower" blocks. */
export type ComparisonVerdict = "slower" | "faster" | "same" | "inconclusive" | "invalid";

export interface MetricComparison {
  readonly metric: ComparisonMetric;
  /** Request name; all when absent. */
  readonly request?: string;
  readonly verdict: ComparisonVerdict;
  /** change / base, of the median pair. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** Of the interval, already corrected for repeated looks and several metrics: 0.99875. */
  readonly confidence: number;
  readonly pairs: number;
  /** The smallest slowdown that so many pairs, as noisy as these, show four times in five: 1.06 is 6 %. */
  readonly smallestDetectable: number;
  /** Median of the base's odd slices over that of its even ones: the machine's own noise. */
  readonly baseNoise: number;
  /** "p95 of POST /todos is 1.31x the base, 98 % interval 1.22-1.41" */
  readonly words: string;
}

export interface Comparison {
  /** "slower" when any metric is; "invalid" when the generator was the limit or too few requests ended. */
  readonly verdict: ComparisonVerdict;
  readonly metrics: readonly MetricComparison[];
  readonly pairs: number;
  readonly invalid: readonly string[];
}
