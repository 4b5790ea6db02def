import type { Histogram, HistogramSnapshot } from "../histogram/histogram.ts";
import { createHistogram } from "../histogram/log-linear-histogram.ts";
import { errorCode } from "../result/load-errors.ts";
import type { LoadError } from "../result/load-result.ts";
import { createSampleColumns, type SampleColumns } from "./sample-columns.ts";

/** What one thread counts. Asked for every request: no allocation on the way. Times in ms of the run's clock. */
export interface TrafficRecorder {
  asked(request: number): void;
  started(): void;
  lag(ms: number): void;
  ended(end: Ended): void;
  /** What happened since the last call. */
  second(): SecondOfThread;
  finish(): ThreadFacts;
}

export interface Ended {
  readonly request: number;
  readonly intendedMs: number;
  readonly latencyUs: number;
  readonly serviceUs: number;
  /** 0 when no answer came. */
  readonly status: number;
  readonly error: LoadError | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly requestId: string | undefined;
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
  completed: number;
  bytesIn: number;
  bytesOut: number;
  readonly latency: Histogram;
  readonly service: Histogram;
  readonly statuses: Map<number, number>;
  readonly errors: Map<LoadError, number>;
  readonly second: { asked: number; completed: number; errors: number; readonly latency: Histogram };
}

export function createTrafficRecorder(options: {
  readonly requests: number;
  readonly maxSamples: number;
  readonly seed: number;
}): TrafficRecorder {
  const counts = Array.from({ length: options.requests }, newCounts);
  const samples = createSampleColumns(options.maxSamples, options.seed);
  const lag = createHistogram();
  const secondLatency = createHistogram();
  let second = { asked: 0, started: 0, completed: 0, errors: 0, lagMs: 0 };

  return {
    asked(request) {
      second.asked++;
      // Requests are numbered by the scenario that made the counts.
      const count = counts[request]!;
      count.asked++;
      count.second.asked++;
    },
    started() {
      second.started++;
    },
    lag(ms) {
      lag.record(ms * 1000);
      if (ms > second.lagMs) second.lagMs = ms;
    },
    ended({ request, intendedMs, latencyUs, serviceUs, status, error, bytesIn, bytesOut, requestId }) {
      // As above.
      const count = counts[request]!;
      count.bytesIn += bytesIn;
      count.bytesOut += bytesOut;
      if (status > 0) {
        count.completed++;
        second.completed++;
        count.second.completed++;
        count.latency.record(latencyUs);
        count.service.record(serviceUs);
        count.second.latency.record(latencyUs);
        secondLatency.record(latencyUs);
        count.statuses.set(status, (count.statuses.get(status) ?? 0) + 1);
      }
      if (error !== undefined) {
        second.errors++;
        count.second.errors++;
        count.errors.set(error, (count.errors.get(error) ?? 0) + 1);
      }
      samples.add({ atMs: intendedMs, latencyUs, status, request, error: error === undefined ? 0 : errorCode(error), requestId });
    },
    second() {
      const taken: SecondOfThread = {
        ...second,
        latency: takeSnapshot(secondLatency),
        requests: counts.map((count) => {
          const { asked, completed, errors } = count.second;
          count.second.asked = 0;
          count.second.completed = 0;
          count.second.errors = 0;
          return { asked, completed, errors, latency: takeSnapshot(count.second.latency) };
        }),
      };
      second = { asked: 0, started: 0, completed: 0, errors: 0, lagMs: 0 };
      return taken;
    },
    finish: () => ({
      requests: counts.map((count) => ({
        asked: count.asked,
        completed: count.completed,
        bytesIn: count.bytesIn,
        bytesOut: count.bytesOut,
        latency: count.latency.snapshot(),
        serviceTime: count.service.snapshot(),
        statuses: Object.fromEntries(count.statuses),
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
    completed: 0,
    bytesIn: 0,
    bytesOut: 0,
    latency: createHistogram(),
    service: createHistogram(),
    statuses: new Map(),
    errors: new Map(),
    second: { asked: 0, completed: 0, errors: 0, latency: createHistogram() },
  };
}

function takeSnapshot(histogram: Histogram): HistogramSnapshot {
  const snapshot = histogram.snapshot();
  histogram.reset();
  return snapshot;
}
