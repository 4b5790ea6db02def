import { rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { PassThrough } from "node:stream";
import { Problem, type ServiceSpec } from "@dojang/model";
import type { BackupKind } from "../store/backup-tables.ts";
import { newId } from "../store/id.ts";
import { liveness, thisProcess } from "../store/process-identity.ts";
import { storableJson, storableText } from "../store/storable.ts";
import { type BackupContext, backupFolder, clockOf, serviceOf } from "./backup-context.ts";
import type { Saved } from "./backup-engine.ts";
import { ensureBackupKey } from "./backup-key.ts";
import type { Backup } from "./backup-row.ts";
import { copyToTargets } from "./copy-to-targets.ts";
import { engineOf } from "./engines.ts";
import { findBackup } from "./list-backups.ts";
import { kindOfData } from "./service-data.ts";
import { TarWriter } from "./tar-writer.ts";
import { type SealedFacts, writeSealed } from "./write-sealed.ts";

export interface BackupRequest {
  readonly service: string;
  /** Why: "scheduled", "before deployment x", "by hand of name". */
  readonly reason: string;
}

/**
 * Saves one service as it is now. Resolves when the file is whole on this machine; targets that refuse their copy are recorded with
 * the backup and tried again later. Rejects with a Problem, and leaves nothing that looks like a backup.
 */
export async function takeBackup(context: BackupContext, request: BackupRequest): Promise<Backup> {
  await sweepUnfinished(context);
  const service = serviceOf(context, request.service);
  const kind = kindOfData(service);
  const id = newId(clockOf(context));
  const path = join(backupFolder(context, service.name), `${id}.backup`);
  const startedAt = clockOf(context);
  const home = context.store.home;
  await context.store.db
    .insertInto("backup")
    .values({
      id,
      site: context.site,
      service: service.name,
      kind,
      reason: storableText(request.reason),
      owner: storableJson(thisProcess()),
      file: relative(home, path),
      started_at: startedAt,
    })
    .execute();
  try {
    const key = await ensureBackupKey(home);
    if (key.isNew) context.onProgress?.(newKeyWarning(home, key.fingerprint));
    const { saved, facts } = await write(context, { service, kind, id, path, startedAt, key });
    const done = await context.store.db
      .updateTable("backup")
      .set({
        finished_at: clockOf(context),
        size_bytes: facts.sizeBytes,
        digest: facts.digest,
        key_fingerprint: key.fingerprint,
        figures: storableJson(saved.figures),
        wal: saved.wal === undefined ? null : storableJson(saved.wal),
        owner: null,
      })
      .where("id", "=", id)
      .where("removed_at", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (done === undefined) throw takenForDead(id);
  } catch (error) {
    await rm(path, { force: true });
    await markFailed(context, id, error instanceof Error ? error.message : String(error));
    throw error;
  }
  const backup = await findBackup(context.store, id);
  await copyToTargets(context, { kind: "backup", item: backup });
  return await findBackup(context.store, id);
}

interface Writing {
  readonly service: ServiceSpec;
  readonly kind: BackupKind;
  readonly id: string;
  readonly path: string;
  readonly startedAt: number;
  readonly key: Awaited<ReturnType<typeof ensureBackupKey>>;
}

/** The engine writes into one end while the other is compressed, encrypted and written; whichever fails stops the other. */
async function write(context: BackupContext, to: Writing): Promise<{ readonly saved: Saved; readonly facts: SealedFacts }> {
  const { service, kind, id, startedAt } = to;
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const archive = new PassThrough({ highWaterMark: 1024 * 1024 });
  // Told by the pipeline.
  archive.on("error", () => {});
  const tar = new TarWriter(archive);
  const header = { kind, site: context.site, service: service.name, name: id, startedAt };
  const writing = writeSealed(archive, { path: to.path, key: to.key, header, signal });
  writing.catch((error: unknown) => failed.abort(error));
  const saving = (async () => {
    await tar.addText("dojang/backup.json", JSON.stringify({ ...header, id, project: context.project }));
    const saved = await engineOf(kind).save({ context, service, backupId: id, tar, signal });
    await tar.addText("dojang/figures.json", JSON.stringify(saved));
    await tar.end();
    return saved;
  })().catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const [saved, facts] = await Promise.allSettled([saving, writing]);
  context.signal.throwIfAborted();
  // When the disk fails, saving fails for that reason: the reason is what is told.
  if (failed.signal.aborted && facts.status === "rejected" && !isConsequence(facts.reason, saved)) throw facts.reason;
  if (saved.status === "rejected") throw saved.reason;
  if (facts.status === "rejected") throw facts.reason;
  return { saved: saved.value, facts: facts.value };
}

function isConsequence(error: unknown, saved: PromiseSettledResult<Saved>): boolean {
  return saved.status === "rejected" && saved.reason === error;
}

/** Who swept it removed its files too. */
function takenForDead(id: string): Problem {
  return new Problem({
    code: "backup-swept",
    exit: "infrastructure",
    message: `backup ${id} was removed by another process, which took the one that made it for dead`,
    fix: "back up again",
  });
}

function newKeyWarning(home: string, fingerprint: string): string {
  return `backups are encrypted with a new key, ${fingerprint}, in ${join(home, "keys", "backup.key")}: WHOEVER LOSES IT LOSES EVERY BACKUP. Keep a copy elsewhere now: dojang backup key`;
}

async function markFailed(context: BackupContext, id: string, message: string): Promise<void> {
  await context.store.db
    .updateTable("backup")
    .set({ error: storableText(message), owner: null, removed_at: clockOf(context) })
    .where("id", "=", id)
    .where("finished_at", "is", null)
    .execute();
}

/** What processes that died left of backups they were making. */
export async function sweepUnfinished(context: Pick<BackupContext, "store" | "site" | "now">): Promise<number> {
  const rows = await context.store.db
    .selectFrom("backup")
    .select(["id", "file", "owner"])
    .where("site", "=", context.site)
    .where("finished_at", "is", null)
    .where("removed_at", "is", null)
    .execute();
  let swept = 0;
  for (const row of rows) {
    if (row.owner !== null && liveness(row.owner) !== "dead") continue;
    const path = join(context.store.home, row.file);
    for (const file of [`${path}.making`, path]) await rm(file, { force: true });
    await context.store.db
      .updateTable("backup")
      .set({ error: "the process that made it ended", owner: null, removed_at: clockOf(context) })
      .where("id", "=", row.id)
      .execute();
    swept++;
  }
  return swept;
}
