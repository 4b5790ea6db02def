import { sql } from "kysely";
import type { ApprovalTable, ApprovalTopic } from "./deployment-tables.ts";
import { type Deployment, isTaken } from "./deployments.ts";
import type { Store } from "./store.ts";

export interface Approval {
  readonly person: string;
  readonly topic: ApprovalTopic;
  readonly decision: ApprovalTable["decision"];
  readonly reason?: string;
  readonly at: number;
}

/** Bound to the release: an approval of another release counts for nothing. A person's later word replaces the earlier. */
export async function recordApproval(
  store: Store,
  given: { readonly deployment: string; readonly release: string } & Omit<Approval, "at">,
): Promise<void> {
  const row = {
    deployment: given.deployment,
    release: given.release,
    person: given.person,
    topic: given.topic,
    decision: given.decision,
    reason: given.reason ?? null,
  };
  await store.db
    .insertInto("approval")
    .values(row)
    .onConflict((conflict) => conflict.columns(["deployment", "topic", "person"]).doUpdateSet({ ...row, at: sql<number>`now_ms()` }))
    .execute();
}

export async function approvalsOf(store: Store, deployment: Pick<Deployment, "id" | "release">): Promise<readonly Approval[]> {
  const rows = await store.db
    .selectFrom("approval")
    .selectAll()
    .where("deployment", "=", deployment.id)
    .where("release", "=", deployment.release)
    .orderBy("at")
    .execute();
  return rows.map(({ person, topic, decision, reason, at }) => ({ person, topic, decision, reason: reason ?? undefined, at }));
}

/** From waiting to queued or to an end. False when it does not wait any more; throws nothing when another deployment is active: `active`. */
export async function settleApproval(
  store: Store,
  settled: { readonly id: string; readonly state: "queued" | "rejected" },
): Promise<"done" | "not-waiting" | "site-busy"> {
  try {
    const row = await store.db
      .updateTable("deployment")
      .set({
        state: settled.state,
        wants: null,
        ...(settled.state === "rejected" ? { finished_at: sql<number>`now_ms()` } : {}),
      })
      .where("id", "=", settled.id)
      .where("state", "=", "awaiting-approval")
      .returning("id")
      .executeTakeFirst();
    return row === undefined ? "not-waiting" : "done";
  } catch (error) {
    if (isTaken(error)) return "site-busy";
    throw error;
  }
}
