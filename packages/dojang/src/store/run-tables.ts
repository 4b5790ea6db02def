import type { EndReason, JobKind, JobState, RunState, RuntimeName } from "@dojang/model";
import type { Generated } from "kysely";
import type { Json, Sequence } from "./column-types.ts";
import type { ProcessIdentity } from "./process-identity.ts";

export interface RunTable {
  id: string;
  sequence: Sequence;
  project: string;
  number: number;
  change: string;
  directory: string | null;
  commit: string | null;
  branch: string | null;
  trusted: boolean;
  runtime: RuntimeName;
  config_hash: string;
  snapshot: Json<unknown>;
  concurrency_group: string | null;
  owner: Json<ProcessIdentity | null> | null;
  state: Generated<RunState>;
  reason: EndReason | null;
  cancel_reason: EndReason | null;
  pinned: Generated<boolean>;
  summary: Json<unknown> | null;
  created_at: Generated<number>;
  started_at: number | null;
  finished_at: number | null;
}

export interface JobTable {
  id: string;
  sequence: Sequence;
  run: string;
  name: string;
  kind: JobKind;
  state: JobState;
  reason: EndReason | null;
  cancel_reason: EndReason | null;
  needs: string[];
  when_need_fails: "skip" | "run";
  allowed_to_fail: boolean;
  labels: string[];
  slots: number;
  exclusive: boolean;
  concurrency_group: string | null;
  retry_max: number;
  retry_on: string[];
  spec: Json<unknown>;
  attempt: Generated<number>;
  claim_token: string | null;
  worker: string | null;
  owner: Json<ProcessIdentity | null> | null;
  machine: string | null;
  lease_until: number | null;
  result: Json<unknown> | null;
  created_at: Generated<number>;
  queued_at: number | null;
  started_at: number | null;
  finished_at: number | null;
}

export interface JobAttemptTable {
  job: string;
  attempt: number;
  worker: string;
  owner: Json<ProcessIdentity>;
  started_at: Generated<number>;
  finished_at: number | null;
  state: JobState | null;
  reason: EndReason | null;
  outcome: "accepted" | "requeued" | "lost" | null;
}

export interface LedgerTable {
  kind: string;
  id: string;
  runtime: RuntimeName | null;
  owner: Json<ProcessIdentity>;
  run: string | null;
  job: string | null;
  keep: boolean;
  data: Json<Readonly<Record<string, unknown>>>;
  created_at: Generated<number>;
  released_at: number | null;
}
