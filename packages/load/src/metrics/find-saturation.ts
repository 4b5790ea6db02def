import type { MetricMark, MetricPoint } from "./metric.ts";
import { createSeries, type Series } from "./series.ts";

/**
 * Why it was slow: what was at its end while the traffic ran. Pure, over the figures of all services. Each rule says one sentence with
 * the figure and the time from which on it held; the likeliest comes first. A rule needs a figure to be high for a stretch of the
 * traffic, not once.
 */
export interface SaturationFacts {
  readonly points: readonly MetricPoint[];
  readonly marks: readonly MetricMark[];
  /** Milliseconds since the Unix epoch. */
  readonly from: number;
  readonly to: number;
  /** Requests that ended in each second from `from` on. */
  readonly completed: readonly number[];
  /** Cores of the machine, or that a service may use. */
  readonly cores: number;
  /** How late the generator itself was, p99: what the machine did to everybody is nobody's fault. 0 when absent. */
  readonly lateMs?: number;
}

export interface Saturation {
  readonly service: string;
  readonly kind: "event-loop" | "cpu" | "gc" | "memory" | "database" | "connections";
  readonly text: string;
  /** Milliseconds since `from`. */
  readonly fromMs: number;
  readonly certainty: "likely" | "possible";
  /** 0..1: how far at its end, for the order; 1 for a cause that makes others busy. */
  readonly weight: number;
}

export function findSaturation(facts: SaturationFacts): readonly Saturation[] {
  const series = createSeries(facts.points, facts);
  const services = [...new Set(facts.points.map((point) => point.service))];
  const found = services.flatMap((service) => [
    ...eventLoop(service, series, facts.lateMs ?? 0),
    ...garbage(service, series),
    ...processor(service, series, facts.cores),
    ...heap(service, series),
    ...pools(service, series),
    ...database(service, series, facts),
  ]);
  return found.sort((a, b) => rank(b) - rank(a));
}

function rank({ certainty, weight }: Saturation): number {
  return (certainty === "likely" ? 1 : 0) + weight;
}

const leastUtilization = 30;
/** The generator was late by this part of what a loop was: both waited for a processor. */
const lateTogether = 1 / 4;

function eventLoop(service: string, series: Series, lateMs: number): Saturation[] {
  const busy = series.highStretch(service, "eventloop.utilization", 90);
  if (busy !== undefined) {
    const delay = series.highest(service, "eventloop.delay.max");
    const late = delay === undefined ? "" : `, callbacks up to ${Math.round(delay)} ms late`;
    // A loop that is busy without using a processor waits for one: others on the machine had it.
    const cpu = series.median(service, "process.cpu");
    const starved = cpu !== undefined && cpu < busy.median * 0.6;
    const why = starved ? `, with ${Math.round(cpu)} % of a core: others had the processors` : "";
    return [
      {
        service,
        kind: "event-loop",
        fromMs: busy.fromMs,
        certainty: starved ? "possible" : "likely",
        weight: busy.median / 100,
        text: `${service}: event loop at ${Math.round(busy.median)} % from ${seconds(busy.fromMs)}${late}${why}`,
      },
    ];
  }
  // Blocked now and then: busy on average only in part, but whoever comes then waits.
  const blocked = series.highStretch(service, "eventloop.delay.max", 50);
  // One that has nothing to do is late too when others have all the processors: that is not its loop's fault.
  if (blocked === undefined || (series.highest(service, "eventloop.utilization") ?? 0) < leastUtilization) return [];
  const everybody = lateMs >= blocked.median * lateTogether;
  const why = everybody ? `, when the generator was ${Math.round(lateMs)} ms late too: others had the processors` : "";
  return [
    {
      service,
      kind: "event-loop",
      fromMs: blocked.fromMs,
      certainty: everybody ? "possible" : "likely",
      weight: Math.min(0.9, blocked.median / 500),
      text: `${service}: event loop blocked for up to ${Math.round(blocked.highest)} ms at a time from ${seconds(blocked.fromMs)}${why}`,
    },
  ];
}

function garbage(service: string, series: Series): Saturation[] {
  const time = series.highStretch(service, "gc.time", 20);
  if (time === undefined) return [];
  return [
    {
      service,
      kind: "gc",
      fromMs: time.fromMs,
      certainty: time.median > 35 ? "likely" : "possible",
      weight: time.median / 100,
      text: `${service}: ${Math.round(time.median)} % of the time in garbage collection from ${seconds(time.fromMs)}`,
    },
  ];
}

function processor(service: string, series: Series, cores: number): Saturation[] {
  const cpu = series.highStretch(service, "process.cpu", 85);
  if (cpu === undefined) return [];
  const all = cpu.median >= 85 * cores;
  return [
    {
      service,
      kind: "cpu",
      fromMs: cpu.fromMs,
      certainty: all ? "likely" : "possible",
      weight: Math.min(1, cpu.median / (100 * cores)),
      text: `${service}: ${Math.round(cpu.median)} % of a core from ${seconds(cpu.fromMs)}${all && cores > 1 ? `, all ${cores} that there are` : ""}`,
    },
  ];
}

function heap(service: string, series: Series): Saturation[] {
  const limit = series.highest(service, "heap.limit");
  const used = limit === undefined ? undefined : series.highStretch(service, "heap.used", limit * 0.9);
  if (limit === undefined || used === undefined) return [];
  return [
    {
      service,
      kind: "memory",
      fromMs: used.fromMs,
      certainty: "likely",
      weight: used.median / limit,
      text: `${service}: heap at ${Math.round((100 * used.median) / limit)} % of its limit from ${seconds(used.fromMs)}`,
    },
  ];
}

function pools(service: string, series: Series): Saturation[] {
  const pending = series.highStretch(service, "pool.pending", 1);
  if (pending === undefined) return [];
  return [
    {
      service,
      kind: "connections",
      fromMs: pending.fromMs,
      certainty: "likely",
      weight: 0.8,
      text: `${service}: ${Math.round(pending.median)} requests wait for a pooled connection from ${seconds(pending.fromMs)}`,
    },
  ];
}

/** More statements a request than this look like one query for each row of another. */
const manyStatements = 10;
/** One statement that is so much of all is what is repeated. */
const repeatedShare = 0.4;

function database(service: string, series: Series, facts: SaturationFacts): Saturation[] {
  const found: Saturation[] = [];
  const limit = series.highest(service, "database.connections.limit");
  const full = limit === undefined ? undefined : series.highStretch(service, "database.connections", limit * 0.95);
  if (full !== undefined)
    found.push({
      service,
      kind: "connections",
      fromMs: full.fromMs,
      certainty: "likely",
      weight: 0.95,
      text: `${service}: ${Math.round(full.median)} of ${limit} connections in use from ${seconds(full.fromMs)}`,
    });
  const locks = series.highStretch(service, "database.waiting", 1);
  if (locks !== undefined)
    found.push({
      service,
      kind: "database",
      fromMs: locks.fromMs,
      certainty: "likely",
      weight: 0.9,
      text: `${service}: ${Math.round(locks.median)} statements wait for a lock from ${seconds(locks.fromMs)}`,
    });

  const perRequest = statementsPerRequest(service, series, facts);
  if (perRequest !== undefined && perRequest >= manyStatements) {
    const cpu = series.median(service, "process.cpu") ?? 0;
    const repeated = mostRepeated(service, facts);
    const often = repeated === undefined ? "" : `; ${Math.round(perRequest * repeated.share)} of them are "${repeated.text}"`;
    found.push({
      service,
      kind: "database",
      fromMs: 0,
      certainty: repeated !== undefined || cpu >= 50 ? "likely" : "possible",
      weight: repeated === undefined ? Math.min(0.97, 0.5 + cpu / 200 + perRequest / 1000) : 1,
      text: `${service}: ${Math.round(perRequest)} statements for each request${cpu > 0 ? `, ${Math.round(cpu)} % of a core` : ""}${often}: a query for each row of another looks like this`,
    });
  }
  const slow = facts.marks.filter((mark) => mark.service === service && mark.kind === "slow-statement");
  const [slowest] = [...slow].sort((a, b) => b.durationMs - a.durationMs);
  if (slowest !== undefined) {
    found.push({
      service,
      kind: "database",
      fromMs: Math.max(0, slowest.at - facts.from),
      certainty: slowest.durationMs > 500 ? "likely" : "possible",
      weight: Math.min(0.9, slowest.durationMs / 2000),
      text: `${service}: ${slow.length} slow ${slow.length === 1 ? "statement" : "statements"}, the slowest ${Math.round(slowest.durationMs)} ms: ${slowest.text.slice(0, 120)}`,
    });
  }
  return found;
}

function mostRepeated(service: string, { marks }: SaturationFacts): { readonly text: string; readonly share: number } | undefined {
  const [most] = marks
    .flatMap((mark) => (mark.service === service && mark.statement !== undefined ? [mark.statement] : []))
    .sort((a, b) => b.share - a.share);
  if (most === undefined || most.share < repeatedShare) return undefined;
  return { share: most.share, text: most.text.length > 100 ? `${most.text.slice(0, 99)}…` : most.text };
}

function statementsPerRequest(service: string, series: Series, { completed, from, to }: SaturationFacts): number | undefined {
  const statements = series.median(service, "database.statements") ?? series.median(service, "database.transactions");
  const total = completed.reduce((sum, count) => sum + count, 0);
  const perSecond = total / Math.max(1, (to - from) / 1000);
  return statements === undefined || perSecond <= 0 ? undefined : statements / perSecond;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
