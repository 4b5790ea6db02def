import {
  describeObjective,
  describeTraffic,
  findSaturation,
  type LoadResult,
  loadErrors,
  type MetricPoint,
  metricName,
  packSamples,
  percentileMs,
  requestNames,
} from "@dojang/load";
import type { LoadFacts, LoadMark, LoadTotals, MetricSeries, PackedSamples, SaturationHint } from "../../report/load-facts.ts";
import { generatorName } from "./generator-service.ts";
import type { Measured } from "./measure.ts";
import { scriptHints } from "./script-hints.ts";

export interface LoadFactsOptions {
  readonly job: string;
  readonly result: LoadResult;
  readonly measured: Measured;
  readonly cores: number;
  readonly comparison?: LoadFacts["comparison"];
  readonly earlier?: LoadFacts["earlier"];
}

const mostMarks = 400;
const mostHints = 6;

/** What a report is made from: the result and the figures of the same time, in the plain form that is kept. */
export function loadFactsOf({ job, result, measured, cores, comparison, earlier = [] }: LoadFactsOptions): LoadFacts {
  const { plan, startedAt, durationMs } = result;
  const hints = findSaturation({
    ...measured,
    from: startedAt,
    to: startedAt + durationMs,
    completed: result.series.map((second) => second.completed),
    cores,
    lateMs: percentileMs(result.generator.lag, 0.99) ?? 0,
  });
  return {
    job,
    profile: plan.profile,
    startedAt,
    durationMs,
    traffic: describeTraffic(plan.traffic),
    verdict: { kind: result.verdict.kind, reasons: reasonsOf(result.verdict) },
    totals: totals("all", result.totals, durationMs),
    ...cpuOf(measured, result),
    requests: result.requests.map((request) => totals(request.name, request, durationMs)),
    objectives: result.objectives.map((each) => ({ text: describeObjective(each), held: each.held })),
    ...(result.highestRateHeld === undefined ? {} : { highestRateHeld: heldOf(result.highestRateHeld) }),
    seconds: result.series.map(({ at, asked, completed, errors, p50, p90, p99, max, waiting }) => ({
      atMs: at,
      asked,
      completed,
      errors,
      p50,
      p90,
      p99,
      max,
      waiting,
    })),
    samples: packed(result),
    metrics: seriesOf(measured.points, result),
    marks: marksOf(measured, result),
    hints: [
      ...generatorHint(result),
      ...scriptHints(result),
      ...hints.slice(0, mostHints).map(({ weight: _weight, ...hint }): SaturationHint => hint),
    ],
    generator: { cpu: result.generator.cpu, lagP99Ms: percentileMs(result.generator.lag, 0.99) ?? 0, limits: result.generator.limits },
    ...(comparison === undefined ? {} : { comparison }),
    earlier,
  };
}

/** What the services used while the traffic ran, but for the generator among them. */
function cpuOf({ points }: Measured, { startedAt, durationMs, totals: { completed } }: LoadResult): Pick<LoadFacts, "cpuUsPerRequest"> {
  const inTime = points.filter(
    ({ at, metric, service }) => metric === "process.cpu" && service !== generatorName && at >= startedAt && at <= startedAt + durationMs,
  );
  if (inTime.length === 0 || completed === 0) return {};
  const percents = [...Map.groupBy(inTime, ({ service }) => service).values()].map(
    (readings) => readings.reduce((sum, { value }) => sum + value, 0) / readings.length,
  );
  const percent = percents.reduce((sum, each) => sum + each, 0);
  // A percent of a core is 10 µs of each millisecond.
  return { cpuUsPerRequest: Math.round((percent * 10 * durationMs) / completed) };
}

function reasonsOf(verdict: LoadResult["verdict"]): readonly string[] {
  if (verdict.kind === "passed") return [];
  return verdict.kind === "aborted" ? [verdict.reason] : verdict.reasons;
}

function heldOf({ perSecond, brokenAt, brokenBy }: NonNullable<LoadResult["highestRateHeld"]>): LoadFacts["highestRateHeld"] {
  return {
    perSecond,
    ...(brokenAt === undefined ? {} : { brokenAtMs: brokenAt }),
    ...(brokenBy === undefined
      ? {}
      : { brokenBy: brokenBy.request === undefined ? brokenBy.metric : `${brokenBy.metric} of ${brokenBy.request}` }),
  };
}

function totals(name: string, from: LoadResult["totals"], durationMs: number): LoadTotals {
  const { latency } = from;
  const at = (fraction: number) => percentileMs(latency, fraction) ?? 0;
  const words = new Map(loadErrors.map((each) => [each.error, each.words]));
  return {
    name,
    asked: from.asked,
    completed: from.completed,
    perSecond: durationMs > 0 ? from.completed / (durationMs / 1000) : 0,
    statuses: from.statuses,
    // The keys are kinds of errors: the result's type says so, and Object.entries forgets it.
    errors: Object.fromEntries(
      Object.entries(from.errors).map(([error, times]) => [words.get(error as (typeof loadErrors)[number]["error"]) ?? error, times]),
    ),
    ...(latency.count === 0
      ? {}
      : {
          percentiles: {
            p50: at(0.5),
            p75: at(0.75),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: latency.maxUs / 1000,
          },
        }),
  };
}

function packed({ samples, plan }: LoadResult): PackedSamples {
  const { gzip, order } = packSamples(samples);
  const requestIds: Record<number, string> = {};
  for (const [row, from] of order.entries()) {
    const id = samples.requestIds.get(from);
    if (id !== undefined) requestIds[row] = id;
  }
  return {
    count: samples.count,
    of: samples.of,
    base64: gzip.toString("base64"),
    requests: requestNames(plan.scenario),
    errors: loadErrors.map((each) => each.words),
    requestIds,
  };
}

/** A little before and after the traffic too: how it was at rest is the measure of how it was under load. */
const marginMs = 3_000;

function seriesOf(points: readonly MetricPoint[], { startedAt, durationMs }: LoadResult): readonly MetricSeries[] {
  const inTime = points.filter((point) => point.at >= startedAt - marginMs && point.at <= startedAt + durationMs + marginMs);
  const grouped = Map.groupBy(inTime, (point) => `${point.service}\n${point.metric}`);
  return [...grouped.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { title, unit } = metricName(first.metric);
    const sorted = group.toSorted((a, b) => a.at - b.at);
    return [
      {
        service: first.service,
        metric: first.metric,
        title,
        unit,
        atMs: sorted.map((point) => Math.round(point.at - startedAt)),
        values: sorted.map((point) => Number(point.value.toPrecision(5))),
      },
    ];
  });
}

/** When there are too many, the long ones stay. */
function marksOf({ marks }: Measured, { startedAt, durationMs }: LoadResult): readonly LoadMark[] {
  return marks
    .filter((mark) => mark.at >= startedAt - marginMs && mark.at <= startedAt + durationMs + marginMs)
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, mostMarks)
    .map(({ at, ...mark }) => ({ ...mark, atMs: Math.round(at - startedAt) }))
    .toSorted((a, b) => a.atMs - b.atMs);
}

function generatorHint({ generator }: LoadResult): SaturationHint[] {
  return generator.limits.map((limit) => ({
    service: "generator",
    kind: "generator",
    text: `the generator was the limit: ${limit}`,
    fromMs: 0,
    certainty: "likely",
  }));
}
