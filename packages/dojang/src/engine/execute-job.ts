import { type EndReason, formatFinding, Problem, type RunEvent } from "@dojang/model";
import { emptyDetail, type JobResult } from "../environments/job-result.ts";
import { StepInterrupted } from "../environments/run-steps.ts";
import { finishJob, heartbeat, heartbeatMs, type Job } from "../store/jobs.ts";
import type { Store } from "../store/store.ts";
import { recordJobFacts } from "./record-job-facts.ts";

export interface JobExecution {
  readonly store: Store;
  readonly job: Job;
  readonly timeoutMs: number;
  /** The context's signal aborts on cancel, timeout, interruption and when the lease is lost. */
  readonly perform: (signal: AbortSignal) => Promise<JobResult>;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/** Why a job's signal aborted, as it is recorded. */
class JobAborted extends Error {
  readonly reason: EndReason;
  constructor(reason: EndReason) {
    super(`the job was ended: ${reason}`);
    this.name = "AbortError";
    this.reason = reason;
  }
}

/**
 * Runs one claimed job: heartbeats while it goes on, ends it by cancel or timeout, and records one end under the attempt
 * it was claimed with. What it found is written first; if the end is then refused, those facts belong to an attempt nobody reads.
 */
export async function executeJob(execution: JobExecution): Promise<void> {
  const { store, job, emit } = execution;
  const startedAt = performance.now();
  const ended = new AbortController();
  emit({ kind: "job-started", job: job.name, attempt: job.attempt });
  const timer = setTimeout(() => ended.abort(new JobAborted("timeout")), execution.timeoutMs);
  const beating = beat(store, job, ended);
  const interrupted = () => ended.abort(new JobAborted("user"));
  execution.signal.addEventListener("abort", interrupted, { once: true });
  if (execution.signal.aborted) interrupted();
  try {
    const result = await outcomeOf(execution, ended.signal);
    await recordJobFacts(store, job, result);
    const state = ended.signal.aborted && result.reason !== "timeout" ? "cancelled" : result.state;
    const accepted = await finishJob(store, {
      jobId: job.id,
      attempt: job.attempt,
      state,
      reason: result.reason,
      result: { summary: result.summary, detail: result.detail },
    });
    if (accepted === "requeued") emit({ kind: "note", job: job.name, text: `${result.summary}; trying again` });
    emit({
      kind: "job-finished",
      job: job.name,
      state: accepted === "requeued" ? "queued" : state,
      reason: result.reason,
      durationMs: performance.now() - startedAt,
      summary: result.summary,
    });
  } finally {
    execution.signal.removeEventListener("abort", interrupted);
    clearTimeout(timer);
    beating.stop();
  }
}

/** Problems become results here, so that every job ends with one; a bug stays a rejection. */
async function outcomeOf({ perform, timeoutMs }: JobExecution, signal: AbortSignal): Promise<JobResult> {
  try {
    const result = await perform(signal);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    if (signal.aborted) return abortedResult(signal.reason, { timeoutMs, error });
    if (error instanceof Problem) return problemResult(error);
    throw error;
  }
}

function abortedResult(cause: unknown, { timeoutMs, error }: { readonly timeoutMs: number; readonly error: unknown }): JobResult {
  const reason = cause instanceof JobAborted ? cause.reason : "user";
  if (reason !== "timeout")
    return { state: "failed", reason, summary: `ended: ${reason}`, detail: emptyDetail, attempts: [], findings: [] };
  const step = error instanceof StepInterrupted ? error : undefined;
  const summary = `ended after its timeout of ${timeoutMs / 1000} s${step ? `, in step "${step.step}"` : ""}`;
  const message = [summary, ...(step?.lastLines ?? []).map((line) => `  | ${line}`)].join("\n");
  const fix = "see in the output what it waited for, or raise its `timeout`";
  const detail = { ...emptyDetail, problems: [{ code: "job-timeout", message, fix }] };
  return { state: "failed", reason, summary, detail, attempts: [], findings: [] };
}

/**
 * The change does not build, or the system does not come up with it: that is a verdict on the change, as a failed test is,
 * and no fault of the machine or of a file.
 */
const ofTheChange: ReadonlySet<string> = new Set(["build-failed", "service-exited", "service-unhealthy", "dependency-failed"]);

const mostFindings = 20;

function problemResult(problem: Problem): JobResult {
  const { code, fix, place } = problem;
  // Whoever reads the report must not have to run it again to learn which.
  const message = [problem.message, ...problem.findings.slice(0, mostFindings).map(formatFinding)].join("\n");
  return {
    state: "failed",
    reason: reasonOf(problem),
    summary: message.split("\n")[0] ?? code,
    detail: { ...emptyDetail, problems: [{ code, message, fix, place }] },
    attempts: [],
    findings: [],
  };
}

/** A machine that lacks something may have it at the next attempt; a wrong specification stays wrong. */
function reasonOf({ code, exit }: Problem): EndReason {
  if (ofTheChange.has(code)) return "failed";
  if (exit === "refused") return "refused";
  return exit === "infrastructure" ? "environment-failed" : "problem";
}

function beat(store: Store, job: Job, ended: AbortController): { stop(): void } {
  const timer = setInterval(() => {
    heartbeat(store, { jobId: job.id, attempt: job.attempt }).then(
      (answer) => {
        if (answer === "cancel") ended.abort(new JobAborted("user"));
        if (answer === "lost") ended.abort(new JobAborted("worker-lost"));
      },
      // A database that blips is asked again at the next beat; the lease outlives two missed beats.
      () => {},
    );
  }, heartbeatMs);
  return { stop: () => clearInterval(timer) };
}
