import type { DeployJob } from "@dojang/model";
import type { Approval } from "../store/approvals.ts";
import type { ApprovalTopic } from "../store/deployment-tables.ts";

/** Who takes part, as far as it is known here. Names of people are compared without regard to case. */
export interface ApprovalFacts {
  readonly policy: NonNullable<DeployJob["approval"]>;
  /** People by group: those of Dojang's own list and those of the machine. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** The change's author, by every name there is: `Mina Kim`, `mina@example.com`, `mina`. */
  readonly author: readonly string[];
  readonly requestedBy: string;
  readonly approvals: readonly Approval[];
  readonly topic: ApprovalTopic;
  readonly expiresAt: number | undefined;
  readonly now: number;
}

export type ApprovalState =
  | { readonly kind: "approved"; readonly by: readonly string[] }
  | { readonly kind: "rejected"; readonly by: string; readonly reason: string | undefined }
  | { readonly kind: "expired" }
  | { readonly kind: "waiting"; readonly has: readonly string[]; readonly needs: number };

/** Pure. Words of people who may not decide count for nothing, also when they were once recorded. */
export function approvalState(facts: ApprovalFacts): ApprovalState {
  const counted = facts.approvals.filter(({ person, topic }) => topic === facts.topic && mayDecide(person, facts) === undefined);
  const rejected = counted.find(({ decision }) => decision === "rejected");
  if (rejected !== undefined) return { kind: "rejected", by: rejected.person, reason: rejected.reason };
  const by = counted.map(({ person }) => person);
  if (by.length >= facts.policy.count) return { kind: "approved", by };
  if (facts.expiresAt !== undefined && facts.now > facts.expiresAt) return { kind: "expired" };
  return { kind: "waiting", has: by, needs: facts.policy.count - by.length };
}

/** Why this person may not, or undefined when they may. */
export function mayDecide(person: string, facts: Pick<ApprovalFacts, "policy" | "groups" | "author" | "requestedBy">): string | undefined {
  const { policy } = facts;
  const is = (name: string) => same(name, person);
  const inGroup = (name: string) => (facts.groups[name] ?? []).some(is);
  for (const name of policy.not) {
    if (name === "author" && facts.author.some(is)) return `${person} is the author of the change`;
    if (name === "requester" && is(facts.requestedBy)) return `${person} asked for the deployment`;
    if (name !== "author" && name !== "requester" && (is(name) || inGroup(name))) return `${person} is named under \`not\` (${name})`;
  }
  if (policy.by.some((name) => is(name) || inGroup(name))) return undefined;
  return `${person} is neither named under \`by\` nor in a group of it (${policy.by.join(", ")})`;
}

function same(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
