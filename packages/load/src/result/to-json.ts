import { percentileMs } from "../histogram/log-linear-histogram.ts";
import type { LoadResult, RequestTotals } from "./load-result.ts";

/** The result as plain JSON for machines: percentiles in ms instead of buckets, samples left out unless asked for. `version` grows when a field changes its meaning. */
export function resultToJson(result: LoadResult, { samples = false } = {}): unknown {
  const { plan, generator } = result;
  return {
    version: 1,
    verdict: result.verdict,
    profile: plan.profile,
    model: plan.traffic.model,
    target: `${plan.target.scheme}://${plan.target.host}:${plan.target.port}`,
    startedAt: new Date(result.startedAt).toISOString(),
    durationMs: Math.round(result.durationMs),
    ...totalsJson(result.totals, result.durationMs),
    requests: result.requests.map((request) => ({ name: request.name, ...totalsJson(request, result.durationMs) })),
    objectives: result.objectives.map(({ objective, seen, held }) => ({ ...objective, seen: Number.isNaN(seen) ? null : seen, held })),
    ...(result.highestRateHeld === undefined ? {} : { highestRateHeld: result.highestRateHeld }),
    ...(result.script === undefined ? {} : { script: result.script }),
    generator: {
      cpu: generator.cpu,
      lagMs: { p50: percentileMs(generator.lag, 0.5), p99: percentileMs(generator.lag, 0.99) },
      connectionsPeak: generator.connectionsPeak,
      limits: generator.limits,
    },
    series: result.series,
    ...(samples ? { samples: samplesJson(result) } : {}),
  };
}

function totalsJson(totals: RequestTotals, durationMs: number) {
  const { asked, completed, bytesIn, bytesOut, statuses, errors, latency } = totals;
  return {
    asked,
    completed,
    perSecond: durationMs > 0 ? completed / (durationMs / 1000) : 0,
    bytesIn,
    bytesOut,
    statuses,
    errors,
    latencyMs: percentiles(latency),
    serviceTimeMs: percentiles(totals.serviceTime),
  };
}

function percentiles(snapshot: RequestTotals["latency"]) {
  if (snapshot.count === 0) return null;
  const at = (fraction: number) => percentileMs(snapshot, fraction);
  return {
    mean: snapshot.sumUs / snapshot.count / 1000,
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    max: snapshot.maxUs / 1000,
  };
}

function samplesJson({ samples }: LoadResult) {
  return {
    of: samples.of,
    atMs: Array.from(samples.atMs, (value) => Math.round(value * 1000) / 1000),
    latencyUs: Array.from(samples.latencyUs),
    status: Array.from(samples.status),
    request: Array.from(samples.request),
    error: Array.from(samples.error),
    requestIds: Object.fromEntries(samples.requestIds),
  };
}
