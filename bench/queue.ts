import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { jobsOfRun } from "../packages/dojang/src/store/jobs.ts";
import { dismiss, hireWorker, runQueueTrial } from "../packages/dojang/src/store/queue-trial.ts";
import { createRun } from "../packages/dojang/src/store/runs.ts";
import { openStore, type Store } from "../packages/dojang/src/store/store.ts";

/**
 * The queue row of DESIGN section 7: from asking for a run to its job in a worker's hands, a process of its own; then jobs
 * on workers that are killed and frozen. `node bench/queue.ts [--jobs 400] [--rounds 200]`
 */
const { values } = parseArgs({ options: { jobs: { type: "string", default: "400" }, rounds: { type: "string", default: "200" } } });
const signal = AbortSignal.timeout(15 * 60_000);

const home = await mkdtemp(join(tmpdir(), "dojang-bench-"));
await chmod(home, 0o711);
const store = await openStore({ home, signal });
try {
  await measureStart(store, Number(values.rounds));
  await measureTrial(store, Number(values.jobs));
} finally {
  await store.close();
  await rm(home, { recursive: true, force: true });
}

async function measureStart(store: Store, rounds: number): Promise<void> {
  const worker = await hireWorker({
    home,
    leaseMs: 30_000,
    workMs: 1,
    signal,
    onEvent: (event) => {
      if (event.kind === "claimed") waitFor(event.job).resolve(event.at);
    },
  });
  const waits = new Map<string, PromiseWithResolvers<number>>();
  function waitFor(job: string): PromiseWithResolvers<number> {
    const wait = waits.get(job) ?? Promise.withResolvers<number>();
    waits.set(job, wait);
    return wait;
  }
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = Date.now();
    const { run, jobs } = await createRun(store, {
      project: "start",
      change: "main",
      trusted: true,
      runtime: "fake",
      configHash: "h",
      snapshot: {},
      jobs: [{ name: "a", kind: "steps", spec: {} }],
    });
    tookMs.push((await waitFor(jobs[0]?.id ?? "").promise) - before);
    while ((await jobsOfRun(store, run.id)).some((job) => job.state === "running")) signal.throwIfAborted();
  }
  await dismiss(new Set([worker]));
  tookMs.sort((a, b) => a - b);
  const at = (fraction: number) => tookMs[Math.floor((tookMs.length - 1) * fraction)];
  print(
    "enqueue to start",
    `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`,
    "p50 <= 20 ms",
    `${rounds} rounds, idle worker, with the commit of the run`,
  );
}

async function measureTrial(store: Store, jobs: number): Promise<void> {
  const report = await runQueueTrial({ store, jobs, workers: 4, kills: 10, freezes: 10, leaseMs: 2000, workMs: 100, signal });
  const { acceptedOnce, lost, doubled, starts, lateRefused, orderViolations, kills, freezes, tookMs } = report;
  const how = `${kills} SIGKILLs, ${freezes} freezes, ${starts} starts, ${lateRefused} late results refused, ${Math.round(tookMs / 1000)} s`;
  print(`${jobs} jobs accepted exactly once`, `${acceptedOnce}`, `${jobs}`, how);
  print("lost, doubled, out of order", `${lost}, ${doubled}, ${orderViolations}`, "0, 0, 0", "");
}

function print(what: string, seen: string, target: string, how: string): void {
  console.log([what.padEnd(44), seen.padEnd(28), target.padEnd(14), how].join(" ").trimEnd());
}
