import { execFile } from "node:child_process";
import { mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "@dojang/model";
import type { BackupProof } from "../store/backup-tables.ts";
import { newId } from "../store/id.ts";
import { type BackupContext, clockOf, siteFolder } from "./backup-context.ts";
import { syncFolder } from "./backup-key.ts";
import type { Backup } from "./backup-row.ts";
import type { Restorable } from "./lay-out-backup.ts";
import { removeFolder, restoreAside } from "./prove-backup.ts";

export interface RestoredGeneration {
  readonly service: string;
  readonly backup: Backup;
  readonly until?: number;
  /** Name of the generation folder, the same in each volume. */
  readonly generation: string;
  /** Absolute folders by volume: `<site folder>/volumes/<volume>/<generation>`. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly proof: BackupProof;
}

/**
 * A restore that overwrites nothing: lays out, proves in a throwaway environment, and puts what was proven beside the generation that is
 * live. Going live is `switchVolume` between taking the service down and bringing it up. Problem `restore-not-proven` when what was
 * restored is not what was saved; nothing is left of it then, nor when this process is killed.
 */
export async function restoreGeneration(context: BackupContext, which: Restorable): Promise<RestoredGeneration> {
  const { proof, laidOut, folder } = await restoreAside(context, which, { isGeneration: true });
  try {
    if (!proof.passed) throw notProven(laidOut.backup, proof);
    // A restore is believed when all of it is on disk.
    if (process.platform === "linux") await promisify(execFile)("sync", ["-f", folder], { signal: context.signal });
    const generation = `restored-${newId(clockOf(context))}`;
    const volumes: Record<string, string> = {};
    for (const [volume, from] of Object.entries(laidOut.volumes)) {
      const shelf = join(siteFolder(context.store.home, context.site), "volumes", volume);
      await mkdir(shelf, { recursive: true, mode: 0o711 });
      const place = join(shelf, generation);
      await rename(from, place);
      await syncFolder(shelf);
      volumes[volume] = place;
    }
    return { service: laidOut.backup.service, backup: laidOut.backup, until: laidOut.until, generation, volumes, proof };
  } finally {
    await removeFolder(context, folder);
  }
}

/**
 * Makes `current` of a volume lead to another generation, in one step. The service has to be down. Resolves to the name of the former
 * generation, which stays.
 */
export async function switchVolume(link: string, generation: string): Promise<string | undefined> {
  const former = await readlink(link).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const draft = `${link}.${newId()}`;
  try {
    // Relative, so that a state folder can be moved.
    await symlink(generation, draft);
    await rename(draft, link);
    await syncFolder(dirname(link));
  } finally {
    await rm(draft, { force: true });
  }
  return former === undefined ? undefined : basename(former);
}

function notProven(backup: Backup, proof: BackupProof): Problem {
  return new Problem({
    code: "restore-not-proven",
    exit: "refused",
    message: `backup ${backup.id} of ${backup.service} was restored, but is not what was saved: ${proof.differences.slice(0, 5).join("; ")}`,
    fix: "restore another backup (dojang backups shows which are proven); nothing that is live was touched",
  });
}
