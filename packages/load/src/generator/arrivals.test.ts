import { expect, test } from "vitest";
import type { Stage } from "../plan/load-plan.ts";
import { createArrivals } from "./arrivals.ts";
import { createRandom } from "./random.ts";

const alone = { thread: 0, of: 1 };

function times(
  stages: readonly Stage[],
  options: { arrivals?: "even" | "poisson"; share?: { thread: number; of: number } } = {},
): number[] {
  const arrivals = createArrivals(stages, { arrivals: "even", share: alone, random: createRandom(3), ...options });
  const all: number[] = [];
  for (let at = arrivals.next(); at !== undefined; at = arrivals.next()) all.push(at);
  return all;
}

test("a steady rate starts requests evenly, the first at once", () => {
  expect(times([{ fromPerSecond: 10, toPerSecond: 10, forMs: 1000 }])).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
});

test("a ramp starts as many as the area below it, closer and closer", () => {
  const all = times([{ fromPerSecond: 0, toPerSecond: 100, forMs: 2000 }]);
  expect(all).toHaveLength(100);
  const gaps = all.slice(1).map((at, index) => at - (all[index] ?? 0));
  expect(gaps.every((gap, index) => index === 0 || gap < (gaps[index - 1] ?? 0))).toBe(true);
  expect(all.filter((at) => at < 1000)).toHaveLength(25);
});

test("the rate falls as evenly as it rose", () => {
  const up = times([{ fromPerSecond: 20, toPerSecond: 120, forMs: 1000 }]);
  const down = times([{ fromPerSecond: 120, toPerSecond: 20, forMs: 1000 }]);
  expect(down).toHaveLength(up.length);
  expect(down.filter((at) => at < 500)).toHaveLength(48);
});

test("stages follow each other without a gap or a doubled arrival", () => {
  const all = times([
    { fromPerSecond: 50, toPerSecond: 50, forMs: 100 },
    { fromPerSecond: 1000, toPerSecond: 1000, forMs: 10 },
    { fromPerSecond: 50, toPerSecond: 50, forMs: 100 },
  ]);
  expect(all).toHaveLength(20);
  expect(all.toSorted((a, b) => a - b)).toEqual(all);
  expect(all.filter((at) => at >= 100 && at < 110)).toHaveLength(10);
});

test("threads share the arrivals of one: together the same times", () => {
  const stages = [{ fromPerSecond: 10, toPerSecond: 500, forMs: 1500 }];
  const together = [0, 1, 2].flatMap((thread) => times(stages, { share: { thread, of: 3 } })).sort((a, b) => a - b);
  expect(together).toEqual(times(stages));
});

test("poisson arrivals have the asked rate, and gaps as wide as their mean", () => {
  const all = times([{ fromPerSecond: 1000, toPerSecond: 1000, forMs: 20_000 }], { arrivals: "poisson" });
  expect(Math.abs(all.length - 20_000)).toBeLessThan(600);
  const gaps = all.slice(1).map((at, index) => at - (all[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  expect(deviation / mean).toBeGreaterThan(0.95);
  expect(deviation / mean).toBeLessThan(1.05);
});

test("a rate of nothing starts nothing", () => {
  expect(times([{ fromPerSecond: 0, toPerSecond: 0, forMs: 1000 }])).toEqual([]);
});

test("what was asked until a time is the area until then", () => {
  const arrivals = createArrivals([{ fromPerSecond: 0, toPerSecond: 100, forMs: 2000 }], {
    arrivals: "even",
    share: alone,
    random: () => 0,
  });
  expect(arrivals.askedUntil(1000)).toBeCloseTo(25);
  expect(arrivals.askedUntil(9000)).toBeCloseTo(100);
});
