import { expect, test } from "vitest";
import { createHistogram } from "../histogram/log-linear-histogram.ts";
import type { Objective } from "../plan/load-plan.ts";
import { findHeldRate, type JudgedSecond } from "./find-held-rate.ts";

const p95: Objective = { metric: "p95", limit: 100 };

function second(index: number, { asked, latencyMs }: { asked: number; latencyMs: number }): JudgedSecond {
  const latency = createHistogram();
  for (let each = 0; each < asked; each++) latency.record(latencyMs * 1000);
  const judged = { asked, completed: asked, errors: 0, latency: latency.snapshot() };
  return { at: index * 1000, ...judged, of: () => judged };
}

const ramp = (latencies: readonly number[]) => latencies.map((latencyMs, index) => second(index, { asked: (index + 1) * 10, latencyMs }));

test("the rate held is that of the last good window, and the break has a time and a reason", () => {
  const held = findHeldRate(ramp([5, 5, 5, 5, 5, 500, 500, 500, 500]), [p95]);
  expect(held).toEqual({ perSecond: 40, brokenAt: 3000, brokenBy: p95 });
});

test("one bad second among good ones is a hiccup", () => {
  expect(findHeldRate(ramp([5, 5, 5, 5, 5, 5, 5]), [p95])).toEqual({ perSecond: 60 });
  const hiccup = [5, 5, 5, 5, 5, 5, 5, 5, 5, 5].map((latencyMs, index) =>
    second(index, { asked: index === 4 ? 1 : 40, latencyMs: index === 4 ? 500 : latencyMs }),
  );
  expect(findHeldRate(hiccup, [p95]).brokenAt).toBeUndefined();
});

test("a ramp that never held anything held nothing", () => {
  expect(findHeldRate(ramp([500, 500, 500, 500]), [p95])).toMatchObject({ perSecond: 0, brokenAt: 0 });
});
