import type { Histogram, HistogramSnapshot } from "./histogram.ts";

/** Below this a value has a bucket of its own; above it each doubling of the value has `half` buckets. */
const exactBelowUs = 256;
const half = 128;
const longestUs = 3_600_000_000;
const bucketCount = bucketOf(longestUs) + 1;

/** Values outside 0..1 hour are counted at the nearest end. */
export function createHistogram(from?: HistogramSnapshot): Histogram {
  const counts = new Float64Array(bucketCount);
  let count = 0;
  let sumUs = 0;
  let minUs = Number.POSITIVE_INFINITY;
  let maxUs = 0;

  const merge = (other: HistogramSnapshot): void => {
    for (const [bucket, times] of other.buckets) counts[bucket] = (counts[bucket] ?? 0) + times;
    count += other.count;
    sumUs += other.sumUs;
    if (other.count > 0) minUs = Math.min(minUs, other.minUs);
    maxUs = Math.max(maxUs, other.maxUs);
  };
  if (from) merge(from);

  return {
    record(us) {
      const value = us < 0 ? 0 : us > longestUs ? longestUs : Math.round(us);
      const bucket = bucketOf(value);
      // The bucket of a value within bounds exists.
      counts[bucket]!++;
      count++;
      sumUs += value;
      if (value < minUs) minUs = value;
      if (value > maxUs) maxUs = value;
    },
    percentile(fraction) {
      if (count === 0) return Number.NaN;
      const rank = Math.max(1, Math.ceil(fraction * count));
      let seen = 0;
      for (let bucket = 0; bucket < bucketCount; bucket++) {
        seen += counts[bucket] ?? 0;
        if (seen >= rank) return Math.min(maxUs, Math.max(minUs, bucketMiddleUs(bucket)));
      }
      return maxUs;
    },
    get count() {
      return count;
    },
    merge,
    snapshot() {
      const buckets: (readonly [number, number])[] = [];
      for (let bucket = 0; bucket < bucketCount; bucket++) {
        const times = counts[bucket] ?? 0;
        if (times > 0) buckets.push([bucket, times]);
      }
      return { count, sumUs, minUs: count === 0 ? 0 : minUs, maxUs, buckets };
    },
    reset() {
      counts.fill(0);
      count = 0;
      sumUs = 0;
      minUs = Number.POSITIVE_INFINITY;
      maxUs = 0;
    },
  };
}

function bucketOf(us: number): number {
  if (us < exactBelowUs) return us;
  const shift = 24 - Math.clz32(us);
  return exactBelowUs + (shift - 1) * half + (us >>> shift) - half;
}

/** Microseconds in the middle of a bucket of a snapshot. */
export function bucketMiddleUs(bucket: number): number {
  if (bucket < exactBelowUs) return bucket;
  const shift = Math.floor((bucket - exactBelowUs) / half) + 1;
  const lowest = (((bucket - exactBelowUs) % half) + half) * 2 ** shift;
  return lowest + (2 ** shift - 1) / 2;
}

/** Milliseconds, for people and limits. Undefined when nothing was counted. */
export function percentileMs(snapshot: HistogramSnapshot, fraction: number): number | undefined {
  if (snapshot.count === 0) return undefined;
  return createHistogram(snapshot).percentile(fraction) / 1000;
}
