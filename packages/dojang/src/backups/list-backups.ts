import { Problem } from "@dojang/model";
import { isAlive } from "../store/process-identity.ts";
import type { Store } from "../store/store.ts";
import { type Backup, toBackup } from "./backup-row.ts";

export interface BackupFilter {
  readonly site: string;
  readonly service?: string;
}

/** Whole backups that were not removed, newest first. */
export async function listBackups(store: Store, filter: BackupFilter): Promise<readonly Backup[]> {
  let query = store.db.selectFrom("backup").selectAll().where("site", "=", filter.site);
  query = query.where("finished_at", "is not", null).where("removed_at", "is", null);
  if (filter.service !== undefined) query = query.where("service", "=", filter.service);
  const rows = await query.orderBy("sequence", "desc").execute();
  return rows.map((row) => toBackup(store.home, row)).filter((backup) => backup !== undefined);
}

/** When the newest whole backup of each service of a site was finished; without services that have none. */
export async function newestBackups(store: Store, site: string): Promise<ReadonlyMap<string, number>> {
  const rows = await store.db
    .selectFrom("backup")
    .select(({ fn }) => ["service", fn.max("finished_at").as("finishedAt")])
    .where("site", "=", site)
    .where("finished_at", "is not", null)
    .where("removed_at", "is", null)
    .groupBy("service")
    .execute();
  return new Map(rows.flatMap(({ service, finishedAt }) => (finishedAt === null ? [] : [[service, Number(finishedAt)] as const])));
}

/** Whether a process that lives is at it. */
export async function isBeingSaved(store: Store, { site, service }: Required<BackupFilter>): Promise<boolean> {
  const rows = await store.db
    .selectFrom("backup")
    .select("owner")
    .where("site", "=", site)
    .where("service", "=", service)
    .where("finished_at", "is", null)
    .where("removed_at", "is", null)
    .execute();
  return rows.some(({ owner }) => owner !== null && isAlive(owner));
}

export async function findBackup(store: Store, id: string): Promise<Backup> {
  const row = await store.db.selectFrom("backup").selectAll().where("id", "=", id).executeTakeFirst();
  const backup = row === undefined ? undefined : toBackup(store.home, row);
  if (backup !== undefined && row?.removed_at === null) return backup;
  const state = row === undefined ? "there is none of that id" : row.removed_at === null ? "it was never finished" : "it was removed";
  throw new Problem({
    code: "backup-unknown",
    exit: "configuration",
    message: `backup ${id}: ${state}`,
    fix: "dojang backups lists those that can be restored",
  });
}
