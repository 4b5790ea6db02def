import type { Engine, Exercise, RunOutcome, SourceFile, Unreadable } from "@dojang/judge";

export interface TryOptions {
  readonly exercise: Exercise;
  readonly tests: SourceFile;
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

/** The tests once on the correct program, in the judge's sandbox: no variant is run, and nothing is remembered. */
export async function tryTests({ exercise, tests, engine, signal }: TryOptions): Promise<RunOutcome | Unreadable> {
  const lane = await engine.open({ tests, limits: exercise.limits, signal });
  if ("unreadable" in lane) return lane;
  try {
    return await lane.run(exercise.reference);
  } finally {
    await lane.close();
  }
}

/** Something ran, and nothing failed. */
export function isPassed({ end, tests }: RunOutcome): boolean {
  return end === "finished" && tests.some((test) => test.outcome === "passed") && !tests.some((test) => test.outcome === "failed");
}
