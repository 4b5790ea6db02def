import { join } from "node:path";
import type { Finding } from "@dojang/model";
import type { Exercise, RunOutcome, SourceFile } from "../contract.ts";
import type { Engine, Lane, Unreadable } from "../engines/engine.ts";
import { observeProgram, observingTests } from "./observe-program.ts";

/**
 * Proves an exercise: the known tests pass on the reference and every decoy ten times in shuffled order; each variant is caught by an
 * assertion; no two variants are caught by the same tests; inputs made by the generator tell the reference from each variant
 * and never from a decoy. Everything that does not hold is found at once. An exercise that cannot be run is a finding, too.
 */
export interface CheckedExercise {
  readonly id: string;
  readonly findings: readonly Finding[];
  readonly tests: readonly string[];
  /** Variant -> the known tests that fail on it. */
  readonly kills: Readonly<Record<string, readonly string[]>>;
  /** Variant -> how many of the generated inputs show its bug. */
  readonly shownBy: Readonly<Record<string, number>>;
}

export interface CheckOptions {
  readonly exercise: Exercise;
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

const rounds = 10;
const observingTimeMs = 30_000;

export async function checkExercise(options: CheckOptions): Promise<CheckedExercise> {
  const findings: Finding[] = [];
  const known = await withLane(options, options.exercise.knownTests, (lane) => checkKnownTests(options.exercise, lane, findings));
  findings.push(...missingOf(options.exercise));
  const { generator } = options.exercise;
  const generated =
    generator === undefined
      ? { shownBy: {} }
      : await withLane(
          options,
          observingTests(options.exercise, generator),
          async (lane) => ({ shownBy: await checkGenerated({ exercise: options.exercise, generator, lane }, findings) }),
          // Of a run of a learner's tests; hundreds of inputs may take longer where the machine is busy.
          { ...options.exercise.limits, timeMs: Math.max(options.exercise.limits.timeMs, observingTimeMs) },
        );
  const { tests, kills } = "unreadable" in known ? { tests: [], kills: {} } : known;
  if ("unreadable" in known)
    findings.push(
      finding(options.exercise, "tests/known", "check-known-tests", `they cannot be read: ${known.unreadable.message}`, "correct them"),
    );
  if ("unreadable" in generated) throw new Error(`our own tests cannot be read: ${generated.unreadable.message}`);
  return { id: options.exercise.id, findings, tests, kills, shownBy: generated.shownBy };
}

async function withLane<Value>(
  { exercise, engine, signal }: CheckOptions,
  tests: Exercise["knownTests"],
  work: (lane: Lane) => Promise<Value>,
  limits = exercise.limits,
): Promise<Value | Unreadable> {
  const lane = await engine.open({ tests, limits, signal });
  if ("unreadable" in lane) return lane;
  try {
    return await work(lane);
  } finally {
    await lane.close();
  }
}

async function checkKnownTests(exercise: Exercise, lane: Lane, findings: Finding[]) {
  let tests: readonly string[] = [];
  for (const { place, files } of correctPrograms(exercise)) {
    for (let round = 0; round < rounds; round++) {
      const outcome = await lane.run(files, round === 0 ? {} : { shuffle: exercise.seed + round });
      if (tests.length === 0) tests = outcome.tests.map((test) => test.name);
      const wrong = wrongOn(outcome);
      if (wrong === undefined) continue;
      const order = round === 0 ? "" : ` in shuffled order ${round}`;
      const message = `the known tests do not pass on it${order}: ${wrong}`;
      // Tests that lean on each other are a fault of the tests, which a draft may have: its learners' tests are run in their own order.
      const severity = exercise.draft && round > 0 && outcome.end === "finished" ? "warning" : "error";
      findings.push({ ...finding(exercise, place, "check-false-alarm", message, "correct the tests or the program"), severity });
      break;
    }
  }
  const kills: Record<string, readonly string[]> = {};
  const owners = new Map<string, string>();
  for (const { id, files } of exercise.variants) {
    const outcome = await lane.run(files);
    const failed = outcome.tests.filter((test) => test.outcome === "failed");
    const place = `variants/${id}/src`;
    kills[id] = failed.map((test) => test.name);
    const wrong = uncaught(outcome, { isDraft: exercise.draft === true });
    if (wrong !== undefined) findings.push({ ...finding(exercise, place, wrong.code, wrong.message, wrong.fix), severity: wrong.severity });
    const vector = JSON.stringify(kills[id]);
    const owner = owners.get(vector);
    if (owner !== undefined && failed.length > 0)
      findings.push(
        finding(
          exercise,
          place,
          "check-same-kills",
          `the same known tests fail on it as on ${owner}: ${failed.map((test) => test.name).join(", ")}`,
          "tell them apart by one more test, or drop one",
        ),
      );
    owners.set(vector, id);
  }
  return { tests, kills };
}

type Uncaught = Pick<Finding, "severity" | "code" | "message" | "fix">;

/**
 * What is wrong with how a variant was caught. Bugs of programs that were not written to teach often end in an endless loop or an exception: a draft may have those, and it
 * is said of them. A program that cannot be loaded is none.
 */
function uncaught({ end, tests, message }: RunOutcome, { isDraft }: { readonly isDraft: boolean }): Uncaught | undefined {
  const failed = tests.filter((test) => test.outcome === "failed");
  if (end === "finished" && failed.some((test) => test.by === "assertion")) return undefined;
  const isCaught = end === "finished" ? failed.length > 0 : end !== "unloadable";
  const severity = isDraft && isCaught ? "warning" : "error";
  if (end !== "finished")
    return {
      severity,
      code: "check-not-loaded",
      message: `the tests do not finish on it (${end}): ${message ?? ""}`,
      fix: "let it have a bug that a test can see",
    };
  return {
    severity,
    code: "check-not-killed",
    message: failed[0] ? `only errors show it: ${failed[0].message}` : "no known test fails on it",
    fix: "write a known test whose assertion fails on it",
  };
}

function wrongOn({ end, tests, message }: RunOutcome): string | undefined {
  if (end !== "finished") return `${end} ${message ?? ""}`;
  const failed = tests.find((test) => test.outcome === "failed");
  if (failed !== undefined) return `${failed.name}: ${failed.message}`;
  return tests.some((test) => test.outcome === "passed") ? undefined : "no test was run";
}

function correctPrograms({ reference, decoys }: Exercise) {
  return [{ place: "reference", files: reference }, ...decoys.map(({ id, files }) => ({ place: `decoys/${id}`, files }))];
}

interface GeneratedCheck {
  readonly exercise: Exercise;
  readonly generator: SourceFile;
  readonly lane: Lane;
}

async function checkGenerated({ exercise, generator, lane }: GeneratedCheck, findings: Finding[]): Promise<Record<string, number>> {
  const [first, second] = [
    await observeProgram(lane, generator, exercise.reference),
    await observeProgram(lane, generator, exercise.reference),
  ];
  const broken = "failed" in first ? first.failed : "failed" in second ? second.failed : undefined;
  const shownBy: Record<string, number> = {};
  if (broken !== undefined || "failed" in first || "failed" in second) {
    findings.push(finding(exercise, generator.name, "check-generator", `it does not run on the reference: ${broken}`, "correct it"));
    return shownBy;
  }
  if (differences(first.digests, second.digests) > 0 || new Set(first.digests).size < 2)
    findings.push(
      finding(
        exercise,
        generator.name,
        "check-generator",
        "what it observes does not depend on its inputs alone",
        "use the random numbers it is given and nothing else",
      ),
    );
  for (const { id, files } of exercise.decoys) {
    const seen = await observeProgram(lane, generator, files);
    const count = "failed" in seen ? seen.failed : differences(first.digests, seen.digests);
    if (count !== 0)
      findings.push(
        finding(
          exercise,
          `decoys/${id}`,
          "check-decoy-differs",
          `${typeof count === "number" ? `${count} of ${first.digests.length} generated inputs tell it from the reference` : count}`,
          "a decoy behaves as the reference does",
        ),
      );
  }
  for (const { id, files } of exercise.variants) {
    const seen = await observeProgram(lane, generator, files);
    shownBy[id] = "failed" in seen ? first.digests.length : differences(first.digests, seen.digests);
    if (shownBy[id] === 0)
      findings.push(
        finding(
          exercise,
          `variants/${id}/src`,
          "check-variant-same",
          "no generated input tells it from the reference",
          "let the generator make inputs that show the bug, or drop the variant",
        ),
      );
  }
  return shownBy;
}

/** What a draft lacks is said, and is no reason to refuse it. */
function missingOf(exercise: Exercise): readonly Finding[] {
  if (!exercise.draft) return [];
  const warn = (...[place, code, message, fix]: [string, string, string, string]): Finding => ({
    ...finding(exercise, place, code, message, fix),
    severity: "warning",
  });
  const decoys = "there are fewer than two decoys: tests that know the correct program by its text are not found out";
  const generator = "there is no generator: that programs behave differently is known from the known tests alone";
  return [
    ...(exercise.decoys.length < 2
      ? [warn("decoys", "check-no-decoys", decoys, "write two or more: the same behaviour by other code")]
      : []),
    ...(exercise.generator === undefined
      ? [warn("exercise.yml", "check-no-generator", generator, "write one: docs/guides/exercises.md")]
      : []),
  ];
}

function differences(one: readonly string[], other: readonly string[]): number {
  return one.filter((digest, index) => digest !== other[index]).length;
}

function finding({ folder }: Exercise, place: string, code: string, message: string, fix: string): Finding {
  return { severity: "error", code, place: { file: join(folder, place) }, message, fix };
}
