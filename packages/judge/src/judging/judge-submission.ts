import { randomInt } from "node:crypto";
import { Problem } from "@dojang/model";
import type { Exercise, Judgement, RunEnd, SourceFile } from "../contract.ts";
import type { Engine, Lane, Unreadable } from "../engines/engine.ts";
import { decideVerdict, isKilled, type RunRecord } from "./decide-verdict.ts";
import { type PlannedRun, planRuns } from "./plan-runs.ts";
import { randomFrom, shuffle } from "./seeded-random.ts";

/**
 * An exercise and a submission -> a judgement. All programs in random order, then a second look: at every survivor in a new sandbox, and at
 * what else the verdict stands on. Where an engine lets runs share a process, a verdict stands on runs that were the first of theirs:
 * of the reference, of the survivors, and of one that was killed later in a process. That one is looked at again where a new process begins
 * anyway. When it is another thing there than before, or when a correct program failed, what was seen may depend on what ran earlier, and
 * everything is run again with a process for each run.
 * Nothing of a submission outlives this call. Several may be under way at once.
 */
export interface JudgeOptions {
  readonly exercise: Exercise;
  readonly submission: SourceFile;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Of the order of runs; random unless told. */
  readonly seed?: number;
  /** A new sandbox for each run from the start, and nothing is concluded from one run about another. Costs two to four times as much. */
  readonly strict?: boolean;
}

/** A longer one is no file that a person wrote. */
export const submissionLimitBytes = 256 * 1024;

const attempts = 2;

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
  const sizeBytes = Buffer.byteLength(options.submission.text);
  if (sizeBytes > submissionLimitBytes) {
    const explanation = `the tests have ${sizeBytes} bytes, more than ${submissionLimitBytes}`;
    return { ...nothingRan(exercise, attempt), verdict: "compile_error", explanation };
  }
  const plan = planRuns(exercise, { seed, runsPerProcess: options.strict ? 1 : options.engine.runsPerProcess });
  const ran = await runAll(options, { plan, seed }, { strict: options.strict });
  if ("unreadable" in ran) {
    const { message, line } = ran.unreadable;
    const explanation = `the tests are no ${exercise.lang === "python" ? "Python" : "TypeScript"}${line === undefined ? "" : `, line ${line}`}: ${message}`;
    return { ...nothingRan(exercise, attempt), verdict: "compile_error", explanation };
  }
  const { records } = options.strict ? ran : await conclude(options, { ran, plan, seed });
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

interface Planned {
  readonly plan: readonly PlannedRun[];
  readonly seed: number;
}

/** Strictly, each run has a process of its own, and none is looked at twice. */
async function runAll(
  options: JudgeOptions,
  { plan, seed }: Planned,
  { strict = false }: { readonly strict?: boolean } = {},
): Promise<Ran | Unreadable> {
  return inLane(options, { strict }, async (lane) => {
    const records: RunRecord[] = [];
    const secondLookAt = strict ? undefined : lastStart(plan.length, options.engine.runsPerProcess);
    for (const [index, run] of plan.entries()) {
      if (index === secondLookAt) records.push(...(await lookAgain(lane, sampleOf(records, seed))));
      const outcome = await lane.run(run.files);
      records.push({ run, outcome, again: false });
      // A correct program on which the tests break a limit: the others would only cost the same again.
      if (run.kind !== "variant" && isLimit(outcome.end)) break;
    }
    return { records, stopped: isStopped(records) };
  });
}

/** Where the last process begins that has room for one run more; undefined when each is full, or when a process serves one run. */
function lastStart(runs: number, runsPerProcess: number): number | undefined {
  return runs % runsPerProcess === 0 ? undefined : runs - (runs % runsPerProcess);
}

/** A killed one that was not the first of its process. Only one that finished: what hangs would take its time again. */
function sampleOf(records: readonly RunRecord[], seed: number): readonly PlannedRun[] {
  const killed = records.filter(({ run, outcome }) => run.kind === "variant" && isKilled(outcome) && outcome.end === "finished");
  const later = killed.filter(({ outcome }) => !outcome.fresh);
  return shuffle(later, randomFrom(seed + 1))
    .slice(0, 1)
    .map(({ run }) => run);
}

async function lookAgain(lane: Lane, runs: readonly PlannedRun[]): Promise<readonly RunRecord[]> {
  const records: RunRecord[] = [];
  for (const run of runs) {
    const outcome = await lane.run(run.files, { fresh: true });
    records.push({ run, outcome, again: true });
    if (run.kind !== "variant" && isLimit(outcome.end)) break;
  }
  return records;
}

async function conclude(options: JudgeOptions, { ran, plan, seed }: Planned & { readonly ran: Ran }): Promise<Ran> {
  if (!ran.stopped) return confirm(options, { records: ran.records, plan, seed });
  // In a process that served other runs before, what they left may be what was too much.
  const isSure = ran.records.some((one) => isStopping(one) && one.outcome.fresh);
  return isSure ? ran : compiled(await runAll(options, { plan, seed }, { strict: true }));
}

async function confirm(options: JudgeOptions, { records, plan, seed }: Planned & Pick<Ran, "records">): Promise<Ran> {
  const first = records.filter((one) => !one.again);
  const survivors = first.filter(({ run, outcome }) => run.kind === "variant" && !isKilled(outcome)).map(({ run }) => run);
  const hasFreshReference = first.some(({ run, outcome }) => run.kind === "reference" && outcome.fresh);
  const reference = hasFreshReference ? [] : plan.filter(({ kind }) => kind === "reference").slice(0, 1);
  const killed = first.length < records.length ? [] : sampleOf(records, seed);
  const runs = shuffle([...reference, ...survivors, ...killed], randomFrom(seed + 2));
  const more = runs.length === 0 ? [] : compiled(await inLane(options, { strict: false }, (lane) => lookAgain(lane, runs)));
  const all = [...records, ...more];
  const differs = all.some(({ run, outcome, again }) => again && run.kind === "variant" && !survivors.includes(run) && !isKilled(outcome));
  // What is wrong with a correct program may be what an earlier run left in the process: that is not the learner's fault.
  const blamed = all.some(({ run, outcome }) => run.kind !== "variant" && isKilled(outcome));
  if (options.engine.runsPerProcess === 1 || (!differs && !blamed)) return { records: all, stopped: false };
  return compiled(await runAll(options, { plan, seed }, { strict: true }));
}

async function inLane<Value>(
  { exercise, submission, engine, signal }: JudgeOptions,
  { strict }: { readonly strict: boolean },
  work: (lane: Lane) => Promise<Value>,
): Promise<Value | Unreadable> {
  const lane = await engine.open({ tests: submission, limits: exercise.limits, signal, strict });
  if ("unreadable" in lane) return lane;
  try {
    return await work(lane);
  } finally {
    await lane.close();
  }
}

function compiled<Value extends object>(value: Value | Unreadable): Value {
  if ("unreadable" in value) throw new Error("what could be compiled cannot be compiled any more");
  return value;
}

function isStopped(records: readonly RunRecord[]): boolean {
  return records.some(isStopping);
}

function isStopping({ run, outcome }: RunRecord): boolean {
  return run.kind !== "variant" && outcome.end !== "finished";
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
