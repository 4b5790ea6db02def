import type { Judgement, RunOutcome, TestResult, VariantResult, Verdict } from "../contract.ts";
import type { LaneOutcome } from "../engines/engine.ts";
import type { PlannedRun } from "./plan-runs.ts";

export interface RunRecord {
  readonly run: PlannedRun;
  readonly outcome: LaneOutcome;
  /** Whether it is the second look, in a new process. */
  readonly again: boolean;
}

export type Decision = Pick<Judgement, "verdict" | "score" | "explanation" | "tests" | "variants" | "idleTests">;

/** Pure: what was seen -> what is said. The first of these that holds: reference and decoys broke a limit, have no tests, disagree with themselves, fail; variants survive; accepted. */
export function decideVerdict(records: readonly RunRecord[], weights: ReadonlyMap<string, number>): Decision {
  const good = records.filter(({ run }) => run.kind !== "variant");
  const ofReference = good.filter(({ run }) => run.kind === "reference");
  const tests = ofReference[0]?.outcome.tests ?? [];
  const variants = variantResults(records, weights);
  const allWeight = sum(variants.map((one) => one.weight));
  const score = allWeight === 0 ? 0 : sum(variants.filter((one) => one.killed).map((one) => one.weight)) / allWeight;
  const idleTests = tests
    .filter((test) => test.outcome === "passed" && !variants.some((one) => one.killedBy.includes(test.name)))
    .map((test) => test.name);
  const seen = { tests, variants, idleTests };
  const refused = refusal(good, ofReference) ?? inconstant(records);
  if (refused !== undefined) return { ...seen, ...refused, score: 0 };
  const survivors = variants.filter((one) => !one.killed);
  if (survivors.length === 0)
    return { ...seen, verdict: "accepted", score, explanation: "every variant is caught, and what is right passes" };
  const explanation = `${survivors.length} of ${variants.length} variants are not caught: no test fails on them`;
  return { ...seen, verdict: "survivors", score, explanation };
}

type Refusal = { readonly verdict: Verdict; readonly explanation: string };

function refusal(good: readonly RunRecord[], ofReference: readonly RunRecord[]): Refusal | undefined {
  const seen = ofReference.map(({ outcome }) => summary(outcome));
  if (new Set(seen).size > 1)
    return {
      verdict: "flaky",
      explanation: `on one and the same program the tests did not always say the same: ${difference(ofReference)}`,
    };
  // The reference first: what cannot even be loaded with it is no fault of a decoy.
  for (const { run, outcome } of [...ofReference, ...good]) {
    const where = run.kind === "reference" ? "a correct program" : "another correct program";
    if (outcome.end === "time" || outcome.end === "memory" || outcome.end === "output" || outcome.end === "processes")
      return { verdict: outcome.end, explanation: `the tests took too much ${what[outcome.end]} on ${where}` };
    if (outcome.end === "unloadable" && run.kind === "reference")
      return { verdict: "compile_error", explanation: `the tests cannot be loaded: ${outcome.message ?? ""}` };
    if (outcome.end !== "finished")
      return {
        verdict: "false_alarm",
        explanation: `the process ended before its tests did, on ${where}${outcome.message ? `: ${outcome.message}` : ""}`,
      };
    if (!outcome.tests.some((test) => test.outcome !== "skipped")) return { verdict: "no_tests", explanation: "no test was run" };
  }
  for (const { run, outcome } of good) {
    const failed = outcome.tests.filter((test) => test.outcome === "failed");
    const [first] = failed;
    if (first === undefined) continue;
    const where =
      run.kind === "reference"
        ? "the correct program"
        : "a program that is correct too, but written differently: tests may ask for nothing but what the statement says";
    return { verdict: "false_alarm", explanation: `${first.name} fails on ${where}: ${first.message ?? ""}` };
  }
  return undefined;
}

const what = { time: "time", memory: "memory", output: "room for output", processes: "processes" } as const;

/** A variant that is caught by one look and not by the other. */
function inconstant(records: readonly RunRecord[]): Refusal | undefined {
  for (const { run, outcome } of records.filter((one) => one.again && one.run.kind === "variant")) {
    const first = records.find((one) => !one.again && one.run.kind === "variant" && one.run.id === run.id);
    if (first === undefined || isKilled(first.outcome) === isKilled(outcome)) continue;
    return { verdict: "flaky", explanation: "on one and the same program the tests failed once and passed once" };
  }
  return undefined;
}

function difference(records: readonly RunRecord[]): string {
  const outcomes = new Map<string, Set<string>>();
  for (const { outcome } of records) {
    if (outcome.end !== "finished") return `a run ended by ${outcome.end}`;
    for (const test of outcome.tests) outcomes.set(test.name, (outcomes.get(test.name) ?? new Set()).add(test.outcome));
  }
  const [name, seen] = [...outcomes].find(([, all]) => all.size > 1) ?? [];
  return name === undefined ? "other tests were run" : `${name} ${[...(seen ?? [])].join(" and ")}`;
}

const summary = ({ end, tests }: RunOutcome) => JSON.stringify([end, tests.map((test) => [test.name, test.outcome]).sort()]);

export function isKilled({ end, tests }: RunOutcome): boolean {
  return end !== "finished" || tests.some((test) => test.outcome === "failed");
}

function variantResults(records: readonly RunRecord[], weights: ReadonlyMap<string, number>): readonly VariantResult[] {
  return records
    .filter(({ run, again }) => run.kind === "variant" && !again)
    .map(({ run, outcome }) => ({
      id: run.id,
      killed: isKilled(outcome),
      killedBy: failedTests(outcome).map((test) => test.name),
      end: outcome.end,
      weight: weights.get(run.id) ?? 1,
      wallMs: outcome.wallMs,
      memoryBytes: outcome.memoryBytes,
      messages: Object.fromEntries([
        ...failedTests(outcome).map((test) => [test.name, test.message ?? ""]),
        ...(outcome.message === undefined ? [] : [["", outcome.message]]),
      ]),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

const failedTests = (outcome: RunOutcome): readonly TestResult[] => outcome.tests.filter((test) => test.outcome === "failed");

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
