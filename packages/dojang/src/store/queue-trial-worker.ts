import { setTimeout as delay } from "node:timers/promises";
import { claimJob, finishJob, heartbeat, type Job, onJobsChanged } from "./jobs.ts";
import { thisProcess } from "./process-identity.ts";
import { openStore, type Store } from "./store.ts";

/**
 * A worker of the queue trial, as a process of its own: `node queue-trial-worker.ts <home> <lease ms> <work ms>`. It works
 * by waiting, and prints what happened to it, a JSON line each, so that the trial can compare that with the database.
 */
export type WorkerEvent =
  | { readonly kind: "ready" }
  | { readonly kind: "claimed"; readonly job: string; readonly attempt: number; readonly at: number }
  | { readonly kind: "finished"; readonly job: string; readonly attempt: number; readonly outcome: "accepted" | "requeued" | "refused" };

const [home, leaseText, workText] = process.argv.slice(2);
if (home === undefined) throw new Error("node queue-trial-worker.ts <home> <lease ms> <work ms>");
const leaseMs = Number(leaseText);
const workMs = Number(workText);
const workerId = `worker-${process.pid}`;

const store = await openStore({ home, signal: new AbortController().signal });
say({ kind: "ready" });
const stop = new AbortController();
process.stdin.resume().on("end", () => stop.abort());
for await (const _ of onJobsChanged(store, stop.signal)) {
  for (let job = await claim(store); job !== undefined && !stop.signal.aborted; job = await claim(store)) await work(store, job);
}
await store.close();

function claim(store: Store): Promise<Job | undefined> {
  return claimJob(store, { workerId, owner: thisProcess(), labels: [], slots: 1, leaseMs });
}

async function work(store: Store, job: Job): Promise<void> {
  say({ kind: "claimed", job: job.id, attempt: job.attempt, at: Date.now() });
  const end = Date.now() + workMs * (0.5 + Math.random());
  while (Date.now() < end) {
    await delay(Math.min(leaseMs / 3, Math.max(0, end - Date.now())));
    // A worker that lost its job goes on here, and brings its result all the same: the fence must hold without its help.
    await heartbeat(store, { jobId: job.id, attempt: job.attempt, leaseMs });
  }
  const result = { worker: workerId, attempt: job.attempt };
  const outcome = await finishJob(store, { jobId: job.id, attempt: job.attempt, state: "passed", reason: "done", result });
  say({ kind: "finished", job: job.id, attempt: job.attempt, outcome });
}

function say(event: WorkerEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
