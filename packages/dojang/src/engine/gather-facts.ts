import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BodyRef, LogRecord, RequestId, Transaction } from "@dojang/model";
import { emptyDetail, type JobDetail } from "../environments/job-result.ts";
import type { JobFacts, ReportedAttempt, RunFacts, RuntimeFacts } from "../report/run-facts.ts";
import { mergeCoverage } from "../results/merge-coverage.ts";
import { getBodies } from "../store/bodies.ts";
import { codeFindingsOfRun } from "../store/code-findings.ts";
import { coverageOfRun, type JobCoverage } from "../store/coverage.ts";
import { type Job, jobsOfRun } from "../store/jobs.ts";
import { logsByRequestIds, logsWindow } from "../store/logs.ts";
import { listOutsideCalls } from "../store/outside-calls.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { testAttempts } from "../store/tests.ts";
import { listTransactions } from "../store/transactions.ts";
import type { Plan } from "./plan.ts";

export interface GatherOptions {
  readonly store: Store;
  readonly run: Run;
  readonly runtime: RuntimeFacts;
  /** Parts that this machine cannot do, beside the jobs that the plan skipped. */
  readonly leftOut: readonly { readonly what: string; readonly reason: string }[];
}

/** Around a test, in which log records that no recorded request caused may belong to it. */
const marginMs = 2000;
const linesPerAttempt = 300;
/** Tests that passed whose records are read too: an error line that they have as well is noise and no cause. */
const passedForComparison = 20;
const sourceLimitBytes = 512 * 1024;

/** Everything the report of a run is made from, read from the store; the same for a run of today and of last week. */
export async function gatherFacts({ store, run, runtime, leftOut }: GatherOptions): Promise<RunFacts> {
  const jobs = await jobsOfRun(store, run.id);
  const names = new Map(jobs.map((job) => [job.id, job.name]));
  const nameOf = (job: string | undefined) => names.get(job ?? "") ?? "";
  const details = new Map(jobs.map((job) => [job.id, detailOf(job)]));
  const stored = await testAttempts(store, { run: run.id });
  const transactions = await listTransactions(store, { run: run.id });
  const outsideCalls = await listOutsideCalls(store, { run: run.id });
  const attempts = stored.map((attempt): ReportedAttempt => ({ ...attempt, job: nameOf(attempt.job) }));
  const coverages = await coverageOfRun(store, run.id);
  const patch = mergePatches(coverages);
  const snapshot = snapshotOf(run);
  const all = [...details.values()];
  return {
    run: {
      id: run.id,
      project: run.project,
      number: run.number,
      state: run.state,
      commit: run.commit,
      branch: run.branch,
      message: snapshot.message,
      base: /^[0-9a-f]{40}$/.test(snapshot.base ?? "") ? snapshot.base?.slice(0, 10) : snapshot.base,
      startedAt: run.createdAt,
      finishedAt: run.finishedAt,
      runtime,
      leftOut: [...leftOut, ...skippedJobs(snapshot.plan)],
    },
    jobs: jobs.map((job) => jobFacts(job, { detail: details.get(job.id) ?? emptyDetail, names, plan: snapshot.plan })),
    attempts,
    transactions,
    outsideCalls,
    mocks: all.flatMap((detail) => detail.mocks),
    outsideFindings: all.flatMap((detail) => detail.outsideFindings),
    logsByRequest: await requestLogs(store, transactions),
    unattributedLogs: await unattributedLogs(store, { attempts, transactions, details, jobs }),
    bodies: await bodiesOf(store, [...transactions, ...outsideCalls]),
    coverage: coverages.length > 0 ? mergeCoverage(coverages.map((entry) => entry.coverage)) : undefined,
    patchCoverage: patch,
    sources: await sourcesOf(run.directory, patch?.files.filter((file) => file.missed.length > 0).map((file) => file.path) ?? []),
    gates: all.flatMap((detail) => detail.gates),
    findings: (await codeFindingsOfRun(store, run.id)).map((finding) => ({ ...finding, job: nameOf(finding.job) })),
    checks: all.flatMap((detail) => detail.checks),
    // Runs of before there were any have none.
    deployments: all.flatMap((detail) => detail.deployments ?? []),
    artifacts: all.flatMap((detail) => detail.artifacts),
    egress: all.flatMap((detail) => detail.egress),
    load: all.flatMap((detail) => detail.load),
    mutations: all.flatMap((detail) => detail.mutations),
    problems: jobs.flatMap((job) => (details.get(job.id)?.problems ?? []).map((problem) => ({ ...problem, job: job.name }))),
  };
}

interface Snapshot {
  readonly plan: Plan;
  readonly message?: string;
  readonly base?: string;
}

/** Written by runProject, and by nothing else. */
function snapshotOf(run: Run): Snapshot {
  return run.snapshot as Snapshot;
}

function skippedJobs(plan: Plan): { what: string; reason: string }[] {
  return plan.jobs.flatMap((job) => (job.skipped === undefined ? [] : [{ what: `job ${job.name}`, reason: job.skipped }]));
}

/** A job that ended without a result of its own (its worker died, its need failed) has an empty one. */
function detailOf(job: Job): JobDetail {
  const result = job.result as { detail?: Partial<JobDetail> } | undefined;
  // One that an earlier version wrote lacks what it did not know of.
  return { ...emptyDetail, ...result?.detail };
}

function jobFacts(
  job: Job,
  { detail, names, plan }: { readonly detail: JobDetail; readonly names: ReadonlyMap<string, string>; readonly plan: Plan },
): JobFacts {
  const result = job.result as { summary?: string } | undefined;
  return {
    id: job.name,
    kind: job.kind,
    state: job.state,
    endReason: job.reason,
    detail: plan.jobs.find((planned) => planned.name === job.name)?.skipped ?? result?.summary,
    needs: job.needs.map((need) => names.get(need) ?? need),
    queuedAt: job.queuedAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    shards: detail.shards,
  };
}

async function requestLogs(store: Store, transactions: readonly Transaction[]): Promise<Record<RequestId, readonly LogRecord[]>> {
  const requestIds = [...new Set(transactions.map((transaction) => transaction.requestId))];
  const records = await logsByRequestIds(store, { requestIds });
  const byRequest = Map.groupBy(
    records.filter((record) => record.requestId !== undefined),
    (record) => record.requestId ?? "",
  );
  return Object.fromEntries(byRequest);
}

interface UnattributedRequest {
  readonly attempts: readonly ReportedAttempt[];
  readonly transactions: readonly Transaction[];
  readonly details: ReadonlyMap<string, JobDetail>;
  readonly jobs: readonly Job[];
}

/**
 * A service that acts on its own (a worker's queue, a timer) has no recorded request, or a trace of its own making: every
 * record whose id is none of the run's requests counts. Failed attempts have them all, some passed ones for comparison.
 */
async function unattributedLogs(store: Store, { attempts, transactions, details, jobs }: UnattributedRequest) {
  const recorded = new Set(transactions.map((transaction) => transaction.requestId));
  const failed = attempts.filter((attempt) => attempt.status === "failed" || attempt.status === "error");
  const passed = failed.length === 0 ? [] : attempts.filter((attempt) => attempt.status === "passed").slice(0, passedForComparison);
  const found: Record<string, readonly LogRecord[]> = {};
  for (const attempt of [...failed, ...passed]) {
    const job = jobs.find((each) => each.name === attempt.job);
    const environment = details.get(job?.id ?? "")?.shards.find((shard) => shard.shard === attempt.shard)?.environment;
    const span = spanOf(attempt, transactions);
    if (environment === undefined || span === undefined) continue;
    const records = await logsWindow(store, { environment, from: span.from - marginMs, to: span.to + marginMs });
    found[attempt.id] = mostTelling(records.filter((record) => record.requestId === undefined || !recorded.has(record.requestId)));
  }
  return found;
}

/** When the attempt went on; a report without times leaves what its transactions say. */
function spanOf(attempt: ReportedAttempt, transactions: readonly Transaction[]): { from: number; to: number } | undefined {
  if (attempt.startedAt !== undefined) return { from: attempt.startedAt, to: attempt.startedAt + attempt.durationMs };
  const own = transactions.filter((transaction) => transaction.testAttempt === attempt.id);
  if (own.length === 0) return undefined;
  return {
    from: Math.min(...own.map((transaction) => transaction.startedAt)),
    to: Math.max(...own.map((transaction) => transaction.startedAt + transaction.durationMs)),
  };
}

/** Errors first, then the latest; in order of time again once chosen. */
function mostTelling(records: readonly LogRecord[]): readonly LogRecord[] {
  const isError = (record: LogRecord) => record.level === "error" || record.level === "fatal";
  const ranked = records.toSorted((a, b) => Number(isError(b)) - Number(isError(a)) || b.at - a.at);
  return ranked.slice(0, linesPerAttempt).sort((a, b) => a.at - b.at);
}

interface Exchange {
  readonly requestBody?: BodyRef;
  readonly responseBody?: BodyRef;
}

async function bodiesOf(store: Store, exchanges: readonly Exchange[]): Promise<Record<string, Uint8Array>> {
  const hashes = exchanges.flatMap(({ requestBody, responseBody }) => [requestBody?.hash, responseBody?.hash]);
  return Object.fromEntries(await getBodies(store, [...new Set(hashes.filter((hash) => hash !== undefined))]));
}

function mergePatches(coverages: readonly JobCoverage[]): RunFacts["patchCoverage"] {
  const files = coverages.flatMap(({ patch }) => patch?.files ?? []);
  if (coverages.every(({ patch }) => patch === undefined)) return undefined;
  const paths = [...new Set(files.map((file) => file.path))].sort();
  const merged = paths.map((path) => {
    const own = files.filter((file) => file.path === path);
    const covered = new Set(own.flatMap((file) => file.covered));
    const missed = new Set(own.flatMap((file) => file.missed)).difference(covered);
    return { path, covered: [...covered].sort((a, b) => a - b), missed: [...missed].sort((a, b) => a - b) };
  });
  const count = (key: "covered" | "missed") => merged.reduce((sum, file) => sum + file[key].length, 0);
  return { coveredLines: count("covered"), executableLines: count("covered") + count("missed"), files: merged };
}

/** As they are now; a report made later of a tree that has moved on shows line numbers that may have moved too. */
async function sourcesOf(directory: string | undefined, paths: readonly string[]): Promise<Record<string, string>> {
  const sources: Record<string, string> = {};
  if (directory === undefined) return sources;
  for (const path of paths) {
    const text = await readFile(join(directory, path), "utf8").catch(() => undefined);
    if (text !== undefined && text.length <= sourceLimitBytes) sources[path] = text;
  }
  return sources;
}
