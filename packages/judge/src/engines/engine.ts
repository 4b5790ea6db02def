import type { JudgeLimits, ProgramFiles, RunOutcome, SourceFile } from "../contract.ts";

/**
 * How tests of one language are run. `open` gives a lane: sandboxes one after the other that run the same tests on one program at a
 * time. A lane is used by one caller at a time; what goes wrong inside ends as an outcome of that run, and the next run has a new
 * sandbox. `close` is safe at any time and twice.
 */
export interface Engine {
  /** How many runs may share a process; 1: no run can leave anything to another, even in one sandbox. */
  readonly runsPerProcess: number;
  open(order: LaneOrder): Promise<Lane | Unreadable>;
  /** Ends what is kept for the next submission. Safe twice; without it, that ends with this process, but its control groups stay. */
  close(): Promise<void>;
}

export interface LaneOrder {
  readonly tests: SourceFile;
  readonly limits: JudgeLimits;
  readonly signal: AbortSignal;
  /** A sandbox for each run, and none that another submission has seen or will see. */
  readonly strict?: boolean;
}

export interface RunOptions {
  readonly shuffle?: number;
  /** In a process that has run nothing; otherwise where the last one was, while that may serve another. */
  readonly fresh?: boolean;
}

export interface LaneOutcome extends RunOutcome {
  /** Whether nothing was run in the process before. */
  readonly fresh: boolean;
}

export interface Lane {
  run(files: ProgramFiles, options?: RunOptions): Promise<LaneOutcome>;
  close(): Promise<void>;
}

/** The tests are not a program: nothing was run. */
export interface Unreadable {
  readonly unreadable: { readonly message: string; readonly line?: number };
}
