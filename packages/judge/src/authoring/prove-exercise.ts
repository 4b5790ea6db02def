import { relative } from "node:path";
import { Problem } from "@dojang/model";
import { checkExercise } from "../checking/check-exercise.ts";
import type { Exercise } from "../contract.ts";
import type { Engine } from "../engines/engine.ts";
import { loadExercise } from "../exercise/load-exercise.ts";
import { judgeSubmission } from "../judging/judge-submission.ts";
import type { Finding } from "./finding.ts";

/** Every program of it is a stranger's, and runs in the judge's sandbox alone. */
export interface ProvenExercise {
  /** With more time for a run; nothing when its files are not those of an exercise. */
  readonly exercise?: Exercise;
  readonly findings: readonly Finding[];
  readonly knownTests: number;
}

export interface ProveOptions {
  readonly folder: string;
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

/** A program of TypeScript that is none is a Problem to the engine, for persons write exercises; of a model's it is a flaw like others. */
export function asUnreadable(error: unknown): Problem {
  if (error instanceof Problem && error.code === "exercise-program-unreadable") return error;
  throw error;
}

export const unreadableFinding = ({ message }: Problem): Finding => ({ place: "program", message });

const patientTimeMs = 15_000;

/** A run that is late because the machine is busy would be sent back to the model, and that is paid for. */
function withPatience(exercise: Exercise): Exercise {
  return { ...exercise, limits: { ...exercise.limits, timeMs: Math.max(exercise.limits.timeMs, patientTimeMs) } };
}

/** What `dojang-judge check` asks for, and a starter that is a beginning: it passes, and catches too little. Everything that does not hold is found at once. */
export async function proveExercise({ folder, engine, signal }: ProveOptions): Promise<ProvenExercise> {
  const exercise = await loadExercise(folder).then(withPatience, (error: unknown) => {
    if (error instanceof Problem) return error;
    throw error;
  });
  const place = (file: string) => relative(folder, file) || ".";
  if (exercise instanceof Problem)
    return { findings: exercise.findings.map((one) => ({ place: place(one.place.file), message: one.message })), knownTests: 0 };
  const checked = await checkExercise({ exercise, engine, signal }).catch(asUnreadable);
  if (checked instanceof Problem) return { exercise, findings: [unreadableFinding(checked)], knownTests: 0 };
  const findings: Finding[] = checked.findings
    .filter((one) => one.severity === "error")
    .map((one) => ({ place: place(one.place.file), message: `${one.message}; ${one.fix}` }));
  if (findings.length === 0) {
    const judged = await judgeSubmission({ exercise, submission: exercise.starter, engine, signal, seed: exercise.seed });
    if (judged.verdict === "accepted")
      findings.push({ place: "starter", message: "it catches every variant already: there is nothing left to learn" });
    else if (judged.verdict !== "survivors")
      findings.push({ place: "starter", message: `it does not pass on the reference and the decoys: ${judged.explanation}` });
  }
  return { exercise, findings, knownTests: checked.tests.length };
}
