import type { MetricMark, MetricPoint, MetricSink, MetricSource } from "@dojang/load";
import type { ServiceSpec } from "@dojang/model";
import type { OutputLine, Runtime } from "@dojang/runtime";
import type { Vitals } from "../../capture/vitals-line.ts";
import { databaseFigures, isPostgres } from "../measuring/database-figures.ts";
import { isRedis, redisFigures } from "../measuring/redis-figures.ts";
import { scrapedFigures } from "../measuring/scraped-figures.ts";
import { serviceFigures } from "../measuring/service-figures.ts";
import { vitalsFigures } from "../measuring/vitals-figures.ts";

/** Everything that is measured of an environment's services, on one clock. One work is measured at a time. */
export interface Measurement {
  /** Does the work, and tells what was seen meanwhile. Nothing is followed any more when it ends, also when the work fails. */
  during<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<{ readonly result: Result; readonly measured: Measured }>;
  readonly watch: { onLine(line: OutputLine): void; onVitals(service: string, vitals: Vitals): void };
}

export interface Measured {
  readonly points: readonly MetricPoint[];
  readonly marks: readonly MetricMark[];
}

export interface MeasureOptions {
  readonly runtime: Runtime;
  readonly environmentId: () => string;
  readonly services: readonly ServiceSpec[];
  /** Addresses in Prometheus' text format, by service. */
  readonly scraped: Readonly<Record<string, string>>;
  readonly everyMs: number;
  readonly onProblem: (text: string) => void;
}

const mostPoints = 500_000;
const mostMarks = 5_000;

export function createMeasurement({ runtime, environmentId, services, scraped, everyMs, onProblem }: MeasureOptions): Measurement {
  let points: MetricPoint[] = [];
  let marks: MetricMark[] = [];
  const lines = new Map<string, { lines: number; bytes: number }>();
  const vitalsAt = new Map<string, number>();
  const sink: MetricSink = {
    point: (point) => {
      if (points.length < mostPoints) points.push(point);
    },
    mark: (mark) => {
      if (marks.length < mostMarks) marks.push(mark);
    },
    onProblem,
  };
  const tellLogs = (): void => {
    const at = performance.timeOrigin + performance.now();
    for (const [service, counted] of lines) {
      sink.point({ at, service, metric: "logs.lines", value: (counted.lines * 1000) / everyMs });
      sink.point({ at, service, metric: "logs.bytes", value: (counted.bytes * 1000) / everyMs });
      counted.lines = 0;
      counted.bytes = 0;
    }
  };

  return {
    async during(work, signal) {
      points = [];
      marks = [];
      const id = environmentId();
      const of = (service: ServiceSpec) => ({ runtime, environmentId: id, service });
      const sources: readonly MetricSource[] = [
        serviceFigures(runtime, id),
        ...services.filter(isPostgres).map((service) => databaseFigures(of(service))),
        ...Object.entries(scraped).map(([service, url]) => scrapedFigures({ runtime, environmentId: id, service, url })),
        ...services.filter(isRedis).map((service) => redisFigures(of(service))),
      ];
      const logTimer = setInterval(tellLogs, everyMs);
      const stop = async (): Promise<void> => {
        clearInterval(logTimer);
        await Promise.all(sources.map((source) => source.stop()));
      };
      try {
        await Promise.all(sources.map((source) => source.start(sink, { signal, everyMs })));
        const result = await work();
        // Stopping reads what is left: it belongs to what was measured.
        await stop();
        return { result, measured: { points, marks } };
      } finally {
        await stop();
      }
    },
    watch: {
      onLine(line) {
        const counted = lines.get(line.service) ?? { lines: 0, bytes: 0 };
        counted.lines++;
        counted.bytes += line.text.length + 1;
        lines.set(line.service, counted);
      },
      onVitals(service, vitals) {
        const key = `${service} ${vitals.pid}`;
        const told = vitalsFigures(service, vitals, vitalsAt.get(key));
        vitalsAt.set(key, vitals.at);
        for (const point of told.points) sink.point(point);
        for (const mark of told.marks) sink.mark(mark);
      },
    },
  };
}
