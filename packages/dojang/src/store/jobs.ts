import { setTimeout as delay } from "node:timers/promises";
import type { EndReason, JobKind, JobState } from "@dojang/model";
import { type Kysely, type Selectable, sql } from "kysely";
import type { Database } from "./database.ts";
import { newId } from "./id.ts";
import { retryWhenLost } from "./lost-connection.ts";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";
import type { JobTable } from "./run-tables.ts";
import { storableJson, storableJsonOrNull } from "./storable.ts";
import { jobChannel, type Store } from "./store.ts";

/**
 * The queue. Starts happen at least once, results are accepted exactly once.
 *
 * A worker claims a job, says by heartbeat that it lives, and brings the result. A lease that runs out, or whose holder is
 * provably dead on this machine, is taken away: the job is queued again when its retry policy names `worker-lost`, else it
 * has failed. What the former holder brings after that is refused, because its `attempt` is not the job's any more.
 */
export const leaseMs = 30_000;
export const heartbeatMs = 10_000;

export interface Job {
  readonly id: string;
  readonly run: string;
  /** With matrix values: `config (staging)`. Unique within the run. */
  readonly name: string;
  readonly kind: JobKind;
  readonly state: JobState;
  readonly reason?: EndReason;
  readonly cancelReason?: EndReason;
  /** Ids of jobs of the same run. */
  readonly needs: readonly string[];
  readonly labels: readonly string[];
  readonly slots: number;
  readonly exclusive: boolean;
  readonly spec: unknown;
  /** How often it was claimed; the fence of every write. */
  readonly attempt: number;
  readonly worker?: string;
  readonly owner?: ProcessIdentity;
  readonly leaseUntil?: number;
  readonly result?: unknown;
  readonly createdAt: number;
  readonly queuedAt?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

export interface NewJob {
  /** Unique within the run. */
  readonly name: string;
  readonly kind: JobKind;
  /** Names of jobs of the same run. */
  readonly needs?: readonly string[];
  /** "skip" unless said: a job whose need did not pass is skipped with reason dependency-failed. */
  readonly whenNeedFails?: "skip" | "run";
  /** Its failure fails neither the run nor who needs it. */
  readonly allowedToFail?: boolean;
  /** A worker must have all of them. */
  readonly labels?: readonly string[];
  /** How many of the worker's slots it takes: 1 unless said. */
  readonly slots?: number;
  /** Runs alone on its machine. */
  readonly exclusive?: boolean;
  /** At most one job of a group runs at a time, over all runs. */
  readonly concurrencyGroup?: string;
  /** `max` further attempts, only after one of these ends. A deploy is never retried. */
  readonly retry?: { readonly max: number; readonly on: readonly EndReason[] };
  /** JSON of what is to be done. */
  readonly spec: unknown;
  /** Decided by the plan: it never starts. */
  readonly skip?: EndReason;
}

export interface Claim {
  readonly workerId: string;
  readonly owner: ProcessIdentity;
  readonly labels: readonly string[];
  /** Slots the worker has free. */
  readonly slots: number;
  /** Only jobs of this run, also when the run belongs to one process. */
  readonly run?: string;
  /** 30 s unless said. */
  readonly leaseMs?: number;
}

/** The oldest job that may start now, or undefined. */
export async function claimJob(store: Store, claim: Claim): Promise<Job | undefined> {
  const token = newId();
  const ask = async () => {
    const { rows } = await sql<Selectable<JobTable>>`select * from claim_job(${claim.workerId}, ${storableJson(claim.owner)}::jsonb,
      ${[...claim.labels]}::text[], ${claim.slots}, ${claim.run ?? null}, ${claim.leaseMs ?? leaseMs}, ${token})`.execute(store.db);
    return rows[0];
  };
  const row = await retryWhenLost(ask);
  if (row !== undefined) return toJob(row);
  if ((await loseJobsOfDeadWorkers(store)) === 0) return undefined;
  const freed = await retryWhenLost(ask);
  return freed && toJob(freed);
}

/** "cancel": end it and finish it as cancelled. "lost": somebody else has it; stop, whatever comes of it is refused. */
export async function heartbeat(
  store: Store,
  beat: { readonly jobId: string; readonly attempt: number; readonly leaseMs?: number },
): Promise<"ok" | "cancel" | "lost"> {
  return await retryWhenLost(async () => {
    const { rows } = await sql<{ answer: "ok" | "cancel" | "lost" }>`
      select heartbeat_job(${beat.jobId}, ${beat.attempt}, ${beat.leaseMs ?? leaseMs}) as answer`.execute(store.db);
    return rows[0]?.answer ?? "lost";
  });
}

export interface JobEnd {
  readonly jobId: string;
  readonly attempt: number;
  readonly state: Extract<JobState, "passed" | "failed" | "skipped" | "cancelled">;
  readonly reason: EndReason;
  /** Kept as JSON. */
  readonly result?: unknown;
}

/** "requeued": the retry policy lets it start again. "refused": the attempt is not the job's any more; the result was dropped. */
export async function finishJob(store: Store, end: JobEnd): Promise<"accepted" | "requeued" | "refused"> {
  return await retryWhenLost(async () => {
    const { rows } = await sql<{ outcome: "accepted" | "requeued" | "refused" }>`
      select end_attempt(${end.jobId}, ${end.attempt}, ${end.state}, ${end.reason}, ${storableJsonOrNull(end.result)}::jsonb) as outcome`.execute(
      store.db,
    );
    return rows[0]?.outcome ?? "refused";
  });
}

/** False when it had already ended. A running job learns of it by its next heartbeat. */
export async function cancelJob(store: Store, cancel: { readonly jobId: string; readonly reason: EndReason }): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`select cancel_job(${cancel.jobId}, ${cancel.reason}) as done`.execute(store.db);
  return rows[0]?.done === true;
}

export async function getJob(store: Store, id: string): Promise<Job | undefined> {
  const row = await store.db.selectFrom("job").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toJob(row);
}

/** In the order of the plan. */
export async function jobsOfRun(store: Store, run: string): Promise<readonly Job[]> {
  const rows = await store.db.selectFrom("job").selectAll().where("run", "=", run).orderBy("sequence").execute();
  return rows.map(toJob);
}

/** Takes the leases of workers that are dead on this machine at once, without waiting for the lease to run out. Returns how many. */
export async function loseJobsOfDeadWorkers(store: Store): Promise<number> {
  const running = await store.db.selectFrom("job").select(["id", "attempt", "owner"]).where("state", "=", "running").execute();
  const orphans = running.filter((job) => job.owner !== null && !isAlive(job.owner));
  for (const orphan of orphans) await loseJob(store, { jobId: orphan.id, attempt: orphan.attempt });
  return orphans.length;
}

/** Ends an attempt whose worker is gone: requeued when the retry policy allows, else failed with reason worker-lost. */
export async function loseJob(
  store: Store,
  lost: { readonly jobId: string; readonly attempt: number },
): Promise<"accepted" | "requeued" | "refused"> {
  const { rows } = await sql<{ outcome: "accepted" | "requeued" | "refused" }>`
    select end_attempt(${lost.jobId}, ${lost.attempt}, null, 'worker-lost', null) as outcome`.execute(store.db);
  return rows[0]?.outcome ?? "refused";
}

/** Every lease that ran out, over all machines. Claims do this by themselves. */
export async function lapseLeases(store: Store): Promise<number> {
  const { rows } = await sql<{ lapsed: number }>`select lapse_leases() as lapsed`.execute(store.db);
  return rows[0]?.lapsed ?? 0;
}

/** Yields at once, then whenever jobs moved, and at least every `pollMs` (2 s unless said). Ends when aborted. */
export async function* onJobsChanged(store: Store, signal: AbortSignal, pollMs = 2000): AsyncGenerator<void> {
  let told = Promise.withResolvers<void>();
  const unlisten = store.presence.listen((channel) => {
    if (channel === jobChannel) told.resolve();
  });
  try {
    while (!signal.aborted) {
      told = Promise.withResolvers<void>();
      yield;
      const pause = new AbortController();
      const timer = delay(pollMs, undefined, { signal: AbortSignal.any([signal, pause.signal]) }).catch(() => undefined);
      await Promise.race([told.promise, timer]);
      pause.abort();
    }
  } finally {
    unlisten();
  }
}

/** Part of `createRun`. Jobs are queued or skipped as far as that is decided by now. */
export async function insertJobs(db: Kysely<Database>, run: string, jobs: readonly NewJob[]): Promise<readonly Job[]> {
  const ids = new Map(jobs.map((job) => [job.name, newId()]));
  for (const job of jobs)
    await db
      .insertInto("job")
      .values(toRow(run, job, ids))
      .execute();
  await sql`select settle_run(${run})`.execute(db);
  const rows = await db.selectFrom("job").selectAll().where("run", "=", run).orderBy("sequence").execute();
  return rows.map(toJob);
}

function toRow(run: string, job: NewJob, ids: ReadonlyMap<string, string>) {
  return {
    id: idOf(job.name, ids),
    run,
    name: job.name,
    kind: job.kind,
    state: job.skip === undefined ? ("waiting" as const) : ("skipped" as const),
    reason: job.skip ?? null,
    needs: (job.needs ?? []).map((name) => idOf(name, ids)),
    when_need_fails: job.whenNeedFails ?? ("skip" as const),
    allowed_to_fail: job.allowedToFail ?? false,
    labels: [...(job.labels ?? [])],
    slots: job.slots ?? 1,
    exclusive: job.exclusive ?? false,
    concurrency_group: job.concurrencyGroup ?? null,
    retry_max: job.retry?.max ?? 0,
    retry_on: [...(job.retry?.on ?? [])],
    spec: storableJson(job.spec),
  };
}

function idOf(name: string, ids: ReadonlyMap<string, string>): string {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`job ${name} is needed but not part of the run`);
  return id;
}

function toJob(row: Selectable<JobTable>): Job {
  return {
    id: row.id,
    run: row.run,
    name: row.name,
    kind: row.kind,
    state: row.state,
    reason: row.reason ?? undefined,
    cancelReason: row.cancel_reason ?? undefined,
    needs: row.needs,
    labels: row.labels,
    slots: row.slots,
    exclusive: row.exclusive,
    spec: row.spec,
    attempt: row.attempt,
    worker: row.worker ?? undefined,
    owner: row.owner ?? undefined,
    leaseUntil: row.lease_until ?? undefined,
    result: row.result ?? undefined,
    createdAt: row.created_at,
    queuedAt: row.queued_at ?? undefined,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  };
}
