import type { Arm, SlicePair } from "@dojang/load";

/** Fewer answers than this part of what was asked, and a slice does not show what its arm can do: the machine was elsewhere. */
const leastAnswered = 0.8;
/** More errors than this, and the two did not do the same work. */
const mostErrors = 0.05;
const mostGeneratorCpu = 0.85;

export interface GeneratorOfArm {
  readonly cpu: number;
  readonly portsExhausted: number;
}

export interface UsablePairs {
  readonly pairs: readonly SlicePair[];
  /** Why the rest, or all of them, say nothing. */
  readonly invalid: readonly string[];
}

/**
 * The pairs that can be compared. A generator that is late now and then loses single pairs and not the whole comparison: both copies
 * meet the same lateness, in random order, so it is noise and no bias.
 */
export function usablePairs(
  pairs: readonly SlicePair[],
  { asked, generators }: { readonly asked: number; readonly generators: Readonly<Record<Arm, GeneratorOfArm>> },
): UsablePairs {
  const usable = pairs.filter(({ base, change }) =>
    [base, change].every(({ latencies }) => (latencies[""]?.completed ?? 0) >= leastAnswered * asked),
  );
  const arms: readonly Arm[] = ["base", "change"];
  const invalid = arms.flatMap((arm) => {
    const { cpu, portsExhausted } = generators[arm];
    const answered = sum(pairs, (pair) => pair[arm].latencies[""]?.completed ?? 0);
    const errors = sum(pairs, (pair) => pair[arm].latencies[""]?.errors ?? 0);
    return [
      ...(cpu > mostGeneratorCpu ? [`the generator of the ${arm} used ${Math.round(cpu * 100)} % of its core`] : []),
      ...(portsExhausted > 0 ? [`the generator of the ${arm} ran out of ports`] : []),
      ...(errors > mostErrors * Math.max(answered, errors)
        ? [`${Math.round((100 * errors) / Math.max(answered, errors))} % of the requests to the ${arm} failed`]
        : []),
    ];
  });
  const half = pairs.length / 2;
  if (usable.length < half)
    invalid.push(
      `in ${pairs.length - usable.length} of ${pairs.length} pairs a copy answered less than ${leastAnswered * 100} % of what it was asked`,
    );
  return { pairs: invalid.length > 0 ? [] : usable, invalid };
}

function sum(pairs: readonly SlicePair[], pick: (pair: SlicePair) => number): number {
  return pairs.reduce((total, pair) => total + pick(pair), 0);
}
