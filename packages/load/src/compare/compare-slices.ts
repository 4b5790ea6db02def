import type { Comparison, ComparisonMetric, ComparisonVerdict, MetricComparison, Slice, SlicePair } from "./comparison.ts";
import { bootstrapMedian, medianOf } from "./paired-bootstrap.ts";

/**
 * When it is looked at, and when it is enough. Each look at each metric could raise a false alarm, so the 2 % that all may raise
 * together are shared out (Bonferroni): half to the whole, half to single requests where they are compared, each evenly.
 */
export const comparisonLooks: readonly number[] = [40, 80, 120, 160];
const falseAlarms = 0.02;

/** A difference below it is not worth blocking a change. */
const leastEffects: Readonly<Record<ComparisonMetric, number>> = { "cpu-per-request": 0.03, p50: 0.03, p75: 0.03, p95: 0.1 };
const metrics: readonly ComparisonMetric[] = ["cpu-per-request", "p50", "p75", "p95"];
const leastPairs = 16;
/** Fewer requests in a slice have no 95th percentile worth the name. */
const leastPerSlice: Readonly<Record<ComparisonMetric, number>> = { "cpu-per-request": 5, p50: 5, p75: 8, p95: 20 };

export interface CompareOptions {
  /** How often the growing pairs are looked at, this time included; as often as `comparisonLooks` says when absent. */
  readonly looks?: number;
  /** Reasons for which the figures say nothing: the generator was the limit. */
  readonly invalid?: readonly string[];
  /** Metrics of single requests too, by name. */
  readonly requests?: readonly string[];
}

export function compareSlices(pairs: readonly SlicePair[], options: CompareOptions = {}): Comparison {
  const { looks = comparisonLooks.length, invalid = [], requests = [] } = options;
  const reasons = [...invalid, ...(pairs.length < leastPairs ? [`${pairs.length} pairs of slices are fewer than ${leastPairs}`] : [])];
  const ofRequests = metrics.filter((metric) => metric !== "cpu-per-request");
  const share = falseAlarms / looks / (requests.length === 0 ? 1 : 2);
  const compared = ["", ...requests].flatMap((request) => {
    const own = request === "" ? metrics : ofRequests;
    const confidence = 1 - share / (own.length * (request === "" ? 1 : requests.length));
    return own.flatMap((metric) => compareMetric(pairs, { metric, request, confidence, invalid: reasons.length > 0 }) ?? []);
  });
  return { verdict: overall(compared, reasons), metrics: compared, pairs: pairs.length, invalid: reasons };
}

/** Whether more pairs could still change the verdict: asked at each look. */
export function isDecided({ metrics: compared, verdict }: Comparison): boolean {
  return verdict === "slower" || (compared.length > 0 && compared.every((each) => each.verdict === "same" || each.verdict === "faster"));
}

interface MetricOptions {
  readonly metric: ComparisonMetric;
  readonly request: string;
  readonly confidence: number;
  readonly invalid: boolean;
}

function compareMetric(pairs: readonly SlicePair[], { metric, request, confidence, invalid }: MetricOptions): MetricComparison | undefined {
  const figures = pairs.flatMap(({ base, change }) => {
    const before = figure(base, metric, request);
    const after = figure(change, metric, request);
    return before === undefined || after === undefined ? [] : [{ before, after }];
  });
  if (figures.length < leastPairs) return undefined;
  const logs = figures.map(({ before, after }) => Math.log(after / before));
  const { median, low, high, error } = bootstrapMedian(logs, { confidence });
  const verdict = invalid ? "invalid" : judge({ median, low, high, least: leastEffects[metric] });
  const odd = medianOf(figures.filter((_, index) => index % 2 === 1).map(({ before }) => before));
  const even = medianOf(figures.filter((_, index) => index % 2 === 0).map(({ before }) => before));
  const comparison = {
    metric,
    ...(request === "" ? {} : { request }),
    verdict,
    ratio: Math.exp(median),
    interval: [Math.exp(low), Math.exp(high)] as const,
    confidence,
    pairs: figures.length,
    // The interval's side plus the 0.84 standard errors that 80 % power ask for.
    smallestDetectable: Math.max(1 + leastEffects[metric], Math.exp((high - low) / 2 + 0.84 * error)),
    baseNoise: odd / even,
  };
  return { ...comparison, words: describe(comparison) };
}

function figure(slice: Slice, metric: ComparisonMetric, request: string): number | undefined {
  const latency = slice.latencies[request];
  if (latency === undefined || latency.completed < leastPerSlice[metric]) return undefined;
  const value =
    metric === "cpu-per-request" ? slice.cpuUsPerRequest : { p50: latency.p50Us, p75: latency.p75Us, p95: latency.p95Us }[metric];
  return value !== undefined && value > 0 ? value : undefined;
}

function judge({ median, low, high, least }: { median: number; low: number; high: number; least: number }): ComparisonVerdict {
  const worth = Math.log(1 + least);
  if (low > 0 && median >= worth) return "slower";
  if (high < 0 && median <= -worth) return "faster";
  return low > -worth && high < worth ? "same" : "inconclusive";
}

function overall(compared: readonly MetricComparison[], reasons: readonly string[]): ComparisonVerdict {
  if (reasons.length > 0 || compared.length === 0) return "invalid";
  for (const verdict of ["slower", "inconclusive", "faster"] as const) {
    if (compared.some((each) => each.verdict === verdict)) return verdict;
  }
  return "same";
}

function describe({ metric, request, ratio, interval, confidence }: Omit<MetricComparison, "words" | "verdict">): string {
  const what = metric === "cpu-per-request" ? "CPU per request" : metric;
  const percent = Math.floor(confidence * 1000) / 10;
  const [low, high] = interval;
  return `${what}${request === undefined ? "" : ` of ${request}`} is ${ratio.toFixed(2)}x the base, ${percent} % interval ${low.toFixed(2)}-${high.toFixed(2)}`;
}
