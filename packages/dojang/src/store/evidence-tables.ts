import type { BodyRef, ContractViolation, FileCoverage, Header, OutsideCall, OutsideStub, PatchCoverage, TestStatus } from "@dojang/model";
import type { Generated } from "kysely";
import type { Json, Sequence } from "./column-types.ts";

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
