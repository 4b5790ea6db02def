/**
 * A Problem is an error a user can act on: what happened, to what, the value seen, and what to do next.
 * A failed test is a result and never a Problem; a bug in Dojang is any other exception.
 */
export const exitCodes = {
  passed: 0,
  failed: 1,
  configuration: 2,
  infrastructure: 3,
  refused: 4,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exitCodes;

/** Where a Problem was found. Lines and columns count from 1. `path` is the key path inside the file: `jobs.lint.steps[0].run`. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
}

/** One thing wrong with an input file. `dojang check` prints every finding of a run at once. */
export interface Finding {
  readonly severity: "error" | "warning" | "note";
  readonly code: string;
  readonly place: Place;
  readonly message: string;
  readonly fix: string;
}

export interface ProblemOptions {
  /** Stable, kebab-case, of the catalogue in docs/reference/problems.md: `port-clash`. */
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly exit: Exclude<ExitName, "passed" | "failed" | "bug">;
  readonly place?: Place;
  readonly findings?: readonly Finding[];
  readonly cause?: unknown;
}

export class Problem extends Error {
  readonly code: string;
  readonly fix: string;
  readonly exit: ProblemOptions["exit"];
  readonly place: Place | undefined;
  readonly findings: readonly Finding[];

  constructor(options: ProblemOptions) {
    super(options.message, { cause: options.cause });
    this.name = "Problem";
    this.code = options.code;
    this.fix = options.fix;
    this.exit = options.exit;
    this.place = options.place;
    this.findings = options.findings ?? [];
  }

  get exitCode(): number {
    return exitCodes[this.exit];
  }
}

/** `file:line:column path: message; fix`: the one way a finding is written for people. */
export function formatFinding(finding: Finding): string {
  const { file, line, column, path } = finding.place;
  const position = [file, line, column].filter((part) => part !== undefined).join(":");
  return `${position}${path ? ` ${path}` : ""}: ${finding.message}; ${finding.fix}`;
}
