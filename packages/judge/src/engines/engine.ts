import type { JudgeLimits, ProgramFiles, RunOutcome, SourceFile } from "../contract.ts";

/**
 * How tests of one language are run. `open` gives a lane: sandboxes one after the other that run the same tests on one program at a
 * time. A lane is used by one caller at a time; what goes wrong inside ends as an outcome of that run, and the next run has a new
 * sandbox. `close` is safe at any time and twice.
 */
export interface Engine {
  /** No run can leave anything to another, even in one sandbox. */
  readonly isolatesRuns: boolean;
  open(order: LaneOrder): Promise<Lane | Unreadable>;
  /** Ends what is kept for the next submission. Safe twice; without it, that ends with this process, but its control groups stay. */
  close(): Promise<void>;
}

export interface LaneOrder {
  readonly tests: SourceFile;
  readonly limits: JudgeLimits;
  readonly signal: AbortSignal;
  /** A process for each run, where several runs might share one. */
  readonly strict?: boolean;
}

export interface Lane {
  run(files: ProgramFiles, options?: { readonly shuffle?: number }): Promise<RunOutcome>;
  close(): Promise<void>;
}

/** The tests are not a program: nothing was run. */
export interface Unreadable {
  readonly unreadable: { readonly message: string; readonly line?: number };
}
