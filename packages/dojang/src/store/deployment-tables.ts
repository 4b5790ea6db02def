import type { DeploymentState } from "@dojang/model";
import type { ColumnType, Generated } from "kysely";
import type { Json, Sequence } from "./column-types.ts";
import type { ProcessIdentity } from "./process-identity.ts";

export interface ReleaseTable {
  id: string;
  project: string;
  number: number;
  commit: string | null;
  author: string | null;
  digest: string;
  manifest: Json<unknown>;
  created_at: Generated<number>;
  removed_at: number | null;
}

export interface SiteTable {
  id: string;
  project: string;
  environment: string;
  directory: string;
  definition: Json<unknown>;
  current_release: string | null;
  previous_release: string | null;
  created_at: Generated<number>;
}

export interface DeploymentTable {
  id: string;
  sequence: Sequence;
  site: string;
  release: string;
  previous_release: string | null;
  kind: "deploy" | "rollback";
  state: DeploymentState;
  step: string | null;
  plan: Json<unknown>;
  facts: ColumnType<unknown, string | undefined, string>;
  wants: ApprovalTopic | null;
  requested_by: string;
  reason: string | null;
  failure: Json<unknown> | null;
  cancel_asked_by: string | null;
  fence: Generated<number>;
  owner: Json<ProcessIdentity | null> | null;
  lease_until: number | null;
  created_at: Generated<number>;
  expires_at: number | null;
  started_at: number | null;
  live_at: number | null;
  finished_at: number | null;
}

export interface DeploymentStepTable {
  deployment: string;
  position: number;
  name: string;
  attempt: number;
  fence: number;
  state: "running" | "done" | "skipped" | "failed";
  summary: string | null;
  detail: Json<unknown> | null;
  started_at: Generated<number>;
  finished_at: number | null;
}

/** `no-way-back`: the former release does not work on the migrated database, and somebody takes that on. */
export type ApprovalTopic = "release" | "no-way-back";

export interface ApprovalTable {
  deployment: string;
  release: string;
  person: string;
  topic: ApprovalTopic;
  decision: "approved" | "rejected";
  reason: string | null;
  at: Generated<number>;
}
