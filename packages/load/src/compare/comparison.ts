/**
 * Is the change slower than its base? Both run at once and take turns of 250 ms in random order; each pair of neighbouring slices
 * gives one log ratio, whose median and 98 % bootstrap interval decide. See docs/decisions on what was measured.
 */
export interface Slice {
  readonly arm: "base" | "change";
  readonly startedAt: number;
  readonly requests: number;
  /** Of all services of the arm while the slice ran, per completed request. */
  readonly cpuUsPerRequest: number;
  readonly p50Us: number;
  readonly p75Us: number;
  readonly p95Us: number;
}

export type ComparisonMetric = "cpu-per-request" | "p50" | "p75" | "p95";

export type ComparisonVerdict = "slower" | "faster" | "same" | "inconclusive" | "invalid";

export interface MetricComparison {
  readonly metric: ComparisonMetric;
  /** Request name; all when absent. */
  readonly request?: string;
  readonly verdict: ComparisonVerdict;
  /** change / base. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly confidence: number;
  readonly pairs: number;
  /** The smallest slowdown this many slices could have shown: 1.06 is 6 %. */
  readonly smallestDetectable: number;
  /** Ratio of the base's odd to its even slices: the noise of the machine itself. */
  readonly baseNoise: number;
  /** "p95 of POST /todos is 1.31x the base, 98 % interval 1.22-1.41" */
  readonly words: string;
}
