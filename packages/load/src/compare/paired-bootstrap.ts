import { createRandom } from "../generator/random.ts";

export interface BootstrapResult {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Standard error of the median. */
  readonly error: number;
}

export interface BootstrapOptions {
  /** Two-sided: 0.98 leaves 1 % on either side. */
  readonly confidence: number;
  readonly resamples: number;
  readonly seed: number;
}

/** Percentile bootstrap of the median (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13). `values` must not be empty. */
export function bootstrapMedian(values: readonly number[], { confidence, resamples, seed }: BootstrapOptions): BootstrapResult {
  const random = createRandom(seed);
  const size = values.length;
  const drawn = new Float64Array(size);
  const medians = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample++) {
    // The position is below the length.
    for (let at = 0; at < size; at++) drawn[at] = values[Math.floor(random() * size)]!;
    drawn.sort();
    medians[sample] = medianOfSorted(drawn);
  }
  medians.sort();
  const tail = (1 - confidence) / 2;
  const at = (fraction: number) => medians[Math.min(resamples - 1, Math.max(0, Math.round(fraction * (resamples - 1))))] ?? Number.NaN;
  const mean = medians.reduce((sum, value) => sum + value, 0) / resamples;
  const variance = medians.reduce((sum, value) => sum + (value - mean) ** 2, 0) / resamples;
  return { median: medianOf(values), low: at(tail), high: at(1 - tail), error: Math.sqrt(variance) };
}

export function medianOf(values: readonly number[]): number {
  return medianOfSorted(Float64Array.from(values).sort());
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
