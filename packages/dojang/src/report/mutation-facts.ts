/** What a mutation job found: which small changes of the code its tests notice. Terms as in the mutation testing report schema. */
export interface MutationFacts {
  readonly job: string;
  readonly engine: "stryker" | "pytest";
  /** `Stryker 9.6.1`, `pytest 8.3.2`. */
  readonly version: string;
  /** `vitest 4.0.1`, `Python 3.12.4`. */
  readonly runner: string;
  /** How many tests there are and how long they took before anything was broken; absent where no mutant could be made. */
  readonly baseline?: { readonly tests: number; readonly durationMs: number };
  readonly files: number;
  /** Absent where all lines were taken. */
  readonly changedLines?: number;
  /** Mutants that could be made of the lines. */
  readonly found: number;
  /** Of them, what `at-most` left out, and what the time did not suffice for. */
  readonly leftOut: number;
  readonly untried: number;
  /** Mutants of code that runs while modules are imported, and those the source itself takes out. */
  readonly ignored: number;
  /** Why nothing is known: the tests took all the time there was. */
  readonly unknown?: string;
  readonly durationMs: number;
  /** Killed or timed out of all that say anything; absent when there is none. */
  readonly score?: number;
  readonly mutants: readonly MutantFacts[];
}

export type MutantStatus = "killed" | "survived" | "timeout" | "no-coverage" | "error";

export interface MutantFacts {
  readonly status: MutantStatus;
  /** Repository path. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** As the engine calls the kind of change: `ConditionalExpression`, `boundary`. */
  readonly operator: string;
  /** The lines as they are, and as the mutant has them. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Names of tests that run the line, the first of `testCount`. */
  readonly tests: readonly string[];
  readonly testCount: number;
  readonly killedBy?: string;
  readonly reason?: string;
}

/** Mutants of one status, in order of file and line. */
export function mutantsWith(facts: MutationFacts, status: MutantStatus): readonly MutantFacts[] {
  return facts.mutants
    .filter((mutant) => mutant.status === status)
    .toSorted((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1));
}

/** Killed and timed out of killed, timed out, survived and not covered: the mutation score. Undefined when there is none of them. */
export function mutationScore(mutants: readonly Pick<MutantFacts, "status">[]): number | undefined {
  const telling = mutants.filter(({ status }) => status !== "error");
  const noticed = telling.filter(({ status }) => status === "killed" || status === "timeout");
  return telling.length === 0 ? undefined : noticed.length / telling.length;
}
