import { Problem } from "@dojang/model";
import { generatedInputs, observeProgram, observingTests } from "../checking/observe-program.ts";
import type { Exercise, ProgramFiles, RunOutcome, SourceFile } from "../contract.ts";
import type { Engine, Lane } from "../engines/engine.ts";
import type { Finding } from "./finding.ts";
import { asUnreadable, unreadableFinding } from "./prove-exercise.ts";
import { showInputs } from "./show-inputs.ts";

export interface CompareOptions {
  readonly exercise: Exercise;
  /** Written by one who saw the statement and not the reference. */
  readonly second: ProgramFiles;
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

export interface Comparison {
  readonly findings: readonly Finding[];
  /** Generated inputs on which both behave the same, of all. */
  readonly agreeing: number;
  readonly inputs: number;
}

/** A second solution has to pass the known tests, and to behave as the reference does on every generated input. Where it does not, the statement leaves something open or one of the two is wrong. */
export async function compareSolutions(options: CompareOptions): Promise<Comparison> {
  const compared = await compareRuns(options).catch(asUnreadable);
  if (!(compared instanceof Problem)) return compared;
  return { findings: [{ ...unreadableFinding(compared), place: "second solution" }], agreeing: 0, inputs: generatedInputs };
}

async function compareRuns(options: CompareOptions): Promise<Comparison> {
  const { exercise, second, engine } = options;
  const { generator } = exercise;
  if (generator === undefined) throw new Error(`${exercise.id} has no generator`);
  const failing = await withLane(options, exercise.knownTests, async (lane) => failuresOf(await lane.run(second)));
  const findings: Finding[] = failing.map((message) => ({ place: "second solution", message }));
  const seen = await withLane(options, observingTests(exercise, generator), async (lane) => ({
    reference: await observeProgram(lane, generator, exercise.reference),
    second: await observeProgram(lane, generator, second),
  }));
  if ("failed" in seen.reference) throw new Error(`the generator was proven and does not run: ${seen.reference.failed}`);
  if ("failed" in seen.second) {
    findings.push({ place: "second solution", message: `it cannot be observed: ${seen.second.failed}` });
    return { findings, agreeing: 0, inputs: generatedInputs };
  }
  const { digests } = seen.second;
  const differing = seen.reference.digests.flatMap((digest, number) => (digest === digests[number] ? [] : [number]));
  if (differing.length > 0) {
    const show = (files: ProgramFiles) => showInputs({ exercise, generator, files, numbers: differing, engine, signal: options.signal });
    const [ofReference, ofSecond] = [await show(exercise.reference), await show(second)];
    const shown = ofReference.map(({ number, input, seen: one }) => {
      const other = ofSecond.find((it) => it.number === number)?.seen ?? "nothing";
      return `on input ${input} the reference gives ${one} and the second solution ${other}`;
    });
    findings.push({
      place: "second solution",
      message: [`it differs from the reference on ${differing.length} of ${generatedInputs} generated inputs`, ...shown].join("; "),
    });
  }
  return { findings, agreeing: generatedInputs - differing.length, inputs: generatedInputs };
}

async function withLane<Value>(
  { exercise, engine, signal }: CompareOptions,
  tests: SourceFile,
  work: (lane: Lane) => Promise<Value>,
): Promise<Value> {
  const lane = await engine.open({ tests, limits: exercise.limits, signal });
  if ("unreadable" in lane) throw new Error(`tests that were proven cannot be read: ${lane.unreadable.message}`);
  try {
    return await work(lane);
  } finally {
    await lane.close();
  }
}

const mostTold = 5;

function failuresOf({ end, tests, message }: RunOutcome): readonly string[] {
  if (end !== "finished") return [`the known tests do not finish on it: ${end} ${message ?? ""}`];
  const failed = tests.filter((test) => test.outcome === "failed");
  return failed.slice(0, mostTold).map((test) => `the known test ${test.name} fails on it: ${test.message ?? ""}`);
}
