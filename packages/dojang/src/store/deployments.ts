import type { DeploymentState } from "@dojang/model";
import { type Selectable, sql, type UpdateObject } from "kysely";
import type { Database } from "./database.ts";
import type { ApprovalTopic, DeploymentStepTable, DeploymentTable } from "./deployment-tables.ts";
import { newId } from "./id.ts";
import { retryWhenLost } from "./lost-connection.ts";
import { liveness, type ProcessIdentity } from "./process-identity.ts";
import { storableJson, storableJsonOrNull } from "./storable.ts";
import type { Store } from "./store.ts";

/**
 * Deployments as rows. Whoever moves one on holds its lease under a fence, a number that grows with every take-over; each
 * write names the fence, and one with an older number changes nothing and is told so. One deployment of a site is under way
 * at a time: the database refuses a second.
 */
export const deploymentLeaseMs = 30_000;
export const deploymentBeatMs = 5_000;

export interface Deployment {
  readonly id: string;
  readonly site: string;
  readonly release: string;
  readonly previousRelease?: string;
  readonly kind: "deploy" | "rollback";
  readonly state: DeploymentState;
  /** The step that is under way, or was last. */
  readonly step?: string;
  readonly plan: unknown;
  readonly facts: unknown;
  /** What is waited for in state awaiting-approval. */
  readonly wants?: ApprovalTopic;
  readonly requestedBy: string;
  readonly reason?: string;
  readonly failure?: DeploymentFailure;
  readonly cancelAskedBy?: string;
  readonly fence: number;
  readonly owner?: ProcessIdentity;
  readonly leaseUntil?: number;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly startedAt?: number;
  readonly liveAt?: number;
  readonly finishedAt?: number;
}

/** Why it did not stay: a Problem's words. */
export interface DeploymentFailure {
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

export interface NewDeployment {
  readonly site: string;
  readonly release: string;
  readonly previousRelease: string | undefined;
  readonly kind: Deployment["kind"];
  readonly state: "awaiting-approval" | "queued";
  readonly plan: unknown;
  readonly requestedBy: string;
  readonly reason?: string;
  readonly expiresAt?: number;
}

/** Undefined when another deployment of the site is under way: `active` names it. */
export async function createDeployment(
  store: Store,
  asked: NewDeployment,
): Promise<{ readonly created: Deployment } | { readonly active: Deployment }> {
  const id = newId();
  try {
    const row = await store.db
      .insertInto("deployment")
      .values({
        id,
        site: asked.site,
        release: asked.release,
        previous_release: asked.previousRelease ?? null,
        kind: asked.kind,
        state: asked.state,
        plan: storableJson(asked.plan),
        wants: asked.state === "awaiting-approval" ? "release" : null,
        requested_by: asked.requestedBy,
        reason: asked.reason ?? null,
        expires_at: asked.expiresAt ?? null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return { created: toDeployment(row) };
  } catch (error) {
    const active = isTaken(error) ? await activeDeployment(store, asked.site) : undefined;
    if (active !== undefined) return { active };
    throw error;
  }
}

export async function activeDeployment(store: Store, site: string): Promise<Deployment | undefined> {
  const row = await store.db
    .selectFrom("deployment")
    .selectAll()
    .where("site", "=", site)
    .where("state", "in", ["queued", "running"])
    .executeTakeFirst();
  return row && toDeployment(row);
}

export async function getDeployment(store: Store, id: string): Promise<Deployment | undefined> {
  const row = await store.db.selectFrom("deployment").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toDeployment(row);
}

export interface DeploymentFilter {
  readonly site?: string;
  readonly release?: string;
  readonly states?: readonly DeploymentState[];
  /** 50 unless said. */
  readonly limit?: number;
}

/** Newest first. */
export async function listDeployments(store: Store, filter: DeploymentFilter = {}): Promise<readonly Deployment[]> {
  let query = store.db.selectFrom("deployment").selectAll();
  if (filter.site !== undefined) query = query.where("site", "=", filter.site);
  if (filter.release !== undefined) query = query.where("release", "=", filter.release);
  if (filter.states !== undefined) query = query.where("state", "in", [...filter.states]);
  const rows = await query
    .orderBy("sequence", "desc")
    .limit(filter.limit ?? 50)
    .execute();
  return rows.map(toDeployment);
}

/** A deployment that is queued, or whose holder is dead or let its lease lapse, becomes the caller's; undefined when it is somebody else's. */
export async function claimDeployment(
  store: Store,
  claim: { readonly id: string; readonly owner: ProcessIdentity },
): Promise<Deployment | undefined> {
  const seen = await getDeployment(store, claim.id);
  if (seen === undefined || (seen.state !== "queued" && seen.state !== "running")) return undefined;
  const isFree =
    seen.state === "queued" ||
    seen.owner === undefined ||
    liveness(seen.owner) === "dead" ||
    (seen.leaseUntil ?? 0) < (await databaseNow(store));
  if (!isFree) return undefined;
  return await retryWhenLost(async () => {
    const row = await store.db
      .updateTable("deployment")
      .set({
        state: "running",
        fence: seen.fence + 1,
        owner: storableJson(claim.owner),
        lease_until: sql<number>`now_ms() + ${deploymentLeaseMs}`,
        started_at: sql<number>`coalesce(started_at, now_ms())`,
      })
      .where("id", "=", claim.id)
      .where("fence", "=", seen.fence)
      .where("state", "in", ["queued", "running"])
      .returningAll()
      .executeTakeFirst();
    return row && toDeployment(row);
  });
}

/** Lengthens the lease. "lost": somebody else has it. "cancel": its end was asked for. */
export async function beatDeployment(store: Store, held: Held): Promise<"ok" | "cancel" | "lost"> {
  const row = await retryWhenLost(() =>
    store.db
      .updateTable("deployment")
      .set({ lease_until: sql<number>`now_ms() + ${deploymentLeaseMs}` })
      .where("id", "=", held.id)
      .where("fence", "=", held.fence)
      .where("state", "=", "running")
      .returning("cancel_asked_by")
      .executeTakeFirst(),
  );
  if (row === undefined) return "lost";
  return row.cancel_asked_by === null ? "ok" : "cancel";
}

/** What a process holds: every write under it is refused once somebody else took over. */
export interface Held {
  readonly id: string;
  readonly fence: number;
}

/** The lease was taken by somebody else: whoever sees this stops at once and undoes nothing. */
export class LeaseLost extends Error {
  constructor(id: string) {
    super(`deployment ${id} was taken over by another process`);
    this.name = "LeaseLost";
  }
}

/** Gives it back without ending it: whoever comes next goes on from its step. */
export async function releaseDeployment(store: Store, held: Held): Promise<void> {
  await change(store, held, { owner: null, lease_until: null });
}

export async function recordFacts(store: Store, held: Held, facts: unknown): Promise<void> {
  await change(store, held, { facts: storableJson(facts) });
}

export async function recordFailure(store: Store, held: Held, failure: DeploymentFailure): Promise<void> {
  await change(store, held, { failure: storableJson(failure) });
}

export async function recordLive(store: Store, held: Held): Promise<void> {
  await change(store, held, { live_at: sql<number>`coalesce(live_at, now_ms())` });
}

export async function finishDeployment(
  store: Store,
  held: Held,
  state: Extract<DeploymentState, "succeeded" | "failed" | "rolled-back" | "cancelled">,
): Promise<void> {
  await change(store, held, { state, owner: null, lease_until: null, finished_at: sql<number>`now_ms()` });
}

/** Goes back to waiting for people, in the middle of its steps. */
export async function pauseDeployment(store: Store, held: Held, pause: { wants: ApprovalTopic; expiresAt: number }): Promise<void> {
  await change(store, held, {
    state: "awaiting-approval",
    wants: pause.wants,
    expires_at: pause.expiresAt,
    owner: null,
    lease_until: null,
  });
}

async function change(store: Store, held: Held, set: UpdateObject<Database, "deployment">): Promise<void> {
  const done = await retryWhenLost(() =>
    store.db
      .updateTable("deployment")
      .set(set)
      .where("id", "=", held.id)
      .where("fence", "=", held.fence)
      .where("state", "=", "running")
      .returning("id")
      .executeTakeFirst(),
  );
  if (done === undefined) throw new LeaseLost(held.id);
}

export interface StepRecord {
  readonly position: number;
  readonly name: string;
  readonly attempt: number;
  readonly state: DeploymentStepTable["state"];
  readonly summary?: string;
  readonly detail?: unknown;
  readonly startedAt: number;
  readonly finishedAt?: number;
}

/** Written before the step does anything, so that a killed step is known to have begun. Returns its attempt, from 1. */
export async function beginStep(store: Store, held: Held, step: { position: number; name: string }): Promise<number> {
  await change(store, held, { step: step.name });
  return await retryWhenLost(async () => {
    const { rows } = await sql<{ attempt: number }>`
      insert into deployment_step (deployment, position, name, attempt, fence, state)
      select ${held.id}, ${step.position}, ${step.name},
        coalesce((select max(attempt) from deployment_step where deployment = ${held.id} and position = ${step.position}), 0) + 1,
        ${held.fence}, 'running'
      returning attempt`.execute(store.db);
    return rows[0]?.attempt ?? 1;
  });
}

export async function endStep(
  store: Store,
  held: Held,
  end: {
    readonly position: number;
    readonly attempt: number;
    readonly state: Exclude<StepRecord["state"], "running">;
    readonly summary: string;
    readonly detail?: unknown;
  },
): Promise<void> {
  await retryWhenLost(() =>
    store.db
      .updateTable("deployment_step")
      .set({ state: end.state, summary: end.summary, detail: storableJsonOrNull(end.detail), finished_at: sql<number>`now_ms()` })
      .where("deployment", "=", held.id)
      .where("position", "=", end.position)
      .where("attempt", "=", end.attempt)
      .where("fence", "=", held.fence)
      .execute(),
  );
}

/** Every attempt, in order. */
export async function stepsOfDeployment(store: Store, id: string): Promise<readonly StepRecord[]> {
  const rows = await store.db
    .selectFrom("deployment_step")
    .selectAll()
    .where("deployment", "=", id)
    .orderBy("started_at")
    .orderBy("position")
    .orderBy("attempt")
    .execute();
  return rows.map(toStep);
}

/** False when it had ended, or there is none. A running one hears of it within seconds; a waiting one has ended by then. */
export async function askCancel(store: Store, asked: { readonly id: string; readonly by: string }): Promise<boolean> {
  const ended = await store.db
    .updateTable("deployment")
    .set({ state: "cancelled", cancel_asked_by: asked.by, finished_at: sql<number>`now_ms()` })
    .where("id", "=", asked.id)
    .where((where) =>
      where.or([where("state", "=", "queued"), where.and([where("state", "=", "awaiting-approval"), where("started_at", "is", null)])]),
    )
    .returning("id")
    .executeTakeFirst();
  if (ended !== undefined) return true;
  // Paused in the middle, it has things to undo: it runs again to do so.
  const told = await store.db
    .updateTable("deployment")
    .set({ cancel_asked_by: asked.by, state: "running" })
    .where("id", "=", asked.id)
    .where("state", "in", ["running", "awaiting-approval"])
    .returning("id")
    .executeTakeFirst();
  return told !== undefined;
}

async function databaseNow(store: Store): Promise<number> {
  const { rows } = await sql<{ now: number }>`select now_ms() as now`.execute(store.db);
  return rows[0]?.now ?? Date.now();
}

/** 23505: unique violation, of the index that lets one deployment of a site be under way. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}

function toDeployment(row: Selectable<DeploymentTable>): Deployment {
  return {
    id: row.id,
    site: row.site,
    release: row.release,
    previousRelease: row.previous_release ?? undefined,
    kind: row.kind,
    state: row.state,
    step: row.step ?? undefined,
    plan: row.plan,
    facts: row.facts,
    wants: row.wants ?? undefined,
    requestedBy: row.requested_by,
    reason: row.reason ?? undefined,
    // Only recordFailure writes it.
    failure: (row.failure as DeploymentFailure | null) ?? undefined,
    cancelAskedBy: row.cancel_asked_by ?? undefined,
    fence: row.fence,
    owner: row.owner ?? undefined,
    leaseUntil: row.lease_until ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    startedAt: row.started_at ?? undefined,
    liveAt: row.live_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  };
}

function toStep(row: Selectable<DeploymentStepTable>): StepRecord {
  return {
    position: row.position,
    name: row.name,
    attempt: row.attempt,
    state: row.state,
    summary: row.summary ?? undefined,
    detail: row.detail ?? undefined,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
  };
}
