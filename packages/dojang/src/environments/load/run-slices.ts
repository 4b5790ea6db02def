import { setTimeout as wait } from "node:timers/promises";
import type { Arm, LoadPlan } from "@dojang/load";
import type { Runtime } from "@dojang/runtime";
import { mockLabel } from "../mocks/mock-services.ts";
import { generatorName } from "./generator-service.ts";
import { runGenerator } from "./run-generator.ts";
import { pairMs, pairsOf, sliceMs, stagesOf, type Turns } from "./slice-pairs.ts";
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

/** Until both generators are up. */
const leadMs = 1_500;

/**
 * Both copies take turns: in each pair of slices one has its 250 ms of traffic and then the other, in random order. Both generators
 * keep to one clock, and what the services of a copy used is read at the ends of pairs, where nobody asks.
 */
export async function runSlices(options: RunSlicesOptions): Promise<UsablePairs> {
  const { arms, plan, target, ratePerSecond, random, signal } = options;
  const total = options.warmUpPairs + options.pairs;
  const order = Array.from({ length: total }, (): Turns => (random() < 0.5 ? ["base", "change"] : ["change", "base"]));
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
  const pairs = pairsOf(order, { base, change }, cpu);
  return usablePairs(pairs.slice(options.warmUpPairs), {
    asked: (ratePerSecond * sliceMs) / 1000,
    generators: { base: base.generator, change: change.generator },
  });
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
