import type { Generated } from "kysely";
import type { ArtifactTable, CacheTable } from "./artifact-tables.ts";
import type { BackupTable, WalMarkTable, WalSegmentTable } from "./backup-tables.ts";
import type { Json } from "./column-types.ts";
import type { ApprovalTable, DeploymentStepTable, DeploymentTable, ReleaseTable, SiteTable } from "./deployment-tables.ts";
import type {
  BodyTable,
  CodeFindingTable,
  CoverageTable,
  OutsideCallTable,
  SampleTable,
  TestAttemptTable,
  TransactionTable,
} from "./evidence-tables.ts";
import type { LogBlockTable, LogRecordTable, LogSourceTable } from "./log-tables.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { JobAttemptTable, JobTable, LedgerTable, RunTable } from "./run-tables.ts";
import type { AlertNoticeTable, AlertTable, ProbeResultTable } from "./watch-tables.ts";

/** The tables as TypeScript sees them; migrations/ is what makes them. Times are milliseconds since the Unix epoch. */
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
  claim: { name: string; fence: number; owner: Json<ProcessIdentity | null> | null; lease_until: number | null };
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
