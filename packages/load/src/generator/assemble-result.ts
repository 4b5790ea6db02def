import type { HistogramSnapshot } from "../histogram/histogram.ts";
import { createHistogram, percentileMs } from "../histogram/log-linear-histogram.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import { findHeldRate } from "../result/find-held-rate.ts";
import { generatorLimits, type Judged, judgeObjectives, verdictOf } from "../result/judge-load.ts";
import type { LoadResult, RequestTotals, Samples, SecondOfTraffic } from "../result/load-result.ts";
import { requestNames, withNames } from "../scenario/scenario.ts";
import { mergeScriptFacts } from "../script/script-facts.ts";
import { plannedRequests } from "./abort-rule.ts";
import { idsOfRows, type SampleColumns } from "./sample-columns.ts";
import type { TrafficEnd, TrafficSecond } from "./traffic.ts";
import type { RequestFacts } from "./traffic-recorder.ts";

/** One second over all threads: what is shown, and what is judged. */
export interface MergedSecond extends SecondOfTraffic {
  readonly latency: HistogramSnapshot;
  /** Of requests: those of the plan, or what a script has asked until now. */
  readonly names: readonly string[];
  /** By request name; all when undefined. */
  readonly of: (request: string | undefined) => Judged;
}

export function mergeSecond(parts: readonly TrafficSecond[], cpu: readonly number[], names: readonly string[] = []): MergedSecond {
  const latency = merged(parts.map((part) => part.latency));
  const whole = {
    asked: sum(parts, (part) => part.asked),
    completed: sum(parts, (part) => part.completed),
    errors: sum(parts, (part) => part.errors),
    latency,
  };
  const ofRequest = (name: string): Judged => {
    // Of a script each thread has its own order of names.
    const found = parts.flatMap((part) => part.requests[(part.names ?? names).indexOf(name)] ?? []);
    return {
      asked: sum(found, (request) => request.asked),
      completed: sum(found, (request) => request.completed),
      errors: sum(found, (request) => request.errors),
      latency: merged(found.map((request) => request.latency)),
    };
  };
  return {
    at: parts[0]?.at ?? 0,
    asked: whole.asked,
    started: sum(parts, (part) => part.started),
    completed: whole.completed,
    errors: whole.errors,
    inFlight: sum(parts, (part) => part.inFlight),
    waiting: sum(parts, (part) => part.waiting),
    connections: sum(parts, (part) => part.connections),
    p50: percentileMs(latency, 0.5),
    p90: percentileMs(latency, 0.9),
    p99: percentileMs(latency, 0.99),
    max: latency.count === 0 ? undefined : latency.maxUs / 1000,
    lagMs: Math.max(0, ...parts.map((part) => part.lagMs)),
    generatorCpu: Math.max(0, ...cpu),
    latency,
    names: [...new Set(parts.flatMap((part) => part.names ?? names))],
    of: (request) => (request === undefined ? whole : ofRequest(request)),
  };
}

export interface Assembly {
  readonly plan: LoadPlan;
  readonly ends: readonly TrafficEnd[];
  readonly seconds: readonly MergedSecond[];
  readonly startedAt: number;
  readonly aborted: string | undefined;
  /** From outside, not by an objective. */
  readonly interrupted: boolean;
}

export function assembleResult({ plan: planned, ends, seconds, startedAt, aborted, interrupted }: Assembly): LoadResult {
  const plan = withNames(planned, [...new Set(ends.flatMap((end) => end.names ?? []))]);
  const names = requestNames(plan.scenario);
  const requests = names.map((name, index) => ({
    name,
    ...totals(ends.flatMap((end) => end.facts.requests[end.names === undefined ? index : end.names.indexOf(name)] ?? [])),
  }));
  const all = totals(requests);
  const lag = merged(ends.map((end) => end.facts.lag));
  const health = {
    lag,
    cpu: median(seconds.map((second) => second.generatorCpu)),
    connectionsPeak: sum(ends, (end) => end.connectionsPeak),
    portsExhausted: all.errors["no-port"] ?? 0,
  };
  const limits = generatorLimits(plan, health, all, aborted === undefined ? plannedRequests(plan) : 0);
  const judged = (request: string | undefined): Judged => {
    const found = request === undefined ? all : requests.find((each) => each.name === request);
    return { asked: found?.asked ?? 0, completed: found?.completed ?? 0, errors: errorCount(found), latency: found?.latency ?? merged([]) };
  };
  const objectives = judgeObjectives(plan, judged);
  const isRamp = plan.profile === "stress" || plan.profile === "breakpoint";
  const highestRateHeld = isRamp ? findHeldRate(seconds, plan.objectives) : undefined;
  return {
    plan,
    startedAt,
    durationMs: Math.max(0, ...ends.map((end) => end.durationMs)),
    verdict: verdictOf({ objectives, limits, completed: all.completed, aborted, interrupted, heldPerSecond: highestRateHeld?.perSecond }),
    totals: all,
    requests,
    series: seconds.map(({ latency: _latency, names: _names, of: _of, ...second }) => second),
    samples: joinSamples(ends.map((end) => renumbered(end, names))),
    generator: { ...health, limits },
    objectives,
    ...(highestRateHeld === undefined ? {} : { highestRateHeld }),
    ...(plan.scenario.module === undefined ? {} : { script: mergeScriptFacts(ends.flatMap((end) => end.script ?? [])) }),
  };
}

/** The samples of a thread with the numbers that requests have in the whole. */
function renumbered({ names, facts }: TrafficEnd, all: readonly string[]): SampleColumns {
  if (names === undefined) return facts.samples;
  const numbers = names.map((name) => all.indexOf(name));
  return { ...facts.samples, request: facts.samples.request.map((request) => numbers[request] ?? 0) };
}

function totals(parts: readonly (RequestFacts | RequestTotals)[]): RequestTotals {
  return {
    asked: sum(parts, (part) => part.asked),
    completed: sum(parts, (part) => part.completed),
    bytesIn: sum(parts, (part) => part.bytesIn),
    bytesOut: sum(parts, (part) => part.bytesOut),
    latency: merged(parts.map((part) => part.latency)),
    serviceTime: merged(parts.map((part) => part.serviceTime)),
    statuses: addUp(parts.map((part) => part.statuses)),
    errors: addUp(parts.map((part) => part.errors)),
  };
}

function errorCount(totals: RequestTotals | undefined): number {
  return Object.values(totals?.errors ?? {}).reduce((total, times) => total + times, 0);
}

function joinSamples(parts: readonly SampleColumns[]): Samples {
  const count = sum(parts, (part) => part.count);
  const joined = {
    atMs: new Float64Array(count),
    latencyUs: new Uint32Array(count),
    status: new Uint16Array(count),
    request: new Uint16Array(count),
    error: new Uint8Array(count),
  };
  const requestIds = new Map<number, string>();
  let from = 0;
  for (const part of parts) {
    joined.atMs.set(part.atMs, from);
    joined.latencyUs.set(part.latencyUs, from);
    joined.status.set(part.status, from);
    joined.request.set(part.request, from);
    joined.error.set(part.error, from);
    for (const [row, id] of idsOfRows(part)) requestIds.set(from + row, id);
    from += part.count;
  }
  return { count, of: sum(parts, (part) => part.of), ...joined, requestIds };
}

function merged(snapshots: readonly HistogramSnapshot[]): HistogramSnapshot {
  const histogram = createHistogram();
  for (const snapshot of snapshots) histogram.merge(snapshot);
  return histogram.snapshot();
}

function addUp<Key extends string>(parts: readonly Readonly<Partial<Record<Key, number>>>[]): Record<Key, number> {
  const sums: Partial<Record<Key, number>> = {};
  for (const part of parts) {
    // Keys of a record are those of its type.
    for (const [key, times] of Object.entries(part) as [Key, number][]) sums[key] = (sums[key] ?? 0) + times;
  }
  // A key that was never seen is not read: every reader falls back to 0.
  return sums as Record<Key, number>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
