import { randomInt } from "node:crypto";
import { Problem } from "@dojang/model";
import type { Exercise, Judgement, RunEnd, SourceFile } from "../contract.ts";
import type { Engine, Lane } from "../engines/engine.ts";
import { decideVerdict, isKilled, type RunRecord } from "./decide-verdict.ts";
import { type PlannedRun, planRuns } from "./plan-runs.ts";
import { randomFrom, shuffle } from "./seeded-random.ts";

/**
 * An exercise and a submission -> a judgement. First all programs in random order, in warm sandboxes; then, in new ones, the reference and every
 * survivor, and where an engine lets runs share a process, some of the killed too. What a killed one does there decides: when it
 * is another thing than before, or when a correct program failed, what was seen may depend on what ran earlier, and everything is run again with a process for each run.
 * Nothing of a submission outlives this call. Several may be under way at once.
 */
export interface JudgeOptions {
  readonly exercise: Exercise;
  readonly submission: SourceFile;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Of the order of runs; random unless told. */
  readonly seed?: number;
}

const attempts = 2;
const confirmedKills = 1;

export async function judgeSubmission(options: JudgeOptions): Promise<Judgement> {
  const seed = options.seed ?? randomInt(2 ** 31);
  const begun = performance.now();
  let said = "";
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      return await judgeOnce(options, { seed, begun });
    } catch (error) {
      options.signal.throwIfAborted();
      // What the user can mend is told; anything else is tried once more and then said to be our failure.
      if (error instanceof Problem && (attempt === attempts - 1 || error.exit === "configuration")) throw error;
      said = error instanceof Error ? error.message : String(error);
    }
  }
  return {
    ...nothingRan(options.exercise, { seed, begun }),
    verdict: "internal",
    explanation: `the judge failed twice, which counts for nothing: ${said}`,
  };
}

interface Attempt {
  readonly seed: number;
  readonly begun: number;
}

async function judgeOnce(options: JudgeOptions, attempt: Attempt): Promise<Judgement> {
  const { exercise } = options;
  const { seed, begun } = attempt;
  const plan = planRuns(exercise, seed);
  const warm = await runAll(options, plan, { cold: false });
  if ("unreadable" in warm) {
    const { message, line } = warm.unreadable;
    const explanation = `the tests are no ${exercise.lang === "python" ? "Python" : "TypeScript"}${line === undefined ? "" : `, line ${line}`}: ${message}`;
    return { ...nothingRan(exercise, attempt), verdict: "compile_error", explanation };
  }
  const records = warm.stopped ? warm.records : (await confirm(options, { records: warm.records, plan, seed })).records;
  const weights = new Map(exercise.variants.map((one) => [one.id, one.weight]));
  return {
    exercise: exercise.id,
    ...decideVerdict(records, weights),
    wallMs: performance.now() - begun,
    memoryBytes: Math.max(0, ...records.map(({ outcome }) => outcome.memoryBytes)),
    seed,
    runs: records.length,
  };
}

interface Ran {
  readonly records: readonly RunRecord[];
  /** No further run could change the verdict. */
  readonly stopped: boolean;
}

async function confirm(
  options: JudgeOptions,
  { records, plan, seed }: { records: readonly RunRecord[]; plan: readonly PlannedRun[]; seed: number },
): Promise<Ran> {
  const variants = records.filter(({ run }) => run.kind === "variant");
  const survivors = variants.filter(({ outcome }) => !isKilled(outcome));
  // Only one that finished: what hangs would take its time again.
  const killed = variants.filter(({ outcome }) => isKilled(outcome) && outcome.end === "finished");
  const chosen = options.engine.isolatesRuns ? [] : shuffle(killed, randomFrom(seed + 1)).slice(0, confirmedKills);
  const reference = plan.filter(({ kind }) => kind === "reference").slice(0, 1);
  const again = shuffle([...reference, ...[...survivors, ...chosen].map(({ run }) => run)], randomFrom(seed + 2));
  const cold = await runAll(options, again, { cold: true });
  if ("unreadable" in cold) throw new Error("what could be compiled cannot be compiled any more");
  const differs = chosen.some(({ run }) =>
    cold.records.some((one) => one.run.id === run.id && one.run.kind === "variant" && !isKilled(one.outcome)),
  );
  const all = [...records, ...cold.records];
  // What is wrong with a correct program may be what an earlier run left in the process: that is not the learner's fault.
  const blamed = !options.engine.isolatesRuns && all.some(({ run, outcome }) => run.kind !== "variant" && isKilled(outcome));
  if (!differs && !blamed) return { records: all, stopped: false };
  const strict = await runAll(options, plan, { cold: false, strict: true });
  if ("unreadable" in strict) throw new Error("what could be compiled cannot be compiled any more");
  return strict;
}

async function runAll(
  { exercise, submission, engine, signal }: JudgeOptions,
  plan: readonly PlannedRun[],
  { cold, strict = cold }: { readonly cold: boolean; readonly strict?: boolean },
) {
  const lane = await engine.open({ tests: submission, limits: exercise.limits, signal, strict });
  if ("unreadable" in lane) return lane;
  try {
    return await runPlan(lane, plan, cold);
  } finally {
    await lane.close();
  }
}

async function runPlan(lane: Lane, plan: readonly PlannedRun[], cold: boolean): Promise<Ran> {
  const records: RunRecord[] = [];
  for (const run of plan) {
    const outcome = await lane.run(run.files);
    records.push({ run, outcome, cold });
    // A correct program on which the tests break a limit: the others would only cost the same again.
    if (run.kind !== "variant" && isLimit(outcome.end)) break;
  }
  return { records, stopped: records.some(({ run, outcome }) => run.kind !== "variant" && outcome.end !== "finished") };
}

function isLimit(end: RunEnd): boolean {
  return end !== "finished" && end !== "unloadable" && end !== "crashed";
}

function nothingRan(exercise: Exercise, { seed, begun }: Attempt): Omit<Judgement, "verdict" | "explanation"> {
  return {
    exercise: exercise.id,
    score: 0,
    tests: [],
    variants: [],
    idleTests: [],
    wallMs: performance.now() - begun,
    memoryBytes: 0,
    seed,
    runs: 0,
  };
}
