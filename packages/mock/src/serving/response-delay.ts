import type { GlobalSettings } from "../contract.ts";
import type { DelayDistribution, ResponseDefinition } from "../mapping/stub-mapping.ts";

/** The response's fixed delay, else the global one, plus a sample of the response's distribution, else of the global one. */
export function delayOf(response: ResponseDefinition, settings: GlobalSettings): number {
  const fixed = response.fixedDelayMilliseconds ?? settings.fixedDelay ?? 0;
  const distribution = response.delayDistribution ?? settings.delayDistribution;
  return Math.max(0, fixed) + (distribution === undefined ? 0 : sampleDelay(distribution));
}

/** Whole milliseconds, not below 0. `random` gives numbers from 0 to below 1. */
export function sampleDelay(distribution: DelayDistribution, random: () => number = Math.random): number {
  switch (distribution.type) {
    case "fixed":
      return Math.max(0, distribution.milliseconds);
    case "uniform":
      return Math.max(0, distribution.lower + Math.floor(random() * (distribution.upper - distribution.lower + 1)));
    case "lognormal":
      return sampleLogNormal(distribution, random);
  }
}

/** Drawn again a few times where it exceeds the maximum, so that the maximum itself does not become frequent. */
function sampleLogNormal(distribution: Extract<DelayDistribution, { type: "lognormal" }>, random: () => number): number {
  const { median, sigma, maxValue } = distribution;
  const draw = (): number => Math.round(Math.exp(normal(random) * sigma) * median);
  let sample = draw();
  if (maxValue === undefined) return sample;
  for (let attempt = 0; sample > maxValue && attempt < 10; attempt++) sample = draw();
  return Math.round(Math.min(maxValue, sample));
}

/** Box and Muller. 1 - random() is never 0, whose logarithm is infinite. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Waits, or returns early when the signal aborts. */
export function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(delayMs, longestTimerMs));
    signal.addEventListener("abort", done, { once: true });
  });
}

/** Chunks as WireMock cuts them: equal ones, the last takes the rest. */
export function dribbleChunks(body: Buffer, numberOfChunks: number): readonly Buffer[] {
  const count = Math.max(1, Math.min(numberOfChunks, body.length));
  const size = Math.floor(body.length / count);
  return Array.from({ length: count }, (_, index) => body.subarray(index * size, index === count - 1 ? body.length : (index + 1) * size));
}

/** A timer above it fires at once. */
const longestTimerMs = 2_147_483_647;
