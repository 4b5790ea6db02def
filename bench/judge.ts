import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
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
import { countProcessorTime } from "./processor-time.ts";

/**
 * `node bench/judge.ts [seconds]`: submissions a minute for Python and TypeScript, two at a time, against a cold `pytest` and a cold
 * `node --test` for each program in the same run, one after the other in turns so that the machine's other work falls on both. Each exercise has one
 * reference, two decoys, ten variants and fourteen tests; the verdict of every program has to be the same by both ways. The processor time of a
 * submission, with all that it starts, tells more than the rate where other work runs.
 */
const seconds = Number(process.argv[2] ?? 20);
const together = 2;
const signal = AbortSignal.timeout((seconds * 10 + 120) * 1000);
const exercises = join(import.meta.dirname, "..", "exercises");
const turns = 4;

console.log(`${machine()}, ${cpus().length} cores`);
const processorTime = countProcessorTime();
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
  const fast: Tally = { count: 0, wallMs: 0, processorMs: 0 };
  const slow: Tally = { count: 0, wallMs: 0, processorMs: 0 };
  for (let turn = 0; turn < turns; turn++) {
    await addTurn(fast, ours);
    await addTurn(slow, cold);
  }
  await engine.close();
  console.log(
    `${exercise.lang.padEnd(10)} ${textOf(fast)} (target ${target}/min), cold ${textOf(slow)}, ${(perMinute(fast) / perMinute(slow)).toFixed(1)} times as many; verdicts ${same ? "identical" : "DIFFER"}; ${a.verdict}, ${a.runs} runs`,
  );
  if (!same || a.verdict !== "accepted") process.exitCode = 1;
  if (perMinute(fast) < target) console.log(`MISSED     the target of ${target}/min`);
}
console.log(
  `load ${loadavg()[0]?.toFixed(2)} after the run${processorTime === undefined ? "; processor time needs root and cpuacct" : ""}`,
);
processorTime?.close();

/** Variant -> whether it is killed, and of correct programs that they are not. */
function killedBy({ variants, verdict }: Judgement): Readonly<Record<string, boolean>> {
  return { correct: verdict === "accepted" || verdict === "survivors", ...Object.fromEntries(variants.map((one) => [one.id, one.killed])) };
}

/** What was done in several turns. */
interface Tally {
  count: number;
  wallMs: number;
  processorMs: number;
}

async function addTurn(tally: Tally, work: () => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  const processorBegun = processorTime?.readMs() ?? 0;
  const one = async () => {
    while (performance.now() - begun < (seconds * 1000) / turns) {
      await work();
      tally.count++;
    }
  };
  await Promise.all(Array.from({ length: together }, one));
  tally.wallMs += performance.now() - begun;
  tally.processorMs += (processorTime?.readMs() ?? 0) - processorBegun;
}

function textOf({ count, wallMs, processorMs }: Tally): string {
  const processor = processorTime === undefined ? "" : `, ${(processorMs / count).toFixed(0)} ms CPU each`;
  return `${perMinute({ count, wallMs }).toFixed(0)} submissions/min${processor}`;
}

function perMinute({ count, wallMs }: Pick<Tally, "count" | "wallMs">): number {
  return (count / wallMs) * 60_000;
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
