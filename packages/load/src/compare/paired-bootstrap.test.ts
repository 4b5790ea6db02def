import { expect, test } from "vitest";
import { createRandom } from "../generator/random.ts";
import { bootstrapMedian, medianOf } from "./paired-bootstrap.ts";

const random = createRandom(7);
const values = Array.from({ length: 41 }, () => Math.exp(2 * random()));

test("the interval is that of drawn resamples, without drawing", () => {
  const draws = 20_000;
  const medians = Array.from({ length: draws }, () => medianOf(values.map(() => values[Math.floor(random() * values.length)] ?? 0))).sort(
    (a, b) => a - b,
  );
  const drawn = { low: medians[draws * 0.05] ?? 0, high: medians[draws * 0.95] ?? 0 };
  const { low, high, median, error } = bootstrapMedian(values, { confidence: 0.9 });
  // A value beside it at most: the drawn percentile falls on one of the two.
  const places = [...values].sort((a, b) => a - b);
  expect(Math.abs(places.indexOf(low) - places.indexOf(drawn.low))).toBeLessThanOrEqual(1);
  expect(Math.abs(places.indexOf(high) - places.indexOf(drawn.high))).toBeLessThanOrEqual(1);
  const mean = medians.reduce((sum, each) => sum + each, 0) / draws;
  const spread = Math.sqrt(medians.reduce((sum, each) => sum + (each - mean) ** 2, 0) / draws);
  expect(error / spread).toBeCloseTo(1, 1);
  expect(median).toBe(medianOf(values));
});

test("more confidence is a wider interval, and both ends lie as far from the middle", () => {
  const even = Array.from({ length: 40 }, (_, index) => index);
  const narrow = bootstrapMedian(even, { confidence: 0.9 });
  const wide = bootstrapMedian(even, { confidence: 0.9999 });
  expect(narrow.median).toBe(19.5);
  expect(wide.low).toBeLessThan(narrow.low);
  expect(wide.high).toBeGreaterThan(narrow.high);
  for (const { low, high } of [narrow, wide]) expect(19.5 - low).toBe(high - 19.5);
});

test("one value is its own interval", () => {
  expect(bootstrapMedian([3], { confidence: 0.99 })).toEqual({ median: 3, low: 3, high: 3, error: 0 });
});
