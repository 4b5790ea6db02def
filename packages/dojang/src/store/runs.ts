import type { EndReason, RunState, RuntimeName } from "@dojang/model";
import { type Kysely, type Selectable, sql } from "kysely";
import type { Database } from "./database.ts";
import { newId } from "./id.ts";
import { insertJobs, type Job, type NewJob } from "./jobs.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { RunTable } from "./run-tables.ts";
import { storableJson, storableJsonOrNull } from "./storable.ts";
import type { Store } from "./store.ts";

/** One pass of a change through its jobs. */
export interface Run {
  readonly id: string;
  readonly project: string;
  /** Counts from 1 within the project. */
  readonly number: number;
  /** What is under test: `main`, `pull/12`, `local`. */
  readonly change: string;
  readonly directory?: string;
  readonly commit?: string;
  readonly branch?: string;
  readonly trusted: boolean;
  readonly runtime: RuntimeName;
  readonly configHash: string;
  readonly snapshot: unknown;
  readonly concurrencyGroup?: string;
  /** The one process that may run its jobs, for `dojang run`; undefined when any worker may. */
  readonly owner?: ProcessIdentity;
  readonly state: RunState;
  readonly reason?: EndReason;
  /** Set as soon as somebody asked, also while jobs still end. */
  readonly cancelReason?: EndReason;
  /** Kept by retention. */
  readonly pinned: boolean;
  readonly summary?: unknown;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

export interface NewRun {
  readonly project: string;
  readonly change: string;
  readonly directory?: string;
  readonly commit?: string;
  readonly branch?: string;
  readonly trusted: boolean;
  readonly runtime: RuntimeName;
  readonly configHash: string;
  /** JSON of the plan. */
  readonly snapshot: unknown;
  /** Runs of one group go one at a time, oldest first. */
  readonly concurrency?: { readonly group: string; readonly cancelSuperseded: boolean };
  /** Only claims that name this run get its jobs, and the run fails when this process dies. */
  readonly owner?: ProcessIdentity;
  readonly jobs: readonly NewJob[];
}

/** Makes the run and its jobs in one transaction; jobs without needs are queued when it returns. */
export async function createRun(store: Store, run: NewRun): Promise<{ readonly run: Run; readonly jobs: readonly Job[] }> {
  return await store.db.transaction().execute(async (db) => {
    if (run.concurrency !== undefined) {
      await sql`select pg_advisory_xact_lock(hashtext('dojang group'), hashtext(${run.concurrency.group}))`.execute(db);
    }
    const { last_run_number: number } = await db
      .insertInto("project")
      .values({ name: run.project, last_run_number: 1 })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ last_run_number: sql`project.last_run_number + 1` }))
      .returning("last_run_number")
      .executeTakeFirstOrThrow();
    const id = newId();
    if (run.concurrency?.cancelSuperseded === true) await cancelEarlier(db, run.concurrency.group);
    await db
      .insertInto("run")
      .values(toRow(id, number, run))
      .execute();
    const jobs = await insertJobs(db, id, run.jobs);
    return { run: toRun(await db.selectFrom("run").selectAll().where("id", "=", id).executeTakeFirstOrThrow()), jobs };
  });
}

export async function getRun(store: Store, id: string): Promise<Run | undefined> {
  const row = await store.db.selectFrom("run").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toRun(row);
}

/** The newest run of a project, of any state unless said. */
export async function latestRun(store: Store, project: string, states?: readonly RunState[]): Promise<Run | undefined> {
  const runs = await listRuns(store, { project, states, limit: 1 });
  return runs[0];
}

export async function runByNumber(store: Store, project: string, number: number): Promise<Run | undefined> {
  const row = await store.db.selectFrom("run").selectAll().where("project", "=", project).where("number", "=", number).executeTakeFirst();
  return row && toRun(row);
}

export interface RunFilter {
  readonly project?: string;
  readonly change?: string;
  readonly states?: readonly RunState[];
  /** 50 unless said. */
  readonly limit?: number;
}

/** Newest first. */
export async function listRuns(store: Store, filter: RunFilter = {}): Promise<readonly Run[]> {
  let query = store.db.selectFrom("run").selectAll();
  if (filter.project !== undefined) query = query.where("project", "=", filter.project);
  if (filter.change !== undefined) query = query.where("change", "=", filter.change);
  if (filter.states !== undefined) query = query.where("state", "in", [...filter.states]);
  const rows = await query
    .orderBy("sequence", "desc")
    .limit(filter.limit ?? 50)
    .execute();
  return rows.map(toRun);
}

/**
 * Ends a run. With its jobs it ends by itself when the last of them does, so this is for a run that failed outside of any
 * job, and to keep a summary. A run that has ended keeps its state; jobs that did not start are cancelled.
 */
export async function finishRun(
  store: Store,
  end: { readonly run: string; readonly state?: RunState; readonly reason?: EndReason; readonly summary?: unknown },
): Promise<Run | undefined> {
  if (end.state !== undefined) await forceEnd(store, end.run, end.state, end.reason ?? "problem");
  if (end.summary !== undefined) {
    await store.db
      .updateTable("run")
      .set({ summary: storableJson(end.summary) })
      .where("id", "=", end.run)
      .execute();
  }
  return await getRun(store, end.run);
}

/** False when the run had already ended. Running jobs learn of it by their next heartbeat. */
export async function cancelRun(store: Store, cancel: { readonly run: string; readonly reason: EndReason }): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`select cancel_run(${cancel.run}, ${cancel.reason}) as done`.execute(store.db);
  return rows[0]?.done === true;
}

/** For a run whose owner is dead: what it left running failed as worker-lost, the rest is cancelled, the run has failed. */
export async function abandonRun(store: Store, run: string): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`select abandon_run(${run}) as done`.execute(store.db);
  return rows[0]?.done === true;
}

/** A pinned run and its log are kept by retention. */
export async function pinRun(store: Store, pin: { readonly run: string; readonly pinned: boolean }): Promise<void> {
  await store.db.updateTable("run").set({ pinned: pin.pinned }).where("id", "=", pin.run).execute();
}

async function forceEnd(store: Store, run: string, state: RunState, reason: EndReason): Promise<void> {
  await store.db.transaction().execute(async (db) => {
    const open = await db
      .selectFrom("run")
      .select("id")
      .where("id", "=", run)
      .where("state", "in", ["queued", "running"])
      .forUpdate()
      .executeTakeFirst();
    if (open === undefined) return;
    await db.updateTable("run").set({ state, reason, finished_at: sql`now_ms()` }).where("id", "=", run).execute();
    await db
      .updateTable("job")
      .set({ state: "cancelled", reason, finished_at: sql`now_ms()` })
      .where("run", "=", run)
      .where("state", "in", ["waiting", "queued"])
      .execute();
    await db.updateTable("job").set({ cancel_reason: reason }).where("run", "=", run).where("state", "=", "running").execute();
    await sql`select pg_notify('dojang_job', ${run})`.execute(db);
  });
}

async function cancelEarlier(db: Kysely<Database>, group: string): Promise<void> {
  await sql`
    select cancel_run(id, 'superseded') from (
      select id from run where concurrency_group = ${group} and state in ('queued', 'running') order by sequence
    ) as earlier`.execute(db);
}

function toRow(id: string, number: number, run: NewRun) {
  return {
    id,
    number,
    project: run.project,
    change: run.change,
    directory: run.directory ?? null,
    commit: run.commit ?? null,
    branch: run.branch ?? null,
    trusted: run.trusted,
    runtime: run.runtime,
    config_hash: run.configHash,
    snapshot: storableJson(run.snapshot),
    concurrency_group: run.concurrency?.group ?? null,
    owner: storableJsonOrNull(run.owner),
  };
}

function toRun(row: Selectable<RunTable>): Run {
  return {
    id: row.id,
    project: row.project,
    number: row.number,
    change: row.change,
    directory: row.directory ?? undefined,
    commit: row.commit ?? undefined,
    branch: row.branch ?? undefined,
    trusted: row.trusted,
    runtime: row.runtime,
    configHash: row.config_hash,
    snapshot: row.snapshot,
    concurrencyGroup: row.concurrency_group ?? undefined,
    owner: row.owner ?? undefined,
    state: row.state,
    reason: row.reason ?? undefined,
    cancelReason: row.cancel_reason ?? undefined,
    pinned: row.pinned,
    summary: row.summary ?? undefined,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  };
}
