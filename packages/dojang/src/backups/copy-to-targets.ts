import { join } from "node:path";
import { Problem } from "@dojang/model";
import type { BackupCopy } from "../store/backup-tables.ts";
import { storableJson } from "../store/storable.ts";
import { type BackupContext, clockOf } from "./backup-context.ts";
import { type Backup, targetKey } from "./backup-row.ts";
import { type CopyTarget, openTargets } from "./backup-target.ts";
import { listBackups } from "./list-backups.ts";

/** A backup, or a segment of PostgreSQL's log. */
export type Copied =
  | { readonly kind: "backup"; readonly item: Pick<Backup, "id" | "site" | "service" | "file" | "sizeBytes" | "digest" | "copies"> }
  | { readonly kind: "segment"; readonly item: SegmentFile };

export interface SegmentFile {
  readonly site: string;
  readonly service: string;
  readonly name: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly digest: string;
  readonly copies: readonly BackupCopy[];
}

const firstRetryMs = 60_000;
const longestRetryMs = 60 * 60_000;
const errorCharacters = 1_000;

/** Puts it on every target that has not got it and whose time has come. Never rejects for a target's sake: that is in the store then. */
export async function copyToTargets(
  context: BackupContext,
  copied: Copied,
  options: { readonly now?: boolean } = {},
): Promise<readonly BackupCopy[]> {
  const copies: BackupCopy[] = [];
  for (const target of openTargets(context)) {
    const before = copied.item.copies.find((copy) => copy.target === target.name);
    const isDue = before?.state !== "copied" && (options.now === true || (before?.nextAt ?? 0) <= clockOf(context));
    copies.push(before !== undefined && !isDue ? before : await tryCopy(context, target, copied, before));
  }
  const others = copied.item.copies.filter((copy) => !copies.some((one) => one.target === copy.target));
  const all = [...copies, ...others];
  await writeCopies(context, copied, all);
  return all;
}

async function tryCopy(context: BackupContext, target: CopyTarget, { item }: Copied, before: BackupCopy | undefined): Promise<BackupCopy> {
  const attempts = (before?.attempts ?? 0) + 1;
  const { sizeBytes, digest } = item;
  try {
    await target.put(item.file, { key: targetKey(item), sizeBytes, digest, signal: context.signal });
    return { target: target.name, state: "copied", attempts, at: clockOf(context) };
  } catch (error) {
    context.signal.throwIfAborted();
    const now = clockOf(context);
    const said = error instanceof Problem ? error.message : `backup target ${target.name} refused: ${String(error)}`;
    context.onProgress?.(said);
    return {
      target: target.name,
      state: "waiting",
      attempts,
      at: now,
      nextAt: now + retryAfterMs(attempts),
      error: said.slice(0, errorCharacters),
    };
  }
}

/** 1, 2, 4 ... minutes, at most an hour. */
export function retryAfterMs(attempts: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.max(0, attempts - 1));
}

async function writeCopies(context: BackupContext, copied: Copied, copies: readonly BackupCopy[]): Promise<void> {
  const { db } = context.store;
  const value = { copies: storableJson(copies) };
  if (copied.kind === "backup") await db.updateTable("backup").set(value).where("id", "=", copied.item.id).execute();
  else {
    const { site, service, name } = copied.item;
    await db
      .updateTable("wal_segment")
      .set(value)
      .where("site", "=", site)
      .where("service", "=", service)
      .where("name", "=", name)
      .execute();
  }
}

/** Tries again what targets have refused and what is new to them; for a timer to call. */
export async function copyWaiting(context: BackupContext, options: { readonly now?: boolean } = {}): Promise<void> {
  for (const item of [...(await listBackups(context.store, { site: context.site }))].reverse()) {
    if (isMissing(context, item.copies)) await copyToTargets(context, { kind: "backup", item }, options);
  }
  const rows = await context.store.db
    .selectFrom("wal_segment")
    .selectAll()
    .where("site", "=", context.site)
    .where("removed_at", "is", null)
    .orderBy("archived_at")
    .execute();
  for (const row of rows) {
    if (!isMissing(context, row.copies)) continue;
    const { site, service, name, digest, copies } = row;
    const item = { site, service, name, digest, copies, sizeBytes: row.size_bytes, file: join(context.store.home, row.file) };
    await copyToTargets(context, { kind: "segment", item }, options);
  }
}

function isMissing(context: BackupContext, copies: readonly BackupCopy[]): boolean {
  return openTargets(context).some((target) => copies.find((copy) => copy.target === target.name)?.state !== "copied");
}
