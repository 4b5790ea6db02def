import type { LogRecord, Transaction } from "@dojang/model";
import { complaintOf, evidenceOf, usualErrors } from "./evidence.ts";
import { errorSummary, likeness, plainText } from "./plain-text.ts";
import type { ReportedTest } from "./reported-tests.ts";
import type { GateFacts, LinkedCheckFacts, OutsideFinding, ProblemFacts, RunFacts, StepFacts } from "./run-facts.ts";

/** One reason why a run did not pass, with the place to look at first. */
export type FirstLook =
  | { readonly kind: "problem"; readonly problem: ProblemFacts }
  /** `tests`: ids of all attempts that did alike. `log`: what the service that asked made of the answer. */
  | { readonly kind: "outside"; readonly finding: OutsideFinding; readonly tests: readonly string[]; readonly log?: LogRecord }
  | { readonly kind: "tests"; readonly group: FailureGroup }
  | { readonly kind: "step"; readonly job: string; readonly shard: number; readonly step: number; readonly failure: StepFailure }
  | { readonly kind: "check"; readonly check: LinkedCheckFacts }
  /** A profile of a performance job that failed, with why it likely did. */
  | { readonly kind: "load"; readonly load: LoadLook }
  | { readonly kind: "gate"; readonly gate: GateFacts };

export interface LoadLook {
  readonly job: string;
  readonly profile: string;
  /** Its place among the profiles of the run. */
  readonly number: number;
  readonly gates: readonly GateFacts[];
  readonly hints: readonly string[];
}

/** Tests that failed for what looks like the same reason. */
export interface FailureGroup {
  /** Of the first test, in a line. */
  readonly error: string;
  /** The service whose record shows the fault, or that answered wrongly. */
  readonly service?: string;
  /** Never empty. */
  readonly tests: readonly GroupedTest[];
}

export interface GroupedTest {
  readonly key: string;
  readonly attemptId: string;
  readonly job: string;
  readonly title: string;
  readonly file: string;
  readonly error: string;
  readonly transaction?: LookTransaction;
  readonly log?: LogRecord;
}

type LookTransaction = Pick<Transaction, "id" | "requestId" | "method" | "url" | "status" | "error" | "durationMs">;

interface StepFailure {
  readonly command: string;
  readonly exitCode?: number;
  readonly timedOut: boolean;
  readonly lastLines: readonly string[];
}

const longestLogText = 8000;

/** Most telling first: problems of the machine, what was asked outside and must not be, failed tests with evidence, other failed tests, steps, checks, gates. */
export function firstLooks(facts: RunFacts, tests: readonly ReportedTest[]): FirstLook[] {
  const missed = facts.gates.filter((gate) => !gate.held && gate.onMiss === "fail");
  const loads = loadLooks(facts, missed);
  const told = new Set(loads.flatMap(({ gates }) => gates));
  const failedJobs = new Set(tests.filter((test) => test.outcome === "failed").map((test) => test.job));
  return [
    ...facts.problems.map((problem) => ({ kind: "problem" as const, problem })),
    ...outsideLooks(facts),
    ...failureGroups(facts, tests).map((group) => ({ kind: "tests" as const, group })),
    ...failedSteps(facts, failedJobs),
    ...facts.checks.filter((check) => !check.passed).map((check) => ({ kind: "check" as const, check })),
    ...loads.map((load) => ({ kind: "load" as const, load })),
    ...missed.filter((gate) => !told.has(gate)).map((gate) => ({ kind: "gate" as const, gate })),
  ];
}

/** Missed gates of a performance job are told by the profile they belong to, with what its services were at. */
function loadLooks({ load }: RunFacts, missed: readonly GateFacts[]): LoadLook[] {
  return load.flatMap(({ job, profile, hints }, number) => {
    const gates = missed.filter((gate) => gate.job === job && gate.gate.startsWith(`${profile}: `));
    return gates.length === 0 ? [] : [{ job, profile, number, gates, hints: hints.map((hint) => hint.text) }];
  });
}

/** A wrong call is often why tests failed, and says where. The same of several tests is one. */
function outsideLooks({ outsideFindings, mocks, logsByRequest }: RunFacts): FirstLook[] {
  const played = new Set(mocks.map(({ mock }) => mock));
  const failing = outsideFindings.filter(({ level }) => level === "fail");
  const alike = Map.groupBy(failing, ({ kind, mock, message, details }) => JSON.stringify([kind, mock, likeness(message), details]));
  return [...alike.values()].flatMap((group) => {
    const finding = group.find(({ transaction }) => transaction !== undefined) ?? group[0];
    const tests = [...new Set(group.flatMap(({ testAttempt }) => testAttempt ?? []))];
    if (finding === undefined) return [];
    const records = logsByRequest[finding.requestId ?? ""] ?? [];
    const log = complaintOf(records.filter(({ service }) => !played.has(service)));
    return [{ kind: "outside" as const, finding, tests, log: log && { ...log, text: log.text.slice(0, longestLogText) } }];
  });
}

function failureGroups(facts: RunFacts, tests: readonly ReportedTest[]): FailureGroup[] {
  const usual = usualErrors(
    tests.filter((test) => test.outcome === "passed").flatMap((test) => test.attempts),
    facts,
  );
  const groups = new Map<string, FailureGroup & { tests: GroupedTest[] }>();
  for (const test of tests) {
    const last = test.attempts.findLast(({ attempt }) => attempt.status !== "skipped");
    if (test.outcome !== "failed" || last === undefined) continue;
    const { transaction, log } = evidenceOf(last, facts, usual);
    const error = errorSummary(last.attempt.error);
    const service = log?.service ?? (transaction === undefined ? undefined : hostOf(transaction.url));
    // The record is the cause where there is one; what the test then saw differs from test to test.
    const cause = log === undefined ? likeness(error) : likeness(log.text);
    const entry: GroupedTest = {
      ...{
        key: test.key,
        attemptId: last.attempt.id,
        job: test.job,
        title: last.attempt.titlePath.join(" › "),
        file: last.attempt.file,
        error,
      },
      transaction: transaction && lookTransaction(transaction),
      log: log && { ...log, text: log.text.slice(0, longestLogText) },
    };
    const group = groups.get(`${service}\0${cause}`);
    if (group !== undefined) group.tests.push(entry);
    else groups.set(`${service}\0${cause}`, { error, service, tests: [entry] });
  }
  return [...groups.values()].toSorted((a, b) => clarity(b) - clarity(a) || b.tests.length - a.tests.length);
}

function clarity({ tests: [first] }: FailureGroup): number {
  return (first?.log === undefined ? 0 : 2) + (first?.transaction === undefined ? 0 : 1);
}

function lookTransaction({ id, requestId, method, url, status, error, durationMs }: Transaction): LookTransaction {
  return { id, requestId, method, url, status, error, durationMs };
}

/** A step that failed because its tests did is told by the tests. */
function failedSteps(facts: RunFacts, jobsWithFailedTests: ReadonlySet<string>): FirstLook[] {
  const looks: FirstLook[] = [];
  for (const job of facts.jobs) {
    if (job.state !== "failed" || jobsWithFailedTests.has(job.id)) continue;
    for (const shard of job.shards) {
      for (const [index, step] of shard.steps.entries()) {
        if (step.exitCode !== 0) looks.push({ kind: "step", job: job.id, shard: shard.shard, step: index, failure: failureOf(step) });
      }
    }
  }
  return looks;
}

function failureOf(step: StepFacts): StepFailure {
  const lines = step.output.flatMap(({ text }) => plainText(text).split("\n")).filter((line) => line.trim() !== "");
  return { command: step.command, exitCode: step.exitCode, timedOut: step.timedOut, lastLines: lines.slice(-12) };
}

function hostOf(url: string): string | undefined {
  return URL.parse(url)?.host || undefined;
}
