import { setTimeout as wait } from "node:timers/promises";
import type { MetricSink, MetricSource } from "@dojang/load";
import type { Runtime, ServiceStats } from "@dojang/runtime";

/** What the runtime says of each service's processes: CPU, memory, threads, files, switches, disk, network. Nothing in the service changes. */
export function serviceFigures(runtime: Runtime, environmentId: string): MetricSource {
  let following: Promise<void> | undefined;
  const stopped = new AbortController();
  return {
    name: "services",
    async start(sink, { signal, everyMs }) {
      const ended = AbortSignal.any([signal, stopped.signal]);
      following = follow({ sink, everyMs, signal: ended, read: () => runtime.stats(environmentId) });
    },
    async stop() {
      stopped.abort();
      await following;
    },
  };
}

interface Following {
  readonly sink: MetricSink;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly read: () => Promise<readonly ServiceStats[]>;
}

async function follow({ sink, everyMs, signal, read }: Following): Promise<void> {
  const before = new Map<string, ServiceStats>();
  let failed = false;
  while (!signal.aborted) {
    try {
      for (const now of await read()) {
        for (const [metric, value] of figures(now, before.get(now.service)))
          sink.point({ at: now.at, service: now.service, metric, value });
        before.set(now.service, now);
      }
    } catch (error) {
      if (!failed && !signal.aborted)
        sink.onProblem(`figures of services are missing: ${error instanceof Error ? error.message : String(error)}`);
      failed = true;
    }
    await wait(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Counters become rates between two readings; a counter that fell belongs to a service that started anew. */
export function figures(now: ServiceStats, before: ServiceStats | undefined): readonly (readonly [metric: string, value: number])[] {
  const gauges = [
    ["process.memory", now.memoryBytes],
    ["process.threads", now.threads],
    ["process.open-files", now.openFiles],
    ["process.sockets", now.sockets],
  ] as const;
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
  const rate = (pick: (stats: ServiceStats) => number | undefined, times = 1): number | undefined => {
    const [to, from] = [pick(now), before && pick(before)];
    return to === undefined || from === undefined || to < from || seconds <= 0 ? undefined : ((to - from) / seconds) * times;
  };
  const rates = [
    // Milliseconds of work in a second are tenths of a percent.
    ["process.cpu", rate((stats) => stats.cpuMs, 0.1)],
    ["process.switches.voluntary", rate((stats) => stats.voluntarySwitches)],
    ["process.switches.involuntary", rate((stats) => stats.involuntarySwitches)],
    ["process.disk.read", rate((stats) => stats.diskReadBytes)],
    ["process.disk.write", rate((stats) => stats.diskWriteBytes)],
    ["process.network.in", rate((stats) => stats.networkReceivedBytes)],
    ["process.network.out", rate((stats) => stats.networkSentBytes)],
  ] as const;
  return [...gauges, ...rates].flatMap(([metric, value]) => (value === undefined ? [] : [[metric, value] as const]));
}
