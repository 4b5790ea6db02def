import type { HistogramSnapshot } from "../histogram/histogram.ts";
import { bucketMiddleUs } from "../histogram/log-linear-histogram.ts";

/**
 * OTLP 1.x metrics as JSON (opentelemetry-proto, collector/metrics/v1): names in lowerCamelCase, 64-bit numbers as text, enums as
 * numbers. Sums and histograms are cumulative from the start of the run, so that a report that was lost takes nothing away.
 */
export interface OtlpRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string; readonly version: string };
      readonly metrics: readonly OtlpMetric[];
    }[];
  }[];
}

export interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: string };
}

export type OtlpMetric = { readonly name: string; readonly description: string; readonly unit: string } & (
  | { readonly gauge: { readonly dataPoints: readonly OtlpNumber[] } }
  | { readonly sum: { readonly dataPoints: readonly OtlpNumber[]; readonly aggregationTemporality: 2; readonly isMonotonic: true } }
  | { readonly histogram: { readonly dataPoints: readonly OtlpHistogram[]; readonly aggregationTemporality: 2 } }
);

interface OtlpPoint {
  readonly attributes: readonly OtlpAttribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

export type OtlpNumber = OtlpPoint & ({ readonly asInt: string } | { readonly asDouble: number });

export interface OtlpHistogram extends OtlpPoint {
  readonly count: string;
  readonly sum: number;
  readonly min?: number;
  readonly max?: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
}

export type Attributes = Readonly<Record<string, string | number>>;

/** What was counted from the start until now. */
export interface LoadReading {
  readonly startedAtMs: number;
  readonly atMs: number;
  /** Per second, since the reading before. */
  readonly askedPerSecond: number;
  readonly achievedPerSecond: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly lagMs: number;
  readonly generatorCpu: number;
  readonly requests: readonly {
    readonly name: string;
    readonly asked: number;
    readonly completed: number;
    readonly errors: number;
    readonly latency: HistogramSnapshot;
  }[];
  /** Known at the end alone. */
  readonly end?: {
    readonly verdict: string;
    readonly errors: readonly { readonly name: string; readonly kind: string; readonly times: number }[];
  };
}

/** Seconds, from half a millisecond to a minute. */
const bounds: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
];

/** Pure. `resource` says who measured what. */
export function otlpMetrics(
  reading: LoadReading,
  { resource, version }: { readonly resource: Attributes; readonly version: string },
): OtlpRequest {
  const at = { startTimeUnixNano: nano(reading.startedAtMs), timeUnixNano: nano(reading.atMs) };
  const point = (attributes: Attributes) => ({ attributes: attributesOf(attributes), ...at });
  const gauge = (name: string, { unit, value, description }: { unit: string; value: number; description: string }): OtlpMetric => ({
    name,
    description,
    unit,
    gauge: { dataPoints: [{ ...point({}), asDouble: value }] },
  });
  const sum = (name: string, { unit, description, values }: Sum): OtlpMetric => ({
    name,
    description,
    unit,
    sum: {
      dataPoints: values.map(([attributes, value]) => ({ ...point(attributes), asInt: String(value) })),
      aggregationTemporality: 2,
      isMonotonic: true,
    },
  });
  const by = (of: "asked" | "completed" | "errors"): Sum["values"] =>
    reading.requests.map((request) => [{ "dojang.load.request": request.name }, request[of]]);
  const metrics: OtlpMetric[] = [
    gauge("dojang.load.rate.asked", {
      unit: "{request}/s",
      value: reading.askedPerSecond,
      description: "Requests that should have started, a second",
    }),
    gauge("dojang.load.rate.achieved", {
      unit: "{request}/s",
      value: reading.achievedPerSecond,
      description: "Requests answered, a second",
    }),
    sum("dojang.load.requests.asked", { unit: "{request}", description: "Requests asked", values: by("asked") }),
    sum("dojang.load.requests.completed", { unit: "{request}", description: "Requests answered", values: by("completed") }),
    sum("dojang.load.errors", { unit: "{error}", description: "Requests that failed, whatever the reason", values: by("errors") }),
    {
      name: "dojang.load.latency",
      description: "From the intended start when a request had to wait for a connection, else from its sending",
      unit: "s",
      histogram: {
        dataPoints: reading.requests.map(({ name, latency }) => ({ ...point({ "dojang.load.request": name }), ...histogramOf(latency) })),
        aggregationTemporality: 2,
      },
    },
    gauge("dojang.load.in_flight", { unit: "{request}", value: reading.inFlight, description: "Requests without an answer yet" }),
    gauge("dojang.load.connections", { unit: "{connection}", value: reading.connections, description: "Open connections" }),
    gauge("dojang.load.generator.lag", {
      unit: "s",
      value: reading.lagMs / 1000,
      description: "How late the generator's clock was at most",
    }),
    gauge("dojang.load.generator.cpu", { unit: "1", value: reading.generatorCpu, description: "Of a core, the busiest thread" }),
  ];
  const { end } = reading;
  if (end !== undefined) {
    if (end.errors.length > 0)
      metrics.push(
        sum("dojang.load.errors.by_kind", {
          unit: "{error}",
          description: "Errors of the whole run by kind",
          values: end.errors.map(({ name, kind, times }) => [{ "dojang.load.request": name, "error.type": kind }, times]),
        }),
      );
    metrics.push({
      name: "dojang.load.verdict",
      description: "1 for the verdict of the run",
      unit: "1",
      gauge: { dataPoints: [{ ...point({ "dojang.load.verdict": end.verdict }), asInt: "1" }] },
    });
  }
  return {
    resourceMetrics: [
      { resource: { attributes: attributesOf(resource) }, scopeMetrics: [{ scope: { name: "dojang-load", version }, metrics }] },
    ],
  };
}

interface Sum {
  readonly unit: string;
  readonly description: string;
  readonly values: readonly (readonly [Attributes, number])[];
}

/** A bucket holds what is at most its bound; the last one the rest. */
function histogramOf(
  snapshot: HistogramSnapshot,
): Pick<OtlpHistogram, "count" | "sum" | "min" | "max" | "bucketCounts" | "explicitBounds"> {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const [bucket, times] of snapshot.buckets) {
    const seconds = bucketMiddleUs(bucket) / 1e6;
    const found = bounds.findIndex((bound) => seconds <= bound);
    const index = found === -1 ? bounds.length : found;
    counts[index] = (counts[index] ?? 0) + times;
  }
  return {
    count: String(snapshot.count),
    sum: snapshot.sumUs / 1e6,
    ...(snapshot.count === 0 ? {} : { min: snapshot.minUs / 1e6, max: snapshot.maxUs / 1e6 }),
    bucketCounts: counts.map(String),
    explicitBounds: bounds,
  };
}

function attributesOf(attributes: Attributes): readonly OtlpAttribute[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));
}

function nano(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
