import { randomUUID } from "node:crypto";
import { claimJob, type Job, onJobsChanged } from "../store/jobs.ts";
import { thisProcess } from "../store/process-identity.ts";
import { getRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";

export interface WorkerOptions {
  readonly store: Store;
  /** Only this run's jobs. The worker ends when the run has. */
  readonly run: string;
  /** Jobs it runs at once, as far as their own `slots` allow. */
  readonly slots: number;
  readonly labels: readonly string[];
  /** Runs one claimed job to its end, sooner when the signal aborts, and records it; it rejects only for a bug. */
  readonly execute: (job: Job, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Claims and runs the jobs of a run until the run has ended. When the signal aborts nothing more is claimed, and the
 * promise resolves once the jobs that were running have been torn down: `execute` hears of it too. So it does when nothing can be
 * claimed because the store is gone: then the promise rejects once all that ran is torn down.
 */
export async function work({ store, run, slots, labels, execute, signal }: WorkerOptions): Promise<void> {
  const worker = { workerId: `local-${randomUUID()}`, owner: thisProcess(), labels };
  const running = new Map<string, Promise<void>>();
  const bugs: unknown[] = [];
  const finished = new AbortController();
  const failed = new AbortController();
  const ending = AbortSignal.any([signal, failed.signal]);
  let free = slots;

  function start(job: Job): void {
    free -= job.slots;
    const executing = execute(job, ending)
      .catch((error: unknown) => {
        bugs.push(error);
        finished.abort();
      })
      .finally(() => {
        free += job.slots;
        running.delete(job.id);
      });
    running.set(job.id, executing);
  }

  try {
    for await (const _ of onJobsChanged(store, AbortSignal.any([signal, finished.signal]))) {
      while (free > 0) {
        const job = await claimJob(store, { ...worker, slots: free, run });
        if (job === undefined) break;
        start(job);
      }
      if (running.size === 0 && (await hasEnded(store, run))) break;
    }
  } catch (error) {
    failed.abort(error);
    await Promise.all(running.values());
    throw error;
  }
  await Promise.all(running.values());
  if (bugs.length > 0) throw bugs[0];
}

async function hasEnded(store: Store, run: string): Promise<boolean> {
  const state = (await getRun(store, run))?.state;
  return state !== "queued" && state !== "running";
}
