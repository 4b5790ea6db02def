import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import { Problem } from "@dojang/model";
import type { BackupCopy, BackupKind } from "../store/backup-tables.ts";
import { storableJson } from "../store/storable.ts";
import { type BackupContext, backupFolder, clockOf } from "./backup-context.ts";
import type { Saved } from "./backup-engine.ts";
import { type CopyTarget, openTargets } from "./backup-target.ts";
import { readSealed } from "./open-sealed.ts";
import { damaged } from "./sealed-file.ts";
import { readTar } from "./tar-reader.ts";

export interface Adopted {
  readonly backups: readonly string[];
  readonly segments: readonly string[];
  /** What lies there and cannot be used, with the reason. */
  readonly refused: readonly { readonly key: string; readonly why: string }[];
}

/**
 * After the machine was lost: finds what its targets hold of this site, reads each file to its end with the key that was imported, and
 * enters it, so that it can be proven and restored here. What is known already is passed over. Nothing is copied to this machine.
 */
export async function adoptBackups(context: BackupContext): Promise<Adopted> {
  const adopted = { backups: [] as string[], segments: [] as string[], refused: [] as { key: string; why: string }[] };
  for (const target of openTargets(context)) {
    for (const { key } of await target.list(`${context.site}/`, context.signal)) {
      const found = parseKey(key);
      if (found === undefined || (await isKnown(context, found))) continue;
      try {
        if (found.kind === "backup") await adoptBackup(context, target, found);
        else await adoptSegment(context, target, found);
        adopted[found.kind === "backup" ? "backups" : "segments"].push(found.name);
      } catch (error) {
        context.signal.throwIfAborted();
        // Without the key nothing can be adopted at all: that is told at once.
        if (!(error instanceof Problem) || error.code === "backup-key-missing") throw error;
        adopted.refused.push({ key, why: error.message });
      }
    }
  }
  return adopted;
}

interface Found {
  readonly kind: "backup" | "segment";
  readonly key: string;
  readonly service: string;
  readonly name: string;
}

function parseKey(key: string): Found | undefined {
  const [, service = "", wal, name = "", end] = /^[^/]+\/([^/]+)\/(wal\/)?([^/]+)\.(backup|wal)$/.exec(key) ?? [];
  if (name === "" || (wal === undefined) !== (end === "backup")) return undefined;
  return { kind: end === "backup" ? "backup" : "segment", key, service, name };
}

async function isKnown({ store, site }: BackupContext, { kind, service, name }: Found): Promise<boolean> {
  if (kind === "backup") return (await store.db.selectFrom("backup").select("id").where("id", "=", name).executeTakeFirst()) !== undefined;
  const query = store.db.selectFrom("wal_segment").select("name").where("site", "=", site).where("service", "=", service);
  return (await query.where("name", "=", name).executeTakeFirst()) !== undefined;
}

async function adoptBackup(context: BackupContext, target: CopyTarget, found: Found): Promise<void> {
  let saved: Saved | undefined;
  const use = async (content: AsyncIterable<Buffer>) => {
    for await (const { entry, content: bytes } of readTar(content)) {
      if (entry.path === "dojang/figures.json") saved = JSON.parse(Buffer.concat(await Array.fromAsync(bytes)).toString("utf8"));
    }
  };
  const read = await readSealed(context, { ...found, what: found.key, stream: await open(context, target, found), use });
  const { header } = read;
  if (saved === undefined || header.site !== context.site || header.service !== found.service)
    throw damaged(found.key, "it is of something else");
  await context.store.db
    .insertInto("backup")
    .values({
      id: found.name,
      site: context.site,
      service: found.service,
      // Authenticated, and written by takeBackup alone.
      kind: header.kind as BackupKind,
      reason: `found on ${target.name}`,
      file: relative(context.store.home, join(backupFolder(context, found.service), `${found.name}.backup`)),
      started_at: header.startedAt,
      finished_at: saved.wal?.consistentAt ?? header.startedAt,
      size_bytes: read.sizeBytes,
      digest: read.digest,
      key_fingerprint: header.key,
      figures: storableJson(saved.figures),
      wal: saved.wal === undefined ? null : storableJson(saved.wal),
      copies: storableJson([copyAt(context, target)]),
    })
    .execute();
}

async function adoptSegment(context: BackupContext, target: CopyTarget, found: Found): Promise<void> {
  const raw = createHash("sha256");
  const use = async (content: AsyncIterable<Buffer>) => {
    for await (const piece of content) raw.update(piece);
  };
  const { header, digest, sizeBytes } = await readSealed(context, {
    ...found,
    what: found.key,
    stream: await open(context, target, found),
    use,
  });
  const { site } = context;
  const { service, name } = found;
  if (header.site !== site || header.service !== service) throw damaged(found.key, "it is of something else");
  const file = relative(context.store.home, join(backupFolder(context, service), "wal", `${name}.wal`));
  const sums = { raw_digest: raw.digest("hex"), digest, size_bytes: sizeBytes, key_fingerprint: header.key };
  await context.store.db
    .insertInto("wal_segment")
    .values({ ...{ site, service, name, file, ...sums }, archived_at: header.startedAt, copies: storableJson([copyAt(context, target)]) })
    .execute();
  for (const at of header.marks ?? []) {
    const mark = context.store.db.insertInto("wal_mark").values({ site, service, at, segment: name });
    await mark.onConflict((conflict) => conflict.doNothing()).execute();
  }
}

async function open(context: BackupContext, target: CopyTarget, { key }: Found) {
  const stream = await target.get(key, context.signal);
  if (stream === undefined) throw damaged(key, "it vanished while it was looked at");
  return stream;
}

function copyAt(context: BackupContext, target: CopyTarget): BackupCopy {
  return { target: target.name, state: "copied", attempts: 1, at: clockOf(context) };
}
