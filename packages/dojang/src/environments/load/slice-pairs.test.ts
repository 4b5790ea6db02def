import { expect, test } from "vitest";
import { exampleResult } from "./example-result.ts";
import { pairsOf, stagesOf, type Turns } from "./slice-pairs.ts";

const order: readonly Turns[] = [
  ["base", "change"],
  ["change", "base"],
];

test("in its own slices an arm has traffic, in the other's it has none", () => {
  const rates = (arm: "base" | "change") => stagesOf(order, { arm, ratePerSecond: 100 }).map(({ fromPerSecond }) => fromPerSecond);
  expect(rates("base")).toEqual([100, 0, 0, 100]);
  expect(rates("change")).toEqual([0, 100, 100, 0]);
});

test("a slice has the requests that were meant to start in it, of the arm whose turn it was", () => {
  const base = exampleResult([
    { atMs: 0, latencyMs: 4 },
    { atMs: 249, latencyMs: 8, request: 1 },
    // In the turn of the other: not of this slice.
    { atMs: 251, latencyMs: 99 },
    { atMs: 750, latencyMs: 2 },
  ]);
  const change = exampleResult([
    { atMs: 250, latencyMs: 10 },
    { atMs: 500, latencyMs: 20 },
    { atMs: 501, latencyMs: 30, status: 500, error: "status" },
    { atMs: 502, latencyMs: 40, status: 0, error: "timeout" },
  ]);
  const [first, second] = pairsOf(order, { base, change }, { base: [0, 6, 10], change: [100, 101, 105] });
  expect(first?.base.latencies).toMatchObject({
    "": { completed: 2, p50Us: 4000, p95Us: 8000 },
    "GET /a": { completed: 1 },
    "GET /b": { p50Us: 8000 },
  });
  // 6 ms for two answers.
  expect(first?.base.cpuUsPerRequest).toBe(3000);
  expect(first?.change).toMatchObject({ cpuUsPerRequest: 1000, latencies: { "": { completed: 1, errors: 0, p50Us: 10_000 } } });
  expect(second?.base.latencies[""]).toMatchObject({ completed: 1, p50Us: 2000 });
  // An answer that says error was one; a timeout was none.
  expect(second?.change.latencies[""]).toMatchObject({ completed: 2, errors: 2, p50Us: 20_000 });
});

test("without a reading at both ends, or without an answer, a slice has no processor time", () => {
  const some = exampleResult([{ atMs: 0, latencyMs: 1 }]);
  const none = exampleResult([]);
  const [pair] = pairsOf(order, { base: some, change: none }, { base: [1, undefined, 3], change: [1, 2, 3] });
  expect(pair?.base).not.toHaveProperty("cpuUsPerRequest");
  expect(pair?.change).not.toHaveProperty("cpuUsPerRequest");
  expect(pair?.change.latencies[""]?.completed).toBe(0);
});
