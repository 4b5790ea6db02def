import type { Exercise, ProgramFiles } from "../contract.ts";
import { randomFrom, shuffle } from "./seeded-random.ts";

export interface PlannedRun {
  readonly kind: "reference" | "decoy" | "variant";
  /** Of the decoy or variant. */
  readonly id: string;
  readonly files: ProgramFiles;
}

const referenceRuns = 3;

export interface PlanOptions {
  readonly seed: number;
  readonly runsPerProcess: number;
}

/**
 * Pure: every program once and the reference three times, in an order that nobody can know who has no seed. Where processes serve several
 * runs, the reference is the first of one of them, and nobody can know of which.
 */
export function planRuns(
  { reference, decoys, variants }: Pick<Exercise, "reference" | "decoys" | "variants">,
  { seed, runsPerProcess }: PlanOptions,
): readonly PlannedRun[] {
  const runs: PlannedRun[] = [
    ...Array.from({ length: referenceRuns }, (_, index) => ({
      kind: "reference" as const,
      id: `reference ${index + 1}`,
      files: reference,
    })),
    ...decoys.map(({ id, files }) => ({ kind: "decoy" as const, id, files })),
    ...variants.map(({ id, files }) => ({ kind: "variant" as const, id, files })),
  ];
  const random = randomFrom(seed);
  return withReferenceFirst(shuffle(runs, random), { runsPerProcess, random });
}

function withReferenceFirst(
  runs: readonly PlannedRun[],
  { runsPerProcess, random }: Pick<PlanOptions, "runsPerProcess"> & { readonly random: () => number },
): readonly PlannedRun[] {
  // A process that is not full begins with the second look at another program.
  const starts = runs.flatMap((run, at) => (at % runsPerProcess === 0 && at + runsPerProcess <= runs.length ? [{ run, at }] : []));
  const references = runs.flatMap((run, at) => (run.kind === "reference" ? [{ run, at }] : []));
  const [start] = shuffle(starts, random);
  const [reference] = shuffle(references, random);
  if (start === undefined || reference === undefined || starts.some(({ run }) => run.kind === "reference")) return runs;
  return runs.with(start.at, reference.run).with(reference.at, start.run);
}
