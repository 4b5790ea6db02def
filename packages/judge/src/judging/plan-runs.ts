import type { Exercise, ProgramFiles } from "../contract.ts";
import { randomFrom, shuffle } from "./seeded-random.ts";

export interface PlannedRun {
  readonly kind: "reference" | "decoy" | "variant";
  /** Of the decoy or variant. */
  readonly id: string;
  readonly files: ProgramFiles;
}

const referenceRuns = 3;

/** Pure: every program once and the reference three times, in an order that nobody can know who has no seed. */
export function planRuns(
  { reference, decoys, variants }: Pick<Exercise, "reference" | "decoys" | "variants">,
  seed: number,
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
  return shuffle(runs, randomFrom(seed));
}
