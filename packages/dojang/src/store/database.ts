import type {
  BodyRef,
  ContractViolation,
  DeploymentState,
  EndReason,
  FileCoverage,
  Header,
  JobKind,
  JobState,
  OutsideCall,
  OutsideStub,
  PatchCoverage,
  RunState,
  RuntimeName,
  TestStatus,
} from "@dojang/model";
import type { ColumnType, Generated } from "kysely";
import type { BackupTable, WalMarkTable, WalSegmentTable } from "./backup-tables.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/**
 * The tables as TypeScript sees them; migrations/ is what makes them. Times are milliseconds since the Unix epoch.
 * A jsonb column is written as text that `storableJson` made, because pg would turn an array into a PostgreSQL array.
 */
export interface Database {
  migration: { number: number; name: string };
  project: { name: string; last_run_number: number };
  run: RunTable;
  job: JobTable;
  job_attempt: JobAttemptTable;
  ledger: LedgerTable;
  process: { identity: string; seen_at: number };
  test_attempt: TestAttemptTable;
  transaction: TransactionTable;
  outside_call: OutsideCallTable;
  body: BodyTable;
  coverage: CoverageTable;
  code_finding: CodeFindingTable;
  sample: SampleTable;
  artifact: ArtifactTable;
  cache_entry: CacheTable;
  log_source: LogSourceTable;
  log_record: LogRecordTable;
  log_block: LogBlockTable;
  log_block_request: { request_id: string; block: number };
  release: ReleaseTable;
  site: SiteTable;
  secret: { site: string; name: string; sealed: string; updated_at: Generated<number> };
  deployment: DeploymentTable;
  deployment_step: DeploymentStepTable;
  approval: ApprovalTable;
  probe_result: ProbeResultTable;
  probe_hour: { site: string; probe: string; hour: number; total: number; failed: number };
  alert: AlertTable;
  alert_notice: AlertNoticeTable;
  backup: BackupTable;
  wal_segment: WalSegmentTable;
  wal_mark: WalMarkTable;
  person_group: { name: string; person: string };
  practice_attempt: PracticeAttemptTable;
}

type Json<T> = ColumnType<T, string, string>;
/** pg gives 64-bit integers as text; the pool parses those that fit. */
type Sequence = Generated<number>;

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

export interface TestAttemptTable {
  sequence: Sequence;
  run: string;
  job: string;
  job_attempt: number;
  id: string;
  test_id: string;
  attempt: number;
  shard: number;
  file: string;
  title_path: Json<string[]>;
  project: string | null;
  status: TestStatus;
  started_at: number | null;
  duration_ms: number;
  error: Json<{ message: string; stack?: string } | null> | null;
  output: string | null;
  attachments: Json<{ name: string; path: string; contentType?: string }[]>;
}

export interface TransactionTable {
  id: string;
  run: string | null;
  job: string | null;
  environment: string;
  request_id: string;
  test_attempt: string | null;
  lane: number;
  kind: "http" | "ws" | "sse" | "tunnel";
  method: string;
  url: string;
  status: number | null;
  request_headers: Json<Header[]>;
  response_headers: Json<Header[]>;
  request_body: Json<BodyRef | null> | null;
  response_body: Json<BodyRef | null> | null;
  started_at: number;
  first_byte_ms: number | null;
  duration_ms: number;
  error: string | null;
}

export interface OutsideCallTable {
  sequence: Sequence;
  environment: string;
  id: string;
  run: string | null;
  job: string | null;
  mock: string;
  request_id: string | null;
  transaction: string | null;
  test_attempt: string | null;
  direct: boolean;
  method: string;
  url: string;
  status: number | null;
  fault: string | null;
  answered_by: OutsideCall["answeredBy"];
  stub: Json<OutsideStub | null> | null;
  declared: boolean;
  violations: Json<ContractViolation[]>;
  nearest: Json<OutsideCall["nearest"] | null> | null;
  request_headers: Json<Header[]>;
  response_headers: Json<Header[]>;
  request_body: Json<BodyRef | null> | null;
  response_body: Json<BodyRef | null> | null;
  started_at: number;
  duration_ms: number;
  delay_ms: number;
}

export interface BodyTable {
  hash: string;
  encoding: "zstd" | "plain";
  size_bytes: number;
  data: Buffer;
  created_at: Generated<number>;
}

export interface CoverageTable {
  job: string;
  run: string;
  files: Json<FileCoverage[]>;
  patch: Json<PatchCoverage | null> | null;
}

export interface CodeFindingTable {
  sequence: Sequence;
  run: string;
  job: string;
  tool: string;
  rule: string | null;
  level: "error" | "warning" | "note" | "none";
  message: string;
  file: string | null;
  line: number | null;
  column: number | null;
}

export interface SampleTable {
  environment: string;
  run: string | null;
  service: string;
  at: number;
  cpu_ms: number;
  memory_bytes: number;
  processes: number;
  threads: number;
  open_files: number;
}

export interface ArtifactTable {
  run: string;
  job: string | null;
  service: string | null;
  name: string;
  digest: string;
  size_bytes: number;
  content_type: string | null;
  created_at: Generated<number>;
}

export interface CacheTable {
  namespace: string;
  key: string;
  folder: string;
  size_bytes: number;
  created_at: Generated<number>;
  used_at: Generated<number>;
}

export interface LogSourceTable {
  id: Generated<number>;
  environment: string;
  service: string;
  run: string | null;
  created_at: Generated<number>;
}

export interface LogRecordTable {
  source: number;
  sequence: number;
  at: number;
  stream: number;
  level: number | null;
  request_id: string | null;
  text: string;
}

export interface LogBlockTable {
  id: Generated<number>;
  source: number;
  from_sequence: number;
  to_sequence: number;
  from_at: number;
  to_at: number;
  records: number;
  data: Buffer;
}

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

export interface ProbeResultTable {
  site: string;
  probe: string;
  at: number;
  ok: boolean;
  status: number | null;
  duration_ms: number;
  error: string | null;
}

export interface AlertTable {
  id: string;
  site: string;
  kind: string;
  subject: string;
  message: string;
  raised_at: number;
  seen_at: number;
  resolved_at: number | null;
}

export interface AlertNoticeTable {
  alert: string;
  event: "raised" | "resolved";
  target: string;
  state: Generated<"pending" | "sent" | "failed">;
  attempts: Generated<number>;
  next_at: number;
  error: string | null;
  sent_at: number | null;
}

export interface PracticeAttemptTable {
  id: string;
  person: string;
  exercise: string;
  verdict: string;
  score: number;
  killed: Json<string[]>;
  tests: number;
  at: Generated<number>;
}
