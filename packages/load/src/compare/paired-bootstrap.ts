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
}

/**
 * Percentile bootstrap of the median, without drawing: how likely a resample's median is each of the values is a sum of binomial
 * probabilities (Efron, Bootstrap Methods: Another Look at the Jackknife, 1979, section 3). So the far tails that many looks at many
 * metrics ask for are exact. Of an even number of values, the lower end is that of the lower middle one and the upper end that of the
 * upper, which is a little wider. `values` must not be empty.
 */
export function bootstrapMedian(values: readonly number[], { confidence }: BootstrapOptions): BootstrapResult {
  const sorted = Float64Array.from(values).sort();
  const size = sorted.length;
  const tail = (1 - confidence) / 2;
  // The place, from 1, of the middle value; of the lower one when there are two.
  const middle = Math.ceil(size / 2);
  const upTo = Array.from({ length: size + 1 }, (_, place) => atLeast(middle, size, place / size));
  const found = upTo.findIndex((probability) => probability > tail);
  const lowest = Math.max(1, found);
  let mean = 0;
  let square = 0;
  for (let place = 1; place <= size; place++) {
    const probability = (upTo[place] ?? 1) - (upTo[place - 1] ?? 0);
    const value = sorted[place - 1] ?? Number.NaN;
    mean += probability * value;
    square += probability * value * value;
  }
  return {
    median: medianOfSorted(sorted),
    low: sorted[lowest - 1] ?? Number.NaN,
    high: sorted[size - lowest] ?? Number.NaN,
    error: Math.sqrt(Math.max(0, square - mean * mean)),
  };
}

/** The probability of `successes` or more of `trials`, each with probability `p`. */
function atLeast(successes: number, trials: number, p: number): number {
  if (p <= 0) return successes <= 0 ? 1 : 0;
  if (p >= 1) return 1;
  let sum = 0;
  let logChoose = 0;
  for (let count = 0; count <= trials; count++) {
    if (count > 0) logChoose += Math.log((trials - count + 1) / count);
    if (count >= successes) sum += Math.exp(logChoose + count * Math.log(p) + (trials - count) * Math.log(1 - p));
  }
  return Math.min(1, sum);
}

export function medianOf(values: readonly number[]): number {
  return medianOfSorted(Float64Array.from(values).sort());
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
