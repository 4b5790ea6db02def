import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { WorkerEvent } from "./queue-trial-worker.ts";
import { createRun } from "./runs.ts";
import type { Store } from "./store.ts";

/**
 * Runs jobs on real worker processes while killing (SIGKILL) and freezing (SIGSTOP until their job is taken from them, then SIGCONT) some of
 * them, and counts what became of every job. `bench/queue.ts` prints it; a small one is a test.
 */
export interface TrialOptions {
  readonly store: Store;
  readonly jobs: number;
  readonly workers: number;
  readonly kills: number;
  readonly freezes: number;
  readonly leaseMs: number;
  readonly workMs: number;
  readonly signal: AbortSignal;
}

export interface TrialReport {
  readonly starts: number;
  /** Jobs with exactly one accepted result, which is the one the job shows. */
  readonly acceptedOnce: number;
  readonly lost: number;
  readonly doubled: number;
  /** Results that came from a worker that had lost the job. */
  readonly lateRefused: number;
  /** A worker was told "accepted" and the database says otherwise. */
  readonly brokenPromises: number;
  /** Two jobs of one group at a time, or in another order than they were made. */
  readonly orderViolations: number;
  /** That hit a worker at work. */
  readonly kills: number;
  readonly freezes: number;
  readonly tookMs: number;
}

const jobsPerRun = 10;

export async function runQueueTrial(options: TrialOptions): Promise<TrialReport> {
  const started = performance.now();
  const done = { kill: 0, freeze: 0 };
  const crew = new Set<TrialWorker>();
  const events: WorkerEvent[] = [];
  const hire = async () => crew.add(await hireWorker({ ...options, home: options.store.home, onEvent: (event) => events.push(event) }));
  for (let n = 0; n < options.workers; n++) await hire();
  try {
    await enqueue(options);
    const thawing: Promise<void>[] = [];
    const kills = Array.from({ length: options.kills }, () => "kill" as const);
    const freezes = Array.from({ length: options.freezes }, () => "freeze" as const);
    const blows = [...kills, ...freezes].toSorted(() => Math.random() - 0.5);
    for (const [index, blow] of blows.entries()) {
      await untilFinished(options, ((index + 1) / (blows.length + 2)) * options.jobs);
      const victim = await pickBusy(crew, options);
      if (victim === undefined) break;
      done[blow]++;
      if (blow === "freeze") {
        thawing.push(freeze(victim, options));
        continue;
      }
      crew.delete(victim);
      victim.child.kill("SIGKILL");
      await hire();
    }
    await untilFinished(options, options.jobs);
    await Promise.all(thawing);
    await dismiss(crew);
  } finally {
    for (const worker of crew) worker.child.kill("SIGKILL");
  }
  return { ...(await count(options, events)), kills: done.kill, freezes: done.freeze, tookMs: performance.now() - started };
}

export interface TrialWorker {
  readonly child: ChildProcess;
  /** What it said it has. */
  holds: { readonly job: string; readonly attempt: number } | undefined;
  frozen: boolean;
}

/** Resolves when the worker is ready to claim. */
export async function hireWorker(options: {
  readonly home: string;
  readonly leaseMs: number;
  readonly workMs: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WorkerEvent) => void;
}): Promise<TrialWorker> {
  const script = fileURLToPath(new URL("./queue-trial-worker.ts", import.meta.url));
  const child = spawn(process.execPath, [script, options.home, String(options.leaseMs), String(options.workMs)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const worker: TrialWorker = { child, holds: undefined, frozen: false };
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`a worker of the trial ended before it was ready: ${signal ?? `exit code ${code}`}`);
  });
  const ready = Promise.race([once(lines, "line", { signal: options.signal }), ended]);
  lines.on("line", (line) => {
    const event: WorkerEvent = JSON.parse(line);
    worker.holds = event.kind === "claimed" ? event : undefined;
    options.onEvent(event);
  });
  await ready;
  ended.catch(() => undefined);
  return worker;
}

/** Lets workers finish what they hold and leave. */
export async function dismiss(crew: Set<TrialWorker>): Promise<void> {
  for (const worker of crew) {
    const { child } = worker;
    const exited = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    child.stdin?.end();
    await exited;
    crew.delete(worker);
  }
}

/** Half of the runs belong to one group, in which one goes at a time. */
async function enqueue(options: TrialOptions): Promise<void> {
  for (let made = 0; made < options.jobs; made += jobsPerRun) {
    const group = (made / jobsPerRun) % 2 === 0 ? { group: "trial", cancelSuperseded: false } : undefined;
    await createRun(options.store, {
      project: "trial",
      change: `change-${made}`,
      trusted: true,
      runtime: "fake",
      configHash: "h",
      snapshot: {},
      concurrency: group,
      jobs: Array.from({ length: Math.min(jobsPerRun, options.jobs - made) }, (_, n) => ({
        name: `job-${n}`,
        kind: "steps" as const,
        spec: {},
        retry: { max: 1000, on: ["worker-lost" as const] },
      })),
    });
  }
}

/** Until its job was taken from it, so that what it brings afterwards must be refused. */
async function freeze(victim: TrialWorker, { store, signal }: TrialOptions): Promise<void> {
  victim.frozen = true;
  victim.child.kill("SIGSTOP");
  const { holds } = victim;
  for (;;) {
    const job = await store.db
      .selectFrom("job")
      .select(["state", "attempt"])
      .where("id", "=", holds?.job ?? "")
      .executeTakeFirst();
    if (job?.state !== "running" || job.attempt !== holds?.attempt) break;
    await delay(20, undefined, { signal });
  }
  victim.child.kill("SIGCONT");
  victim.frozen = false;
}

/** Never so many that nobody is left to take over from a frozen one. Undefined when the work is done before there was one to hit. */
async function pickBusy(crew: ReadonlySet<TrialWorker>, options: TrialOptions): Promise<TrialWorker | undefined> {
  while ((await countFinished(options.store)) < options.jobs) {
    const awake = [...crew].filter((worker) => !worker.frozen);
    const busy = awake.length > 1 ? awake.filter((worker) => worker.holds !== undefined) : [];
    const victim = busy[Math.floor(Math.random() * busy.length)];
    if (victim !== undefined) return victim;
    await delay(2, undefined, { signal: options.signal });
  }
  return undefined;
}

async function untilFinished(options: TrialOptions, wanted: number): Promise<void> {
  while ((await countFinished(options.store)) < wanted) await delay(20, undefined, { signal: options.signal });
}

async function countFinished(store: Store): Promise<number> {
  const { finished } = await store.db
    .selectFrom("job")
    .innerJoin("run", "run.id", "job.run")
    .select((e) => e.fn.countAll<number>().as("finished"))
    .where("run.project", "=", "trial")
    .where("job.state", "=", "passed")
    .executeTakeFirstOrThrow();
  return finished;
}

async function count({ store }: TrialOptions, events: readonly WorkerEvent[]) {
  const jobs = await store.db
    .selectFrom("job")
    .innerJoin("run", "run.id", "job.run")
    .select(["job.id", "job.state", "job.result", "job.sequence", "run.concurrency_group"])
    .where("run.project", "=", "trial")
    .orderBy("job.sequence")
    .execute();
  const ids = new Set(jobs.map((job) => job.id));
  const attempts = (await store.db.selectFrom("job_attempt").selectAll().execute()).filter((attempt) => ids.has(attempt.job));
  const accepted = Map.groupBy(
    attempts.filter((attempt) => attempt.outcome === "accepted"),
    (attempt) => attempt.job,
  );
  const shown = (job: (typeof jobs)[number]) => (job.result as { attempt?: number } | null)?.attempt;
  const once = jobs.filter(
    (job) => job.state === "passed" && accepted.get(job.id)?.length === 1 && shown(job) === accepted.get(job.id)?.[0]?.attempt,
  );
  const told = events.filter((event) => event.kind === "finished");
  return {
    starts: attempts.length,
    acceptedOnce: once.length,
    lost: jobs.filter((job) => !accepted.has(job.id)).length,
    doubled: [...accepted.values()].filter((found) => found.length > 1).length,
    lateRefused: told.filter((event) => event.outcome === "refused").length,
    brokenPromises: told.filter((event) => event.outcome === "accepted" && accepted.get(event.job)?.[0]?.attempt !== event.attempt).length,
    orderViolations: await countOrderViolations(store),
  };
}

/** Runs of a group must follow each other: each starts after all of the one made before it has ended. */
async function countOrderViolations(store: Store): Promise<number> {
  const runs = await store.db
    .selectFrom("run")
    .select(["started_at", "finished_at"])
    .where("concurrency_group", "=", "trial")
    .orderBy("sequence")
    .execute();
  return runs.filter((run, index) => index > 0 && (run.started_at ?? 0) < (runs[index - 1]?.finished_at ?? Number.POSITIVE_INFINITY))
    .length;
}
