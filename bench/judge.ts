import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  createEngine,
  type Exercise,
  type Judgement,
  judgeSubmission,
  loadExercise,
  type ProgramFiles,
} from "../packages/judge/src/index.ts";
import { machine } from "./load/run-tool.ts";

/**
 * `node bench/judge.ts [seconds]`: submissions a minute for Python and TypeScript, two at a time, against a cold `pytest` and a cold
 * `node --test` for each program in the same run, one after the other in turns so that the machine's other work falls on both. Each exercise has one
 * reference, two decoys, ten variants and fourteen tests; the verdict of every program has to be the same by both ways.
 */
const seconds = Number(process.argv[2] ?? 20);
const together = 2;
const signal = AbortSignal.timeout((seconds * 10 + 120) * 1000);
const exercises = join(import.meta.dirname, "..", "exercises");
const turns = 4;

console.log(`${machine()}, ${cpus().length} cores`);
for (const { id, target } of [
  { id: "ticket-price", target: 200 },
  { id: "page-of-list", target: 300 },
]) {
  const exercise = await loadExercise(join(exercises, id));
  const engine = await createEngine(exercise.lang);
  const ours = () => judgeSubmission({ exercise, submission: exercise.knownTests, engine, signal });
  const cold = () => runCold(exercise);
  await ours();
  const [a, b] = [await ours(), await cold()];
  const same = JSON.stringify(killedBy(a)) === JSON.stringify(b);
  const counts = { ours: 0, oursMs: 0, cold: 0, coldMs: 0 };
  for (let turn = 0; turn < turns; turn++) {
    const first = await repeat(ours, (seconds * 1000) / turns);
    const second = await repeat(cold, (seconds * 1000) / turns);
    counts.ours += first.count;
    counts.oursMs += first.ms;
    counts.cold += second.count;
    counts.coldMs += second.ms;
  }
  await engine.close();
  const perMinute = (counts.ours / counts.oursMs) * 60_000;
  const coldPerMinute = (counts.cold / counts.coldMs) * 60_000;
  console.log(
    `${exercise.lang.padEnd(10)} ${perMinute.toFixed(0).padStart(4)} submissions/min (target ${target}), cold ${coldPerMinute.toFixed(0)}/min, ${(perMinute / coldPerMinute).toFixed(1)} times as many; verdicts ${same ? "identical" : "DIFFER"}; ${a.verdict}, ${a.runs} runs`,
  );
  if (!same || a.verdict !== "accepted") process.exitCode = 1;
  if (perMinute < target) console.log(`           below the target of ${target}`);
}

/** Variant -> whether it is killed, and of correct programs that they are not. */
function killedBy({ variants, verdict }: Judgement): Readonly<Record<string, boolean>> {
  return { correct: verdict === "accepted" || verdict === "survivors", ...Object.fromEntries(variants.map((one) => [one.id, one.killed])) };
}

async function repeat(work: () => Promise<unknown>, forMs: number): Promise<{ count: number; ms: number }> {
  const begun = performance.now();
  let count = 0;
  const one = async () => {
    while (performance.now() - begun < forMs) {
      await work();
      count++;
    }
  };
  await Promise.all(Array.from({ length: together }, one));
  return { count, ms: performance.now() - begun };
}

/** As anyone would without a judge: a folder and a new process for each program, 3 times for the reference as the judge does. */
async function runCold(exercise: Exercise): Promise<Readonly<Record<string, boolean>>> {
  const killed: Record<string, boolean> = {};
  const correct: boolean[] = [];
  for (let round = 0; round < 3; round++) correct.push(await passesCold(exercise, exercise.reference));
  for (const decoy of exercise.decoys) correct.push(await passesCold(exercise, decoy.files));
  for (const { id, files } of exercise.variants) killed[id] = !(await passesCold(exercise, files));
  return { correct: correct.every(Boolean), ...killed };
}

async function passesCold({ lang, knownTests }: Exercise, files: ProgramFiles): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "dojang-bench-judge-"));
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries({ ...files, [basename(knownTests.name)]: knownTests.text }))
      writeFileSync(join(folder, name), text);
    const argv =
      lang === "python"
        ? ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", knownTests.name]
        : [process.execPath, "--test", knownTests.name];
    return (await exitCode(argv, folder)) === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function exitCode([program = "", ...args]: readonly string[], cwd: string): Promise<number | null> {
  // The variable would make `node --test` take itself for a child of another run.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(program, args, { cwd, stdio: "ignore", env });
  return new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
}
