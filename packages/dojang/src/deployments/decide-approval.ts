import { Problem } from "@dojang/model";
import { type Approval, approvalsOf, recordApproval, settleApproval } from "../store/approvals.ts";
import { activeDeployment, askCancel, type Deployment } from "../store/deployments.ts";
import type { Store } from "../store/store.ts";
import { type ApprovalFacts, type ApprovalState, approvalState, mayDecide } from "./approval-policy.ts";
import type { DeploymentPlan } from "./deployment-plan.ts";
import { existingDeployment } from "./existing-deployment.ts";
import { groupsOf } from "./people.ts";

export interface DecideRequest {
  readonly store: Store;
  readonly id: string;
  readonly person: string;
  readonly decision: Approval["decision"];
  readonly reason: string | undefined;
  /** Names of the change's author. */
  readonly authorOf: (release: string) => Promise<readonly string[]>;
  readonly now: number;
  readonly signal: AbortSignal;
}

export interface Decided {
  readonly deployment: Deployment;
  readonly state: ApprovalState;
}

/**
 * Records one person's word on a deployment that waits, bound to its release, and moves it on when that decides it: to the queue,
 * or to its end. Throws `deployment-unknown`, `not-waiting`, `approval-refused` (who may not), `approval-expired`, `site-busy`.
 */
export async function decideApproval(request: DecideRequest): Promise<Decided> {
  const { store, person, decision } = request;
  const deployment = await waitingDeployment(store, request.id);
  const facts = await approvalFacts(request, deployment);
  if (deployment.expiresAt !== undefined && request.now > deployment.expiresAt) throw expired(deployment);
  const why = mayDecide(person, facts);
  if (why !== undefined) throw refused(deployment, why, facts);
  const { topic } = facts;
  await recordApproval(store, { deployment: deployment.id, release: deployment.release, person, topic, decision, reason: request.reason });
  const state = approvalState({ ...facts, approvals: await approvalsOf(store, deployment) });
  if (state.kind === "approved" || state.kind === "rejected") await settle(store, deployment, { kind: state.kind, by: person });
  return { deployment: await existingDeployment(store, deployment.id), state };
}

async function settle(
  store: Store,
  deployment: Deployment,
  { kind, by: person }: { readonly kind: "approved" | "rejected"; readonly by: string },
) {
  // Rejected in its middle it has things to undo: whoever performs it next takes it back.
  if (kind === "rejected" && deployment.startedAt !== undefined) {
    await askCancel(store, { id: deployment.id, by: person });
    return;
  }
  const settled = await settleApproval(store, { id: deployment.id, state: kind === "approved" ? "queued" : "rejected" });
  if (settled !== "site-busy") return;
  const active = await activeDeployment(store, deployment.site);
  const by = active === undefined ? "" : ` by ${active.id} (${active.release}, at ${active.step ?? "its beginning"})`;
  throw new Problem({
    code: "site-busy",
    message: `${deployment.site} is being deployed to${by}; the word was kept, and ${deployment.id} waits`,
    fix: "give the command again when the other deployment has ended: `dojang deployments` shows it",
    exit: "refused",
  });
}

export async function approvalFacts(
  { store, authorOf, now, signal }: Pick<DecideRequest, "store" | "authorOf" | "now" | "signal">,
  deployment: Deployment,
): Promise<ApprovalFacts> {
  // Only this package writes plans.
  const plan = deployment.plan as DeploymentPlan;
  const policy = plan.approval ?? { by: [], count: 1, not: [], expiresMs: 24 * 3_600_000 };
  return {
    policy,
    groups: await groupsOf(store, [...policy.by, ...policy.not], { signal }),
    author: await authorOf(deployment.release),
    requestedBy: deployment.requestedBy,
    approvals: await approvalsOf(store, deployment),
    topic: deployment.wants ?? "release",
    expiresAt: deployment.expiresAt,
    now,
  };
}

async function waitingDeployment(store: Store, id: string): Promise<Deployment> {
  const deployment = await existingDeployment(store, id);
  if (deployment.state === "awaiting-approval") return deployment;
  throw new Problem({
    code: "not-waiting",
    message: `deployment ${id} waits for nobody: it is ${deployment.state}`,
    fix: "`dojang deployments` shows what waits",
    exit: "refused",
  });
}

function refused(deployment: Deployment, why: string, { policy, groups }: ApprovalFacts): Problem {
  const empty = policy.by.filter((name) => (groups[name] ?? []).length === 0);
  const hint =
    empty.length === policy.by.length ? `; nobody is known in ${empty.join(", ")}: \`dojang people add ${empty[0]} NAME\` names them` : "";
  return new Problem({
    code: "approval-refused",
    message: `${why}, so it cannot decide on ${deployment.id} (${deployment.release} to ${deployment.site})`,
    fix: `let one of ${policy.by.join(", ")} decide${hint}`,
    exit: "refused",
  });
}

function expired(deployment: Deployment): Problem {
  return new Problem({
    code: "approval-expired",
    message: `deployment ${deployment.id} waited until ${new Date(deployment.expiresAt ?? 0).toISOString()} and nobody decided`,
    // Only this package writes plans.
    fix: `ask again: dojang deploy ${(deployment.plan as DeploymentPlan).environment} --release ${deployment.release}`,
    exit: "refused",
  });
}
