import type { HealthCheck } from "@dojang/model";

/**
 * Docker's rules for one service, as a pure fold: a success makes it healthy at once; failures in the start period do
 * not count; after it, `retries` failures in a row make it unhealthy.
 *
 * Probing is quicker than the interval until the first success, so that an environment is ready when its services are.
 * A quick failure counts only when a whole interval has passed since the last that counted, so quickness costs no retry.
 */
export interface HealthTally {
  readonly state: "starting" | "healthy" | "unhealthy";
  readonly failures: number;
  readonly lastCountedMs: number;
}

export const freshTally: HealthTally = { state: "starting", failures: 0, lastCountedMs: 0 };

/** `sinceStartMs` is when the probe ended, counted from the start of the process. */
export function tallyProbe(
  tally: HealthTally,
  check: HealthCheck,
  probe: { readonly passed: boolean; readonly sinceStartMs: number },
): HealthTally {
  if (probe.passed) return { state: "healthy", failures: 0, lastCountedMs: probe.sinceStartMs };
  const inStartPeriod = tally.state === "starting" && probe.sinceStartMs < check.startPeriodMs;
  const tooSoon = tally.state === "starting" && probe.sinceStartMs - tally.lastCountedMs < check.intervalMs;
  if (inStartPeriod || tooSoon) return tally;
  const failures = tally.failures + 1;
  const state = failures >= check.retries ? "unhealthy" : tally.state;
  return { state, failures, lastCountedMs: probe.sinceStartMs };
}

const quickestMs = 50;

/** Pause before the next probe: short at first, growing to the interval; the interval itself once it was healthy. */
export function nextProbeDelayMs(tally: HealthTally, check: HealthCheck, probesSoFar: number): number {
  if (tally.state !== "starting") return check.intervalMs;
  return Math.min(check.intervalMs, quickestMs * 1.3 ** Math.min(probesSoFar, 30), 1_000);
}
