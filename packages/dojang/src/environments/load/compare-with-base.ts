import { type Comparison, compareSlices, comparisonLooks, isDecided, type LoadPlan, requestNames, type SlicePair } from "@dojang/load";
import type { LoadFacts } from "../../report/load-facts.ts";
import { type ComparedArm, runSlices, sliceMs } from "./run-slices.ts";

export interface CompareWithBaseOptions {
  readonly base: ComparedArm;
  readonly change: ComparedArm;
  readonly plan: LoadPlan;
  readonly target: string;
  readonly ratePerSecond: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Eight seconds of traffic each: CPU per request still fell by a quarter in the first rounds when it was measured. */
const warmUpPairs = 8_000 / sliceMs;
/** Too slow for slices of a quarter of a second to have percentiles. */
const leastRate = 100;

/** Looks at 40, 80, 120 and 160 pairs, and stops at the first look that decides. */
export async function compareWithBase(options: CompareWithBaseOptions): Promise<Comparison> {
  const { base, change, plan, target, random, signal, onProgress } = options;
  const ratePerSecond = Math.max(leastRate, options.ratePerSecond);
  const requests = requestNames(plan.scenario);
  let pairs: readonly SlicePair[] = [];
  let invalid: readonly string[] = [];
  let comparison = compareSlices([], {});
  for (const [look, wanted] of comparisonLooks.entries()) {
    const ended = await runSlices({
      arms: { base, change },
      plan,
      target,
      ratePerSecond,
      pairs: wanted - pairs.length,
      // Both cool down a little while they are compared; a second suffices then.
      warmUpPairs: look === 0 ? warmUpPairs : 4,
      random,
      signal,
    });
    // A look in which the generator was the limit is left out; the next may be better.
    if (ended.invalid.length > 0) invalid = ended.invalid;
    else pairs = [...pairs, ...ended.pairs];
    comparison = compareSlices(pairs, { requests, invalid: pairs.length === 0 ? invalid : [] });
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
