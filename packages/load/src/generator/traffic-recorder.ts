import type { Histogram, HistogramSnapshot } from "../histogram/histogram.ts";
import { createHistogram } from "../histogram/log-linear-histogram.ts";
import { errorCode } from "../result/load-errors.ts";
import type { LoadError } from "../result/load-result.ts";
import { createSampleColumns, type SampleColumns, type SampleRow } from "./sample-columns.ts";

/**
 * What one thread counts. Asked for every request, so nothing is allocated on the way, and each latency goes into one histogram: that
 * of its request's second, from which the totals are made. Times in ms of the run's clock.
 */
export interface TrafficRecorder {
  asked(request: number): void;
  started(): void;
  lag(ms: number): void;
  ended(end: Ended): void;
  /** An error that was found after the answer was counted. */
  flaw(request: number, error: LoadError): void;
  /** One more request than it was made for; its number is the next. */
  addRequest(): void;
  /** What happened since the last call. */
  second(): SecondOfThread;
  /** Of all seconds; the last one has been taken. */
  finish(): ThreadFacts;
}

/** Status 0 when no answer came. */
export interface Ended extends SampleRow {
  readonly serviceUs: number;
  readonly error: LoadError | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface SecondOfThread {
  readonly asked: number;
  readonly started: number;
  readonly completed: number;
  readonly errors: number;
  readonly lagMs: number;
  readonly latency: HistogramSnapshot;
  /** By request, for objectives of one request. */
  readonly requests: readonly {
    readonly asked: number;
    readonly completed: number;
    readonly errors: number;
    readonly latency: HistogramSnapshot;
  }[];
}

export interface ThreadFacts {
  readonly requests: readonly RequestFacts[];
  readonly lag: HistogramSnapshot;
  readonly samples: SampleColumns;
}

export interface RequestFacts {
  readonly asked: number;
  readonly completed: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly latency: HistogramSnapshot;
  readonly serviceTime: HistogramSnapshot;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Partial<Record<LoadError, number>>>;
}

interface Counts {
  asked: number;
  bytesIn: number;
  bytesOut: number;
  /** Of the seconds that were taken. */
  readonly latency: Histogram;
  readonly service: Histogram;
  readonly statuses: number[];
  readonly errors: Map<LoadError, number>;
  readonly second: { asked: number; errors: number; readonly latency: Histogram };
}

export function createTrafficRecorder(options: {
  readonly requests: number;
  readonly maxSamples: number;
  readonly seed: number;
}): TrafficRecorder {
  const counts = Array.from({ length: options.requests }, newCounts);
  const samples = createSampleColumns(options.maxSamples, options.seed);
  const lag = createHistogram();
  let second = { started: 0, lagMs: 0 };

  return {
    asked(request) {
      // Requests are numbered by the scenario that made the counts.
      counts[request]!.second.asked++;
    },
    started() {
      second.started++;
    },
    lag(ms) {
      lag.record(ms * 1000);
      if (ms > second.lagMs) second.lagMs = ms;
    },
    ended(end) {
      // As above.
      const count = counts[end.request]!;
      count.bytesIn += end.bytesIn;
      count.bytesOut += end.bytesOut;
      const { status, error } = end;
      if (status > 0) {
        count.second.latency.record(end.latencyUs);
        count.service.record(end.serviceUs);
        count.statuses[status] = (count.statuses[status] ?? 0) + 1;
      }
      if (error !== undefined) {
        count.second.errors++;
        count.errors.set(error, (count.errors.get(error) ?? 0) + 1);
      }
      samples.add(end, error === undefined ? 0 : errorCode(error));
    },
    flaw(request, error) {
      // As above.
      const count = counts[request]!;
      count.second.errors++;
      count.errors.set(error, (count.errors.get(error) ?? 0) + 1);
    },
    addRequest() {
      counts.push(newCounts());
    },
    second() {
      const all = createHistogram();
      const requests = counts.map((count) => {
        const { asked, errors } = count.second;
        const latency = count.second.latency.snapshot();
        count.asked += asked;
        count.latency.merge(latency);
        all.merge(latency);
        count.second.asked = 0;
        count.second.errors = 0;
        count.second.latency.reset();
        return { asked, completed: latency.count, errors, latency };
      });
      const sum = (of: "asked" | "completed" | "errors") => requests.reduce((total, request) => total + request[of], 0);
      const { started, lagMs } = second;
      second = { started: 0, lagMs: 0 };
      return { asked: sum("asked"), started, completed: sum("completed"), errors: sum("errors"), lagMs, latency: all.snapshot(), requests };
    },
    finish: () => ({
      requests: counts.map((count) => ({
        asked: count.asked,
        completed: count.latency.count,
        bytesIn: count.bytesIn,
        bytesOut: count.bytesOut,
        latency: count.latency.snapshot(),
        serviceTime: count.service.snapshot(),
        statuses: Object.fromEntries(Object.entries(count.statuses)),
        errors: Object.fromEntries(count.errors),
      })),
      lag: lag.snapshot(),
      samples: samples.columns(),
    }),
  };
}

function newCounts(): Counts {
  return {
    asked: 0,
    bytesIn: 0,
    bytesOut: 0,
    latency: createHistogram(),
    service: createHistogram(),
    statuses: [],
    errors: new Map(),
    second: { asked: 0, errors: 0, latency: createHistogram() },
  };
}
