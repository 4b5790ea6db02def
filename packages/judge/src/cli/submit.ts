import { exitCodes } from "@dojang/model";
import type { Exercise, Judgement, spokenLanguages } from "../contract.ts";
import { createEngine } from "../engines/engines.ts";
import { loadExercise } from "../exercise/load-exercise.ts";
import { judgeSubmission } from "../judging/judge-submission.ts";
import type { CommandContext } from "./command-context.ts";
import { readSubmission } from "./read-submission.ts";

export interface SubmitFlags {
  readonly json?: boolean;
  readonly python?: string;
  readonly seed?: number;
  readonly strict?: boolean;
  readonly lang: (typeof spokenLanguages)[number];
}

export async function submit(
  { folder, file, flags }: { readonly folder: string; readonly file: string; readonly flags: SubmitFlags },
  { signal }: CommandContext,
): Promise<void> {
  const exercise = await loadExercise(folder);
  const submission = await readSubmission(file);
  const engine = await createEngine(exercise.lang, flags);
  const judgement = await judgeSubmission({ exercise, submission, engine, signal, seed: flags.seed, strict: flags.strict }).finally(() =>
    engine.close(),
  );
  process.stdout.write(flags.json ? `${JSON.stringify(judgement)}\n` : judgementText(exercise, judgement, flags.lang));
  process.exitCode = exitCodeOf(judgement);
}

export function exitCodeOf({ verdict }: Judgement): number {
  if (verdict === "accepted") return exitCodes.passed;
  return verdict === "internal" ? exitCodes.infrastructure : exitCodes.failed;
}

/** What was caught is explained; of what was not, only how many there are. */
function judgementText(exercise: Exercise, judgement: Judgement, lang: SubmitFlags["lang"]): string {
  const why = new Map(exercise.variants.map((one) => [one.id, one.why[lang].trim()]));
  const caught = judgement.variants.filter((one) => one.killed);
  const survivors = judgement.variants.length - caught.length;
  const lines = [`${judgement.verdict}: ${judgement.explanation}`];
  const counted = judgement.verdict === "accepted" || judgement.verdict === "survivors";
  if (counted) {
    lines.push("");
    for (const one of caught) {
      const by = one.killedBy.length > 0 ? one.killedBy.join(", ") : one.end;
      lines.push(`  caught  ${one.id}  (${by})`, ...(why.get(one.id) ?? "").split("\n").map((line) => `          ${line}`));
    }
    for (let index = 0; index < survivors; index++) lines.push("  not caught yet");
    if (judgement.idleTests.length > 0) lines.push("", `  tests that catch nothing: ${judgement.idleTests.join(", ")}`);
  }
  const percent = Math.round(judgement.score * 100);
  lines.push("", `score ${percent} %, ${judgement.tests.length} tests, ${judgement.runs} runs, ${(judgement.wallMs / 1000).toFixed(2)} s`);
  return `${lines.join("\n")}\n`;
}
