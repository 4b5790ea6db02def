import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { PlannedJob, RunEvent } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import type { LoadedProject } from "../config/load-project.ts";
import type { JobResult } from "../environments/job-result.ts";
import { runVariables } from "../environments/run-variables.ts";
import type { BaseOfChange, JobContext, NoBase } from "../jobs/job.ts";
import { cancelJob, type Job, jobsOfRun, type NewJob } from "../store/jobs.ts";
import { thisProcess } from "../store/process-identity.ts";
import { cancelRun, createRun, getRun, type Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { prepareBase } from "./base-project.ts";
import { executeJob } from "./execute-job.ts";
import { performJob } from "./perform-job.ts";
import { type Plan, planRun } from "./plan.ts";
import type { WorkingChange } from "./read-change.ts";
import { createRunResources } from "./run-resources.ts";
import { work } from "./worker.ts";

export interface RunProjectOptions {
  readonly store: Store;
  readonly home: string;
  readonly runtime: Runtime;
  /** Where services and steps see Dojang's preloads in that runtime. */
  readonly preloadDirectory: string;
  readonly project: LoadedProject;
  readonly change: WorkingChange;
  /** Only these jobs and what they need; all when absent. */
  readonly only?: readonly string[];
  /** Deploy jobs run too; without it they are left out. */
  readonly deploying?: JobContext["deploying"];
  readonly trusted: boolean;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/** Proves a working tree: plans its jobs, runs them in this process, and resolves with the run as it ended. */
export async function runProject(options: RunProjectOptions): Promise<{ readonly run: Run; readonly plan: Plan }> {
  const { store, project, change, emit } = options;
  const plan = planRun({
    file: project.file,
    change: { event: "manual", branch: change.branch, paths: change.paths },
    only: options.only,
    deploy: options.deploying !== undefined,
  });
  const name = changeName(change);
  const { run, jobs } = await createRun(store, {
    project: project.name,
    change: name,
    directory: project.directory,
    commit: change.commit,
    branch: change.branch,
    trusted: options.trusted,
    runtime: options.runtime.name,
    configHash: createHash("sha256").update(JSON.stringify(project.file)).digest("hex"),
    snapshot: { plan, message: change.message, base: change.base, dirty: change.dirty },
    owner: thisProcess(),
    jobs: plan.jobs.map((job): NewJob => {
      return {
        name: job.name,
        kind: job.definition.kind,
        needs: job.needs,
        allowedToFail: job.definition.allowFailure,
        labels: job.definition.runsOn,
        concurrencyGroup: job.definition.concurrency && groupOf(job.definition.concurrency.group, { change: name, branch: change.branch }),
        // What is measured must be alone on the machine.
        exclusive: job.definition.runsOn.includes("perf") || job.definition.kind === "performance",
        retry: job.retry,
        spec: job,
        skip: job.skipped === undefined ? undefined : "condition-false",
      };
    }),
  });
  emit({ kind: "run-started", run: run.id, number: run.number, jobs: jobs.map((job) => summaryOf(job, jobs)) });
  for (const job of plan.jobs) if (job.skipped !== undefined) emit({ kind: "note", job: job.name, text: `skipped: ${job.skipped}` });
  await workOn(options, { run, plan, name });
  const ended = (await getRun(store, run.id)) ?? run;
  emit({ kind: "run-finished", state: ended.state, durationMs: (ended.finishedAt ?? Date.now()) - ended.createdAt });
  return { run: ended, plan };
}

async function workOn(options: RunProjectOptions, { run, plan, name }: { run: Run; plan: Plan; name: string }): Promise<void> {
  const { store, project, change, signal, emit } = options;
  const resources = createRunResources({ ...options, base: change.base });
  const variables = runVariables({ project: project.name, run, change: name, branch: change.branch, commit: change.commit });
  let preparing: Promise<BaseOfChange | NoBase> | undefined;
  const base = () => {
    preparing ??= prepareBase({ ...options, change });
    return preparing;
  };
  const planned = new Map(plan.jobs.map((job) => [job.name, job]));
  // A machine that runs a project locally takes every label: there is no other to wait for.
  const labels = [...new Set(plan.jobs.flatMap((job) => job.definition.runsOn))];

  async function execute(job: Job, ending: AbortSignal): Promise<void> {
    const of = planned.get(job.name);
    if (of === undefined) throw new Error(`job ${job.name} is not in the plan of its run`);
    const context: Omit<JobContext, "signal"> = {
      ...options,
      run,
      change: name,
      job: { id: job.id, attempt: job.attempt, planned: of },
      variables,
      workspace: resources.workspace,
      images: resources.images,
      changedLines: resources.changedLines,
      remembered: resources.remembered,
      base,
    };
    const perform = async (own: AbortSignal) => {
      const outcome = await settled(performJob({ ...context, signal: own }));
      // Before the end is recorded: the slot it frees would be given to the next combination at once.
      if (of.definition.failFast && outcome.state === "failed") await cancelCombinations(store, { run: run.id, plan, of });
      return outcome.result();
    };
    await executeJob({ store, job, timeoutMs: of.timeoutMs, perform, signal: ending, emit });
  }

  // The run is cancelled before its running jobs end, so that what waits for them is cancelled too and not skipped.
  let cancelling: Promise<unknown> = Promise.resolve();
  const cancel = () => {
    cancelling = cancelRun(store, { run: run.id, reason: "user" });
  };
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  await work({ store, run: run.id, slots: Math.max(2, availableParallelism()), labels, execute, signal });
  signal.removeEventListener("abort", cancel);
  await cancelling;
}

/** A performance to look at before its result, or its error, is handed on. */
function settled(performance: Promise<JobResult>): Promise<{ readonly state: JobResult["state"]; readonly result: () => JobResult }> {
  return performance.then(
    (result) => ({ state: result.state, result: () => result }),
    (error: unknown) => ({
      state: "failed",
      result: () => {
        throw error;
      },
    }),
  );
}

/** `fail-fast`: the other combinations of a matrix end with the first that failed. */
async function cancelCombinations(store: Store, { run, plan, of }: { run: string; plan: Plan; of: PlannedJob }): Promise<void> {
  const others = new Set(plan.jobs.filter((job) => job.base === of.base && job.name !== of.name).map((job) => job.name));
  for (const job of await jobsOfRun(store, run)) if (others.has(job.name)) await cancelJob(store, { jobId: job.id, reason: "failed" });
}

/** Groups of jobs hold over the whole machine. A run started by hand is in no group of runs: who starts two means two. */
function groupOf(text: string, { change, branch }: { readonly change: string; readonly branch: string | undefined }): string {
  return text.replaceAll("$DOJANG_CHANGE", change).replaceAll("$DOJANG_BRANCH", branch ?? change);
}

function changeName({ branch, commit }: WorkingChange): string {
  return branch ?? commit?.slice(0, 12) ?? "local";
}

function summaryOf(job: Job, all: readonly Job[]) {
  const names = new Map(all.map((each) => [each.id, each.name]));
  return { name: job.name, kind: job.kind, needs: job.needs.map((need) => names.get(need) ?? need) };
}
