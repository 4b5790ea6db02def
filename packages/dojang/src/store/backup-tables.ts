import type { ColumnType } from "kysely";
import type { Json, Sequence } from "./column-types.ts";
import type { ProcessIdentity } from "./process-identity.ts";

export type BackupKind = "postgres" | "mysql" | "redis" | "files";

/** One copy beside the site's own. `waiting` is tried again at `nextAt`. */
export interface BackupCopy {
  /** `file:///mnt/backups`, `s3://bucket/prefix`. */
  readonly target: string;
  readonly state: "copied" | "waiting" | "removed";
  readonly attempts: number;
  readonly at: number;
  readonly nextAt?: number;
  readonly error?: string;
}

/** What was counted of one table, key space or volume when the backup was taken. */
export interface BackupFigure {
  /** `todo.public.todos`, `db0`, `volume uploads`. */
  readonly name: string;
  /** The fewest and the most rows it can have: equal where they were counted in the very state that was saved. */
  readonly rows: readonly [least: number, most: number];
  /** Sum over the hashes of all rows, whatever their order; absent where it changed meanwhile or was too large to read. */
  readonly checksum?: string;
}

export interface BackupFigures {
  /** `exact`: counted in the state that was saved. `bounds`: before and after, for writers could not be held off. */
  readonly compared: "exact" | "bounds";
  readonly figures: readonly BackupFigure[];
  /** What is not compared, and why: said wherever the proof is shown. */
  readonly notes: readonly string[];
}

/** Which part of PostgreSQL's log a base backup stands on. */
export interface BackupWal {
  readonly timeline: number;
  readonly from: string;
  readonly to: string;
  /** The time whose state it holds: earlier ones cannot be restored from it. */
  readonly consistentAt: number;
  readonly restorePoint: string;
}

export interface BackupProof {
  readonly at: number;
  readonly passed: boolean;
  readonly durationMs: number;
  readonly compared: BackupFigures["compared"];
  readonly tables: number;
  readonly rows: number;
  readonly checksums: number;
  readonly checks: readonly { readonly name: string; readonly expected: string; readonly seen: string; readonly passed: boolean }[];
  /** What differs; empty when it passed. */
  readonly differences: readonly string[];
  readonly notes: readonly string[];
  /** Where the bytes came from: this machine or a target. */
  readonly source: string;
}

export interface BackupTable {
  id: string;
  sequence: Sequence;
  site: string;
  service: string;
  kind: BackupKind;
  reason: string;
  owner: Json<ProcessIdentity | null> | null;
  file: string;
  started_at: number;
  finished_at: number | null;
  size_bytes: number | null;
  digest: string | null;
  key_fingerprint: string | null;
  figures: Json<BackupFigures | null> | null;
  wal: Json<BackupWal | null> | null;
  copies: ColumnType<BackupCopy[], string | undefined, string>;
  proof: Json<BackupProof | null> | null;
  error: string | null;
  removed_at: number | null;
}

export interface WalSegmentTable {
  site: string;
  service: string;
  /** As PostgreSQL names it: `000000010000000000000003`, `00000002.history`. */
  name: string;
  file: string;
  raw_digest: string;
  digest: string;
  size_bytes: number;
  key_fingerprint: string;
  archived_at: number;
  copies: ColumnType<BackupCopy[], string | undefined, string>;
  removed_at: number | null;
}

/** A transaction of ours with a known time, and the segment in which it lies: up to there any second can be restored. */
export interface WalMarkTable {
  site: string;
  service: string;
  at: number;
  segment: string;
}
