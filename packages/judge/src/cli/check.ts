import { exitCodes, type Finding, formatFinding, Problem } from "@dojang/model";
import { type CheckedExercise, checkExercise } from "../checking/check-exercise.ts";
import type { Language } from "../contract.ts";
import type { Engine } from "../engines/engine.ts";
import { createEngine } from "../engines/engines.ts";
import { loadExercise } from "../exercise/load-exercise.ts";
import type { CommandContext } from "./command-context.ts";

export interface CheckFlags {
  readonly json?: boolean;
  readonly python?: string;
}

export async function check(
  { folders, flags }: { readonly folders: readonly string[]; readonly flags: CheckFlags },
  { signal }: CommandContext,
): Promise<void> {
  const exercises = await loadAll(folders);
  const engines = new Map<Language, Engine>();
  let holds = true;
  try {
    for (const exercise of exercises) {
      const engine = engines.get(exercise.lang) ?? (await createEngine(exercise.lang, flags));
      engines.set(exercise.lang, engine);
      const checked = await checkExercise({ exercise, engine, signal });
      holds &&= !checked.findings.some((one) => one.severity === "error");
      process.stdout.write(flags.json ? `${JSON.stringify(checked)}\n` : checkedText(checked));
    }
  } finally {
    for (const engine of engines.values()) await engine.close();
  }
  process.exitCode = holds ? exitCodes.passed : exitCodes.failed;
}

/** What is wrong with the files of all is told before anything runs. */
async function loadAll(folders: readonly string[]) {
  const loaded = await Promise.allSettled(folders.map(loadExercise));
  const problems = loaded.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const other = problems.find((one) => !(one instanceof Problem));
  if (other !== undefined) throw other;
  const findings = problems.flatMap((one): readonly Finding[] => one.findings);
  if (problems.length === 1) throw problems[0];
  if (problems.length > 1) {
    const fix = "docs/guides/exercises.md says what an exercise's folder holds";
    throw new Problem({
      code: "exercise-invalid",
      exit: "configuration",
      message: `${problems.length} folders are no exercises`,
      fix,
      findings,
    });
  }
  return loaded.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

function checkedText({ id, findings, tests, kills, shownBy }: CheckedExercise): string {
  const variants = Object.keys(kills).length;
  if (!findings.some((one) => one.severity === "error")) {
    const shown = Object.values(shownBy);
    const inputs = shown.length === 0 ? "" : `, each shown by ${Math.min(...shown)} generated inputs or more`;
    const ok = `ok      ${id}: ${tests.length} known tests, ${variants} variants${inputs}`;
    return `${[ok, ...findings.map((one) => `  ${formatFinding(one)}`)].join("\n")}\n`;
  }
  return `${[`FAILED  ${id}`, ...findings.map((one) => `  ${formatFinding(one)}`)].join("\n")}\n`;
}
