/**
 * What the judge is asked and what it answers. An exercise has a reference, decoys that behave as it does, and variants
 * with one bug each. A submission is one file of tests: it is accepted when it passes on the reference and on all decoys and
 * fails on every variant. What a guest does is a result and never a Problem.
 */
export const languages = ["python", "typescript"] as const;
export type Language = (typeof languages)[number];

export const spokenLanguages = ["ko", "en"] as const;
export type Texts = Readonly<Record<(typeof spokenLanguages)[number], string>>;

/** Path inside the folder -> text. */
export type ProgramFiles = Readonly<Record<string, string>>;

export interface SourceFile {
  /** Without folders. */
  readonly name: string;
  readonly text: string;
}

export interface JudgeLimits {
  /** Of one run of the tests on one program. */
  readonly timeMs: number;
  readonly memoryBytes: number;
  readonly outputBytes: number;
  readonly processes: number;
  readonly diskBytes: number;
}

export interface NamedProgram {
  readonly id: string;
  readonly files: ProgramFiles;
}

export interface Variant extends NamedProgram {
  readonly why: Texts;
  readonly weight: number;
}

export interface Exercise {
  readonly folder: string;
  readonly id: string;
  readonly lang: Language;
  readonly level: "easy" | "medium" | "hard";
  /** Where it stands among those of its level, from 1; behind all others when it is not said. */
  readonly order?: number;
  readonly title: Texts;
  readonly learn: Texts;
  readonly statement: Texts;
  readonly limits: JudgeLimits;
  readonly seed: number;
  readonly reference: ProgramFiles;
  readonly decoys: readonly NamedProgram[];
  readonly variants: readonly Variant[];
  readonly knownTests: SourceFile;
  readonly starter: SourceFile;
  /** Makes inputs and observes a solution with them; `check` alone runs it. Only a draft may have none. */
  readonly generator?: SourceFile;
  /** Without decoys and a generator, as `import` makes them: less of it is proven. */
  readonly draft?: boolean;
  /** A model wrote it, and no person has let it pass: not for learners. */
  readonly unapproved?: boolean;
}

export interface TestResult {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Of a failed one: what its author asserted, or anything else that was thrown. */
  readonly by?: "assertion" | "error";
  readonly message?: string;
  /** In the submission, from 1. */
  readonly line?: number;
  readonly durationMs: number;
}

/** How one run of all tests on one program ended. `unloadable`: the tests could not be loaded with it; `crashed`: the process ended before its tests did. */
export type RunEnd = "finished" | "unloadable" | "crashed" | "time" | "memory" | "output" | "processes";

export interface RunOutcome {
  readonly end: RunEnd;
  readonly tests: readonly TestResult[];
  readonly message?: string;
  /** What the tests wrote, the first 64 KiB. */
  readonly output: string;
  readonly wallMs: number;
  readonly memoryBytes: number;
}

/** `internal` is the judge's own failure: it was tried again and is never counted against the learner. */
export const verdicts = [
  "accepted",
  "survivors",
  "false_alarm",
  "no_tests",
  "compile_error",
  "time",
  "memory",
  "output",
  "processes",
  "flaky",
  "internal",
] as const;
export type Verdict = (typeof verdicts)[number];

export interface VariantResult {
  readonly id: string;
  readonly killed: boolean;
  /** Names of the tests that failed on it. */
  readonly killedBy: readonly string[];
  readonly end: RunEnd;
  readonly weight: number;
  readonly wallMs: number;
  readonly memoryBytes: number;
  /** Of each test that failed, and of the run when it did not finish. */
  readonly messages: Readonly<Record<string, string>>;
}

export interface Judgement {
  readonly exercise: string;
  readonly verdict: Verdict;
  /** Weight of what was killed over all weight, from 0 to 1; 0 unless reference and decoys pass. */
  readonly score: number;
  /** Why it is not accepted, for the learner. */
  readonly explanation: string;
  /** Of the reference. */
  readonly tests: readonly TestResult[];
  readonly variants: readonly VariantResult[];
  /** Tests that fail on no variant. */
  readonly idleTests: readonly string[];
  readonly wallMs: number;
  readonly memoryBytes: number;
  /** Gives the same order of runs again. */
  readonly seed: number;
  readonly runs: number;
}
