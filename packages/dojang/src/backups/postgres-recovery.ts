import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BackupWal } from "../store/backup-tables.ts";

/** Settings that a restore writes: those of an earlier one would contradict them. */
const ours = /^\s*(restore_command|recovery_target\w*|recovery_end_command|archive_cleanup_command|primary_\w+)\s*=/;

/**
 * Makes a copied data directory one that replays its log at the first start, up to the backup's restore point or to a time, and then
 * opens for writing. The log it needs lies in pg_wal already, so nothing has to be fetched: the command for that always fails.
 *
 * A time means: everything that was committed up to it, nothing that was committed after.
 */
export async function writeRecovery(directory: string, wal: BackupWal, until?: number): Promise<void> {
  const path = join(directory, "postgresql.auto.conf");
  const kept = (await readFile(path, "utf8").catch(() => "")).split("\n").filter((line) => line !== "" && !ours.test(line));
  const target = until === undefined ? `recovery_target_name = '${wal.restorePoint}'` : `recovery_target_time = '${pgTime(until)}'`;
  const lines = [
    "restore_command = 'false'",
    target,
    "recovery_target_action = 'promote'",
    "recovery_target_timeline = 'current'",
    "recovery_target_inclusive = 'on'",
  ];
  await writeFile(path, `${[...kept, ...lines].join("\n")}\n`, { mode: 0o600 });
  await writeFile(join(directory, "recovery.signal"), "", { mode: 0o600 });
  // The image's scripts for a first start were run long ago.
  await writeFile(join(directory, ".dojang-first-start-done"), "");
  await mkdir(join(directory, "pg_wal", "archive_status"), { recursive: true, mode: 0o700 });
}

function pgTime(at: number): string {
  return `${new Date(at).toISOString().replace("T", " ").replace("Z", "")}+00`;
}
