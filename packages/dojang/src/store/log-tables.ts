import type { Generated } from "kysely";

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
