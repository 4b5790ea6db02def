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
  /** Runs one claimed job to its end and records it; it rejects only for a bug. */
  readonly execute: (job: Job) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Claims and runs the jobs of a run until the run has ended. When the signal aborts nothing more is claimed, and the
 * promise resolves once the jobs that were running have been torn down: `execute` hears the same signal.
 */
export async function work({ store, run, slots, labels, execute, signal }: WorkerOptions): Promise<void> {
  const worker = { workerId: `local-${randomUUID()}`, owner: thisProcess(), labels };
  const running = new Map<string, Promise<void>>();
  const bugs: unknown[] = [];
  const finished = new AbortController();
  let free = slots;

  function start(job: Job): void {
    free -= job.slots;
    const ending = execute(job)
      .catch((error: unknown) => {
        bugs.push(error);
        finished.abort();
      })
      .finally(() => {
        free += job.slots;
        running.delete(job.id);
      });
    running.set(job.id, ending);
  }

  for await (const _ of onJobsChanged(store, AbortSignal.any([signal, finished.signal]))) {
    while (free > 0) {
      const job = await claimJob(store, { ...worker, slots: free, run });
      if (job === undefined) break;
      start(job);
    }
    if (running.size === 0 && (await hasEnded(store, run))) break;
  }
  await Promise.all(running.values());
  if (bugs.length > 0) throw bugs[0];
}

async function hasEnded(store: Store, run: string): Promise<boolean> {
  const state = (await getRun(store, run))?.state;
  return state !== "queued" && state !== "running";
}
