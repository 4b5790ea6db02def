import type { HealthCheck } from "@dojang/model";
import { expect, test } from "vitest";
import { freshTally, nextProbeDelayMs, tallyProbe } from "./health-tally.ts";

const check: HealthCheck = { probe: { kind: "tcp", port: 1 }, intervalMs: 5_000, timeoutMs: 1_000, retries: 3, startPeriodMs: 0 };

/** The state after probes that ended at these times. */
function after(probes: readonly [sinceStartMs: number, passed: boolean][], overrides: Partial<HealthCheck> = {}) {
  return probes.reduce(
    (tally, [sinceStartMs, passed]) => tallyProbe(tally, { ...check, ...overrides }, { sinceStartMs, passed }),
    freshTally,
  );
}

test("one success makes it healthy, whatever came before", () => {
  expect(
    after([
      [100, false],
      [200, true],
    ]).state,
  ).toBe("healthy");
});

test("quick failures before the first success cost no retry until a whole interval has passed", () => {
  const quick = Array.from({ length: 40 }, (_value, index): [number, boolean] => [index * 100, false]);
  expect(after(quick)).toMatchObject({ state: "starting", failures: 0 });
  expect(
    after([
      [5_000, false],
      [5_100, false],
      [10_000, false],
    ]),
  ).toMatchObject({ state: "starting", failures: 2 });
  expect(
    after([
      [5_000, false],
      [10_000, false],
      [15_000, false],
    ]).state,
  ).toBe("unhealthy");
});

test("failures in the start period do not count", () => {
  expect(
    after(
      [
        [5_000, false],
        [10_000, false],
        [15_000, false],
      ],
      { startPeriodMs: 60_000 },
    ).state,
  ).toBe("starting");
});

test("a healthy service becomes unhealthy after its retries in a row, and healthy again by one success", () => {
  const failing: [number, boolean][] = [
    [100, true],
    [5_100, false],
    [10_100, false],
  ];
  expect(after(failing).state).toBe("healthy");
  expect(after([...failing, [15_100, false]]).state).toBe("unhealthy");
  expect(after([...failing, [15_100, false], [20_100, true]]).state).toBe("healthy");
});

test("probes come quickly at first, never more rarely than asked, and at the interval once healthy", () => {
  expect(nextProbeDelayMs(freshTally, check, 0)).toBe(50);
  expect(nextProbeDelayMs(freshTally, check, 30)).toBe(1_000);
  expect(nextProbeDelayMs(freshTally, { ...check, intervalMs: 20 }, 0)).toBe(20);
  expect(nextProbeDelayMs({ ...freshTally, state: "healthy" }, check, 1)).toBe(5_000);
});
