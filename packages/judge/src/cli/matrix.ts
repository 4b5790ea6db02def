import type { Judgement } from "../contract.ts";
import { createEngine } from "../engines/engines.ts";
import { loadExercise } from "../exercise/load-exercise.ts";
import { judgeSubmission } from "../judging/judge-submission.ts";
import type { CommandContext } from "./command-context.ts";
import { readSubmission } from "./read-submission.ts";
import { exitCodeOf } from "./submit.ts";

export interface MatrixFlags {
  readonly json?: boolean;
  readonly python?: string;
}

export async function matrix(
  { folder, file, flags }: { readonly folder: string; readonly file: string | undefined; readonly flags: MatrixFlags },
  { signal }: CommandContext,
): Promise<void> {
  const exercise = await loadExercise(folder);
  const submission = file === undefined ? exercise.knownTests : await readSubmission(file);
  const engine = await createEngine(exercise.lang, flags);
  const judgement = await judgeSubmission({ exercise, submission, engine, signal }).finally(() => engine.close());
  process.stdout.write(flags.json ? `${JSON.stringify(judgement)}\n` : matrixText(judgement));
  process.exitCode = exitCodeOf(judgement);
}

/** Tests down, variants across; a variant that ended the run before any test could fail has its end below. */
export function matrixText({ tests, variants, verdict, explanation }: Judgement): string {
  const width = Math.max(4, ...tests.map((test) => test.name.length));
  const head = variants.map(
    (one, index) =>
      `${String(index + 1).padStart(3)}  ${one.id}${one.killed ? "" : "  (not caught)"}${one.end === "finished" ? "" : `  (${one.end})`}`,
  );
  const columns = variants.map((_, index) => String(index + 1).padStart(3)).join("");
  const rows = tests.map(
    (test) => `${test.name.padEnd(width)} ${variants.map((one) => (one.killedBy.includes(test.name) ? "  x" : "  .")).join("")}`,
  );
  return `${[...head, "", `${"".padEnd(width)} ${columns}`, ...rows, "", `${verdict}: ${explanation}`].join("\n")}\n`;
}
