import type { OutsideCall, Transaction } from "@dojang/model";
import { firstLooks } from "./first-look.ts";
import { addBodies } from "./pack-bodies.ts";
import { packOutsideCalls } from "./pack-outside.ts";
import { packExchanges, packTest } from "./pack-tests.ts";
import { errorSummary } from "./plain-text.ts";
import { ReportFile, type Section } from "./report-file.ts";
import type { CoverageSection, JobsSection, LoadDetail, ReportIndex, TestRow, UnclaimedSection } from "./report-sections.ts";
import { type ReportedTest, reportedTests } from "./reported-tests.ts";
import type { RunFacts, StepFacts } from "./run-facts.ts";

export interface LaidOut {
  readonly index: ReportIndex;
  readonly sections: readonly Section[];
}

const transactionsPerSection = 400;
const testsPerSection = 60;
const longestOutputLines = 4000;
const mostFindings = 2000;

/**
 * Chooses what goes into the file. Sections are packed in the order in which a reader misses them: failed and flaky tests
 * and their bodies, then the other tests with their logs, then their bodies, then requests outside of tests. What no longer
 * fits is left out whole and counted, so that the page can say so.
 */
export function layOutSections(facts: RunFacts, limitCharacters: number): LaidOut {
  const { tests, outside } = reportedTests(facts);
  const file = new ReportFile(limitCharacters);
  file.add("jobs", jobsSection(facts, file));
  if (facts.coverage !== undefined) file.add("coverage", coverageSection(facts));
  const sectionOf = new Map<ReportedTest, number>();
  const { caused, unclaimed } = outsideCallsOf(facts);
  const telling = (test: ReportedTest): boolean => test.outcome === "failed" || test.outcome === "flaky";
  for (const part of [tests.filter(telling), tests.filter((test) => !telling(test))]) {
    const bodies: string[] = [];
    for (const group of inGroups(part)) addTests({ group, facts, caused, file, bodies, sectionOf });
    addBodies(bodies, facts, file);
  }
  const outsideSections = addOutside(outside, { facts, caused, file });
  const unclaimedKept = addUnclaimed(unclaimed, facts, file);
  const plotted = addLoad(facts, file);
  file.leaveOut("findings", facts.findings.length - mostFindings);
  const index: ReportIndex = {
    run: facts.run,
    jobs: facts.jobs.map((job) => ({
      ...job,
      shards: job.shards.map((shard) => ({ ...shard, steps: shard.steps.map(({ output, ...step }) => step) })),
    })),
    looks: firstLooks(facts, tests),
    tests: tests.map((test) => testRow(test, sectionOf.get(test))),
    outside: { transactions: outside.length, sections: outsideSections },
    mocks: facts.mocks,
    outsideFindings: facts.outsideFindings,
    unclaimed: unclaimedKept,
    bodySections: file.bodySections,
    transactions: facts.transactions.length,
    coverage: coverageTotals(facts),
    patchCoverage: facts.patchCoverage,
    gates: facts.gates,
    checks: facts.checks,
    deployments: facts.deployments,
    findings: facts.findings.slice(0, mostFindings),
    artifacts: facts.artifacts,
    egress: facts.egress,
    problems: facts.problems,
    load: facts.load.map(({ samples: _samples, metrics: _metrics, marks: _marks, seconds: _seconds, ...summary }, number) => ({
      ...summary,
      plotted: plotted.has(number),
    })),
    mutations: facts.mutations,
    caps: file.caps,
  };
  return { index, sections: file.sections };
}

/** One section a profile, so that a page of many opens as fast as one of one. */
function addLoad(facts: RunFacts, file: ReportFile): ReadonlySet<number> {
  const plotted = new Set<number>();
  const transactions = new Map(facts.transactions.map(({ requestId, id }) => [requestId, id]));
  for (const [number, { samples, metrics, marks, seconds }] of facts.load.entries()) {
    const known = Object.entries(samples.requestIds).flatMap(([row, requestId]) => {
      const transaction = transactions.get(requestId);
      return transaction === undefined ? [] : [[row, transaction] as const];
    });
    const detail: LoadDetail = {
      samples: { ...samples, requestIds: {} },
      metrics,
      marks,
      seconds,
      transactions: Object.fromEntries(known),
    };
    if (file.offer(`load-${number}`, detail)) plotted.add(number);
    else file.leaveOut("load", 1);
  }
  return plotted;
}

interface TestGroup {
  readonly group: readonly ReportedTest[];
  readonly facts: RunFacts;
  readonly caused: ReadonlyMap<string, readonly OutsideCall[]>;
  readonly file: ReportFile;
  readonly bodies: string[];
  readonly sectionOf: Map<ReportedTest, number>;
}

function addTests({ group, facts, caused, file, bodies, sectionOf }: TestGroup): void {
  const number = file.sections.length;
  const placeOf = (hash: string): number | null => (Object.hasOwn(facts.bodies, hash) ? file.placeOf(hash, bodies) : null);
  const pack = (withLogs: boolean) => group.map((test) => packTest(test, { facts, caused, placeOf, withLogs }));
  const counted = group.flatMap((test) => test.attempts.flatMap(({ transactions }) => transactions));
  if (!file.offer(`tests-${number}`, pack(true))) {
    const logs = counted.reduce((sum, { requestId }) => sum + (facts.logsByRequest[requestId]?.length ?? 0), 0);
    if (!file.offer(`tests-${number}`, pack(false))) {
      file.leaveOut("transactions", counted.length);
      return;
    }
    file.leaveOut("logs", logs);
  }
  for (const test of group) sectionOf.set(test, number);
}

function addOutside(outside: readonly Transaction[], { facts, caused, file }: Pick<TestGroup, "facts" | "caused" | "file">): number[] {
  const numbers: number[] = [];
  const bodies: string[] = [];
  const placeOf = (hash: string): number | null => (Object.hasOwn(facts.bodies, hash) ? file.placeOf(hash, bodies) : null);
  for (const [environment, own] of Map.groupBy(outside, (transaction) => transaction.environment)) {
    for (let from = 0; from < own.length; from += transactionsPerSection) {
      const part = own.slice(from, from + transactionsPerSection);
      const number = file.sections.length;
      if (file.offer(`outside-${number}`, packExchanges(part, environment, { facts, caused, placeOf, withLogs: true })))
        numbers.push(number);
      else file.leaveOut("transactions", part.length);
    }
  }
  addBodies(bodies, facts, file);
  return numbers;
}

/** A call whose transaction is not in the run belongs to none. */
function outsideCallsOf(facts: RunFacts): {
  readonly caused: ReadonlyMap<string, readonly OutsideCall[]>;
  readonly unclaimed: readonly OutsideCall[];
} {
  const known = new Set(facts.transactions.map(({ id }) => id));
  const isClaimed = ({ transaction }: OutsideCall) => transaction !== undefined && known.has(transaction);
  const claimed = Map.groupBy(facts.outsideCalls.filter(isClaimed), (call) => call.transaction ?? "");
  return { caused: claimed, unclaimed: facts.outsideCalls.filter((call) => !isClaimed(call)) };
}

/** How many are in the file: those that went wrong first. */
function addUnclaimed(calls: readonly OutsideCall[], facts: RunFacts, file: ReportFile): number {
  if (calls.length === 0) return 0;
  const bodies: string[] = [];
  const placeOf = (hash: string): number | null => (Object.hasOwn(facts.bodies, hash) ? file.placeOf(hash, bodies) : null);
  const wrong = (call: OutsideCall) => call.answeredBy === "nothing" || call.violations.length > 0 || !call.declared;
  const kept = [...calls.filter(wrong), ...calls.filter((call) => !wrong(call))].slice(0, mostUnclaimed);
  const section: UnclaimedSection = [...Map.groupBy(kept, (call) => call.environment)].map(([environment, own]) => ({
    environment,
    calls: packOutsideCalls(own, { origin: facts.run.startedAt, placeOf }),
  }));
  const fits = file.offer("unclaimed", section);
  file.leaveOut("outsideCalls", calls.length - (fits ? kept.length : 0));
  if (fits) addBodies(bodies, facts, file);
  return fits ? kept.length : 0;
}

const mostUnclaimed = 2000;

function* inGroups(tests: readonly ReportedTest[]): Generator<ReportedTest[]> {
  let group: ReportedTest[] = [];
  let transactions = 0;
  for (const test of tests) {
    group.push(test);
    transactions += test.attempts.reduce((sum, attempt) => sum + attempt.transactions.length, 0);
    if (transactions < transactionsPerSection && group.length < testsPerSection) continue;
    yield group;
    group = [];
    transactions = 0;
  }
  if (group.length > 0) yield group;
}

function testRow(test: ReportedTest, section: number | undefined): TestRow {
  const all = test.attempts.map(({ attempt }) => attempt);
  const last = all.findLast((attempt) => attempt.status !== "skipped") ?? all.at(-1);
  const transactions = test.attempts.flatMap((attempt) => attempt.transactions);
  const error = all.findLast((attempt) => attempt.error !== undefined)?.error;
  return {
    key: test.key,
    job: test.job,
    shard: last?.shard ?? 1,
    file: last?.file ?? "",
    title: last?.titlePath.join(" › ") ?? "",
    project: last?.project,
    outcome: test.outcome,
    attempts: all.map((attempt) => attempt.status),
    durationMs: last?.durationMs ?? 0,
    transactions: transactions.length,
    slowestMs: transactions.reduce((slowest, { durationMs }) => Math.max(slowest, durationMs), 0),
    error: error === undefined ? undefined : errorSummary(error),
    section,
  };
}

function jobsSection(facts: RunFacts, file: ReportFile): JobsSection {
  const capped = ({ output }: StepFacts): StepFacts["output"] => {
    file.leaveOut("output", output.length - longestOutputLines);
    return output.slice(-longestOutputLines);
  };
  return facts.jobs.map((job) => job.shards.map((shard) => shard.steps.map(capped)));
}

function coverageSection(facts: RunFacts): CoverageSection {
  const files = (facts.coverage?.files ?? []).map(({ path, hits }) => {
    const lines = Object.entries(hits);
    const missed = lines.filter(([, count]) => count === 0).map(([line]) => Number(line));
    return { path, lines: lines.length, covered: lines.length - missed.length, missed };
  });
  return { files, sources: facts.sources };
}

function coverageTotals(facts: RunFacts): ReportIndex["coverage"] {
  if (facts.coverage === undefined) return undefined;
  const { files } = coverageSection(facts);
  return {
    files: files.length,
    lines: files.reduce((sum, file) => sum + file.lines, 0),
    covered: files.reduce((sum, file) => sum + file.covered, 0),
  };
}
