import { join } from "node:path";
import type { Selectable } from "kysely";
import type { BackupCopy, BackupFigures, BackupKind, BackupProof, BackupTable, BackupWal } from "../store/backup-tables.ts";

/** One whole backup, as it is listed. */
export interface Backup {
  readonly id: string;
  readonly site: string;
  readonly service: string;
  readonly kind: BackupKind;
  readonly reason: string;
  readonly startedAt: number;
  /** When the file was whole; the state in it is `wal.consistentAt` or between the two. */
  readonly finishedAt: number;
  /** Absolute; it may be gone from this machine, and still be on a target. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly digest: string;
  readonly keyFingerprint: string;
  readonly figures: BackupFigures;
  readonly wal?: BackupWal;
  readonly copies: readonly BackupCopy[];
  readonly proof?: BackupProof;
}

/** Undefined for one that was not finished: half a backup is none. Paths are kept relative, so that a state folder can move. */
export function toBackup(home: string, row: Selectable<BackupTable>): Backup | undefined {
  if (row.finished_at === null || row.size_bytes === null || row.digest === null || row.key_fingerprint === null) return undefined;
  return {
    id: row.id,
    site: row.site,
    service: row.service,
    kind: row.kind,
    reason: row.reason,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    file: join(home, row.file),
    sizeBytes: row.size_bytes,
    digest: row.digest,
    keyFingerprint: row.key_fingerprint,
    figures: row.figures ?? { compared: "bounds", figures: [], notes: [] },
    wal: row.wal ?? undefined,
    copies: row.copies,
    proof: row.proof ?? undefined,
  };
}

/** The name of a file on every target: `<site>/<service>/<name>`. */
export function targetKey(at: { readonly site: string; readonly service: string; readonly file: string }): string {
  const folder = at.file.endsWith(".wal") ? "wal/" : "";
  return `${at.site}/${at.service}/${folder}${at.file.slice(at.file.lastIndexOf("/") + 1)}`;
}
