import { expect, test } from "vitest";
import { createRandom } from "../generator/random.ts";
import { compareSlices, comparisonLooks, isDecided } from "./compare-slices.ts";
import type { Slice, SlicePair } from "./comparison.ts";

/** Pairs on a machine that drifts by half during the run, with 17 % noise from slice to slice, as was measured on an idle one. */
function pairs(count: number, { slowdown, seed, noise = 0.17 }: { slowdown: number; seed: number; noise?: number }): readonly SlicePair[] {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, (_, index) => {
    const drift = 1 + 0.5 * (index / count);
    const slice = (arm: Slice["arm"], factor: number): Slice => {
      const level = drift * factor * Math.exp(noise * normal());
      const latency = {
        completed: 50,
        errors: 0,
        p50Us: 900 * level,
        p75Us: 1400 * level,
        p95Us: 5000 * level * Math.exp(noise * normal()),
      };
      return { arm, startedAt: index * 500, durationMs: 250, cpuUsPerRequest: 700 * level, latencies: { "": latency, "GET /": latency } };
    };
    return { base: slice("base", 1), change: slice("change", slowdown) };
  });
}

/** As it is done: looked at each time, and ended when it is decided. */
function lookedAt(slowdown: number, seed: number): string {
  const all = pairs(comparisonLooks.at(-1) ?? 0, { slowdown, seed });
  const looks = comparisonLooks.map((count) => compareSlices(all.slice(0, count)));
  return (looks.find(isDecided) ?? looks.at(-1))?.verdict ?? "";
}

const verdicts = (slowdown: number) => Array.from({ length: 50 }, (_, seed) => lookedAt(slowdown, seed + 1));

test("of 50 comparisons of equal versions at most 3 say slower", () => {
  expect(verdicts(1).filter((verdict) => verdict === "slower").length).toBeLessThanOrEqual(3);
});

test("of 50 comparisons with a slowdown of 15 % at least 45 say slower", () => {
  expect(verdicts(1.15).filter((verdict) => verdict === "slower").length).toBeGreaterThanOrEqual(45);
});

test("equal versions are rarely slower with many requests to compare either: the false alarms of all are shared out", () => {
  const names = Array.from({ length: 12 }, (_, index) => `GET /${index}`);
  const slower = Array.from({ length: 50 }, (_, seed) => {
    const all = names.map((_name, index) => pairs(80, { slowdown: 1, seed: seed * 100 + index + 1 }));
    // Each request has a noise of its own.
    const joined = (all[0] ?? []).map(({ base, change }, row) => ({
      base: { ...base, latencies: { ...base.latencies, ...ofAll(all, row, "base") } },
      change: { ...change, latencies: { ...change.latencies, ...ofAll(all, row, "change") } },
    }));
    return compareSlices(joined, { requests: names }).verdict === "slower";
  });
  expect(slower.filter(Boolean).length).toBeLessThanOrEqual(3);
});

function ofAll(all: readonly (readonly SlicePair[])[], row: number, arm: Slice["arm"]): Slice["latencies"] {
  return Object.fromEntries(
    all.flatMap((own, index) => {
      const latency = own[row]?.[arm].latencies[""];
      return latency === undefined ? [] : [[`GET /${index}`, latency]];
    }),
  );
}

test("a change that is a quarter faster is faster, and the words say by how much", () => {
  const comparison = compareSlices(pairs(160, { slowdown: 0.75, seed: 4 }));
  expect(comparison.verdict).toBe("faster");
  expect(comparison.metrics[0]?.words).toMatch(/^CPU per request is 0\.7\dx the base, 99\.8 % interval 0\.\d\d-0\.\d\d$/);
});

test("a slowdown below what is worth blocking is not called slower, however sure it is", () => {
  const comparison = compareSlices(pairs(160, { slowdown: 1.02, seed: 2, noise: 0.005 }));
  expect(comparison.metrics.find((each) => each.metric === "p50")).toMatchObject({ verdict: "same" });
  expect(comparison.verdict).not.toBe("slower");
});

test("equal versions on a quiet machine are the same, and no more pairs are needed", () => {
  const comparison = compareSlices(pairs(80, { slowdown: 1, seed: 9, noise: 0.01 }));
  expect(comparison.verdict).toBe("same");
  expect(isDecided(comparison)).toBe(true);
});

test("noise that hides the answer is inconclusive, and the smallest slowdown it could have shown is told", () => {
  const comparison = compareSlices(pairs(40, { slowdown: 1.05, seed: 5, noise: 0.4 }));
  expect(comparison.verdict).toBe("inconclusive");
  expect(isDecided(comparison)).toBe(false);
  for (const metric of comparison.metrics) expect(metric.smallestDetectable).toBeGreaterThan(1.1);
});

test("single requests are compared by their names", () => {
  const { metrics } = compareSlices(pairs(80, { slowdown: 1.5, seed: 1 }), { requests: ["GET /"] });
  expect(metrics.find((each) => each.request === "GET /" && each.metric === "p95")?.words).toMatch(/^p95 of GET \/ is 1\.[3-7]\dx/);
});

test("a generator at its limit makes everything invalid, whatever the figures say", () => {
  const comparison = compareSlices(pairs(80, { slowdown: 2, seed: 1 }), { invalid: ["its clock was late"] });
  expect(comparison).toMatchObject({ verdict: "invalid", invalid: ["its clock was late"] });
  expect(comparison.metrics.every((each) => each.verdict === "invalid")).toBe(true);
});

test("too few pairs, or slices with too few requests, are invalid and never a verdict", () => {
  expect(compareSlices(pairs(10, { slowdown: 2, seed: 1 })).verdict).toBe("invalid");
  const thin = pairs(80, { slowdown: 2, seed: 1 }).map(({ base, change }) => ({ base: thinned(base), change: thinned(change) }));
  expect(compareSlices(thin).verdict).toBe("invalid");
});

function thinned(slice: Slice): Slice {
  const latency = slice.latencies[""];
  return { ...slice, latencies: latency === undefined ? {} : { "": { ...latency, completed: 2 } } };
}
