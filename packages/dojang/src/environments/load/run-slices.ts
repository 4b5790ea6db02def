import { setTimeout as wait } from "node:timers/promises";
import {
  type Arm,
  type LoadPlan,
  type LoadResult,
  requestNames,
  type Slice,
  type SliceLatency,
  type SlicePair,
  type Stage,
} from "@dojang/load";
import type { Runtime } from "@dojang/runtime";
import { mockLabel } from "../mocks/mock-services.ts";
import { generatorName } from "./generator-service.ts";
import { runGenerator } from "./run-generator.ts";
import { type UsablePairs, usablePairs } from "./usable-pairs.ts";

/** One of the two copies of the system that are compared. */
export interface ComparedArm {
  readonly runtime: Pick<Runtime, "exec" | "stats">;
  readonly environmentId: string;
}

export interface RunSlicesOptions {
  readonly arms: Readonly<Record<Arm, ComparedArm>>;
  /** Its stages are replaced by slices at `ratePerSecond`. */
  readonly plan: LoadPlan;
  readonly target: string;
  readonly ratePerSecond: number;
  readonly pairs: number;
  /** Pairs before those that count: they warm both up. */
  readonly warmUpPairs: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

export const sliceMs = 250;
const pairMs = 2 * sliceMs;
/** Until both generators are up. */
const leadMs = 1_500;

/**
 * Both copies take turns: in each pair of slices one has its 250 ms of traffic and then the other, in random order. Both generators
 * keep to one clock, and what the services of a copy used is read at the ends of pairs, where nobody asks.
 */
export async function runSlices(options: RunSlicesOptions): Promise<UsablePairs> {
  const { arms, plan, target, ratePerSecond, random, signal } = options;
  const total = options.warmUpPairs + options.pairs;
  const order = Array.from({ length: total }, (): readonly [Arm, Arm] => (random() < 0.5 ? ["base", "change"] : ["change", "base"]));
  const startAtMs = Date.now() + leadMs;
  const { warmUp: _warmUp, ...rest } = plan;
  const planOf = (arm: Arm): LoadPlan => ({
    ...rest,
    traffic: { model: "open", arrivals: "even", stages: stagesOf(order, { arm, ratePerSecond }) },
    objectives: [],
    abortEarly: false,
    requestIdEvery: 0,
    samples: { max: Math.ceil((total * ratePerSecond * sliceMs) / 1000) + 1000 },
    startAtMs,
  });
  const run = (arm: Arm) => runGenerator({ ...arms[arm], plan: planOf(arm), target, signal });
  const [base, change, cpu] = await Promise.all([
    run("base"),
    run("change"),
    readProcessorTimes({ arms, startAtMs, pairs: total, signal }),
  ]);
  const pairs = order.map(
    (turns, index): SlicePair => ({
      base: sliceOf(base, { arm: "base", index, turns, cpu }),
      change: sliceOf(change, { arm: "change", index, turns, cpu }),
    }),
  );
  return usablePairs(pairs.slice(options.warmUpPairs), {
    asked: (ratePerSecond * sliceMs) / 1000,
    generators: { base: base.generator, change: change.generator },
  });
}

function stagesOf(order: readonly (readonly [Arm, Arm])[], { arm, ratePerSecond }: { arm: Arm; ratePerSecond: number }): readonly Stage[] {
  return order.flat().map((turn) => {
    const rate = turn === arm ? ratePerSecond : 0;
    return { fromPerSecond: rate, toPerSecond: rate, forMs: sliceMs };
  });
}

interface SliceRequest {
  readonly arm: Arm;
  readonly index: number;
  readonly turns: readonly [Arm, Arm];
  readonly cpu: Readonly<Record<Arm, readonly (number | undefined)[]>>;
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

interface Reading {
  readonly arms: Readonly<Record<Arm, ComparedArm>>;
  readonly startAtMs: number;
  readonly pairs: number;
  readonly signal: AbortSignal;
}

/** Milliseconds that each copy's services have used, at the beginning of each pair and at the end of the last. */
async function readProcessorTimes({ arms, startAtMs, pairs, signal }: Reading): Promise<Record<Arm, readonly (number | undefined)[]>> {
  const readings: Record<Arm, (number | undefined)[]> = { base: [], change: [] };
  for (let pair = 0; pair <= pairs && !signal.aborted; pair++) {
    await wait(Math.max(0, startAtMs + pair * pairMs - Date.now()), undefined, { signal });
    const [base, change] = await Promise.all([processorMs(arms.base), processorMs(arms.change)]);
    readings.base.push(base);
    readings.change.push(change);
  }
  return readings;
}

async function processorMs({ runtime, environmentId }: ComparedArm): Promise<number | undefined> {
  try {
    const stats = await runtime.stats(environmentId);
    return stats
      .filter((one) => one.service !== generatorName && !one.service.startsWith(mockLabel))
      .reduce((sum, one) => sum + one.cpuMs, 0);
  } catch {
    // One reading less; a pair without both of its ends has no CPU figure.
    return undefined;
  }
}
