import { expect, test } from "vitest";
import { createHistogram, percentileMs } from "./log-linear-histogram.ts";

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

function randomValues(count: number): number[] {
  let state = 7;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(1.5 ** ((state / 2_147_483_648) * 50));
  });
}

test("every percentile of values from 1 us to 10 minutes is within 0.8 % of the exact one", () => {
  const values = randomValues(50_000);
  const histogram = createHistogram();
  for (const value of values) histogram.record(value);
  const exact = sorted(values);
  for (const fraction of [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
    const truth = exact[Math.max(0, Math.ceil(fraction * exact.length) - 1)] ?? 0;
    expect(Math.abs(histogram.percentile(fraction) - truth)).toBeLessThanOrEqual(Math.max(1, truth / 128));
  }
});

test("two histograms merged tell the same as one that saw all", () => {
  const values = randomValues(2_000);
  const whole = createHistogram();
  const parts = [createHistogram(), createHistogram()];
  values.forEach((value, index) => {
    whole.record(value);
    parts[index % 2]?.record(value);
  });
  const merged = createHistogram();
  for (const part of parts) merged.merge(part.snapshot());
  expect(merged.snapshot()).toEqual(whole.snapshot());
});

test("what lies outside a microsecond and an hour counts at the nearest end", () => {
  const histogram = createHistogram();
  histogram.record(-5);
  histogram.record(1e15);
  expect(histogram.snapshot()).toMatchObject({ count: 2, minUs: 0, maxUs: 3_600_000_000 });
});

test("an empty histogram has no percentile", () => {
  const histogram = createHistogram();
  expect(histogram.percentile(0.5)).toBeNaN();
  expect(percentileMs(histogram.snapshot(), 0.5)).toBeUndefined();
});
