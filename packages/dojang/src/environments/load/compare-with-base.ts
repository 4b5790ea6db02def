import { type Comparison, compareSlices, comparisonLooks, isDecided, type LoadPlan, requestNames, type SlicePair } from "@dojang/load";
import type { LoadFacts } from "../../report/load-facts.ts";
import { type ComparedArm, runSlices } from "./run-slices.ts";
import { sliceMs } from "./slice-pairs.ts";

export interface CompareWithBaseOptions {
  readonly base: ComparedArm;
  readonly change: ComparedArm;
  readonly plan: LoadPlan;
  readonly target: string;
  readonly ratePerSecond: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** Pairs at which it is looked; `comparisonLooks` when absent. */
  readonly looks?: readonly number[];
  /** Traffic that each copy has before the first pair: 8 s when absent, for CPU per request still fell by a quarter in the first rounds when measured. */
  readonly warmUpMs?: number;
}

/** Both cool down a little while they are compared. */
const warmUpAgainMs = 1_000;
/** Too slow for slices of a quarter of a second to have percentiles. */
const leastRate = 100;

/** Takes turns up to each look and ends at the first that decides. A stretch in which the generator was the limit is left out. */
export async function compareWithBase(options: CompareWithBaseOptions): Promise<Comparison> {
  const { base, change, plan, target, random, signal, onProgress, looks = comparisonLooks, warmUpMs = 8_000 } = options;
  const ratePerSecond = Math.max(leastRate, options.ratePerSecond);
  const names = requestNames(plan.scenario);
  // Of one alone the whole is said already.
  const requests = names.length > 1 ? names : [];
  let pairs: readonly SlicePair[] = [];
  let invalid: readonly string[] = [];
  let comparison = compareSlices([], {});
  let before = 0;
  for (const wanted of looks) {
    const ended = await runSlices({
      arms: { base, change },
      plan,
      target,
      ratePerSecond,
      pairs: wanted - before,
      warmUpPairs: Math.ceil((before === 0 ? warmUpMs : warmUpAgainMs) / sliceMs),
      random,
      signal,
    });
    before = wanted;
    if (ended.invalid.length > 0) invalid = ended.invalid;
    pairs = [...pairs, ...ended.pairs];
    comparison = compareSlices(pairs, { requests, looks: looks.length, invalid: pairs.length < wanted / 2 ? invalid : [] });
    onProgress(`compared with the base after ${pairs.length} pairs: ${comparison.verdict}`);
    if (isDecided(comparison)) break;
  }
  return comparison;
}

export function comparisonFacts({ verdict, metrics, invalid }: Comparison, base: string): NonNullable<LoadFacts["comparison"]> {
  return {
    base,
    verdict,
    metrics: metrics.map(({ words, verdict: own, ratio, interval, smallestDetectable }) => ({
      words,
      verdict: own,
      ratio,
      interval,
      smallestDetectable,
    })),
    reasons: invalid,
  };
}
