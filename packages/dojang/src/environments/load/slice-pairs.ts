import { type Arm, type LoadResult, requestNames, type Slice, type SliceLatency, type SlicePair, type Stage } from "@dojang/load";

export const sliceMs = 250;
export const pairMs = 2 * sliceMs;

/** Whose slice is first in a pair. */
export type Turns = readonly [Arm, Arm];

/** An arm's traffic: its own slices, and nothing in the other's. */
export function stagesOf(order: readonly Turns[], { arm, ratePerSecond }: { arm: Arm; ratePerSecond: number }): readonly Stage[] {
  return order.flat().map((turn) => {
    const rate = turn === arm ? ratePerSecond : 0;
    return { fromPerSecond: rate, toPerSecond: rate, forMs: sliceMs };
  });
}

/** Milliseconds that each arm's services have used, at the beginning of each pair and at the end of the last. */
export type ProcessorTimes = Readonly<Record<Arm, readonly (number | undefined)[]>>;

export function pairsOf(order: readonly Turns[], results: Readonly<Record<Arm, LoadResult>>, cpu: ProcessorTimes): readonly SlicePair[] {
  return order.map((turns, index) => ({
    base: sliceOf(results.base, { arm: "base", index, turns, cpu }),
    change: sliceOf(results.change, { arm: "change", index, turns, cpu }),
  }));
}

interface SliceRequest {
  readonly arm: Arm;
  readonly index: number;
  readonly turns: Turns;
  readonly cpu: ProcessorTimes;
}

function sliceOf({ samples, plan, startedAt }: LoadResult, { arm, index, turns, cpu }: SliceRequest): Slice {
  const fromMs = index * pairMs + (turns[0] === arm ? 0 : sliceMs);
  const byName = new Map<string, number[]>([["", []]]);
  const errors = new Map<string, number>();
  const names = requestNames(plan.scenario);
  for (let row = 0; row < samples.count; row++) {
    // Packing moved it by some hundredths of a millisecond.
    const at = (samples.atMs[row] ?? 0) + 0.1;
    if (at < fromMs || at >= fromMs + sliceMs) continue;
    for (const name of ["", names[samples.request[row] ?? 0] ?? ""].filter((each, position) => position === 0 || each !== "")) {
      if (samples.error[row] !== 0) errors.set(name, (errors.get(name) ?? 0) + 1);
      if (samples.status[row] === 0) continue;
      const latencies = byName.get(name) ?? [];
      latencies.push(samples.latencyUs[row] ?? 0);
      byName.set(name, latencies);
    }
  }
  const latencies = Object.fromEntries([...byName].map(([name, values]) => [name, latencyOf(values, errors.get(name) ?? 0)]));
  const [before, after] = [cpu[arm][index], cpu[arm][index + 1]];
  const completed = latencies[""]?.completed ?? 0;
  return {
    arm,
    startedAt: startedAt + fromMs,
    durationMs: sliceMs,
    ...(before === undefined || after === undefined || completed === 0 ? {} : { cpuUsPerRequest: ((after - before) * 1000) / completed }),
    latencies,
  };
}

function latencyOf(values: number[], errors: number): SliceLatency {
  values.sort((a, b) => a - b);
  const at = (fraction: number) => values[Math.max(0, Math.ceil(fraction * values.length) - 1)] ?? 0;
  return { completed: values.length, errors, p50Us: at(0.5), p75Us: at(0.75), p95Us: at(0.95) };
}
