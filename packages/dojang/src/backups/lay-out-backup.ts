import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { type BackupContext, serviceOf } from "./backup-context.ts";
import type { Backup } from "./backup-row.ts";
import { engineOf } from "./engines.ts";
import { findBackup } from "./list-backups.ts";
import { openSealed } from "./open-sealed.ts";
import { writeRecovery } from "./postgres-recovery.ts";
import { dataPlaceOf, volumesOf } from "./service-data.ts";
import { readTar } from "./tar-reader.ts";
import { TreeUnpacker, writeWithHoles } from "./unpack-tree.ts";
import { listSegments, readWalFacts } from "./wal-facts.ts";
import { planRecovery } from "./wal-window.ts";

/** A backup by its id, or the state of a service at a time (milliseconds of the epoch): PostgreSQL with an archived log. */
export type Restorable = { readonly backup: string } | { readonly service: string; readonly at: number };

export interface LaidOut {
  readonly backup: Backup;
  /** The time that will be replayed to; absent for the backup's own state. */
  readonly until?: number;
  /** Folders to be mounted as the service's volumes, by name. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly aside: string;
  /** "this machine", or the target the bytes came from. */
  readonly source: string;
}

/**
 * Decrypts, verifies and unpacks into a folder that does not exist or is empty: `volumes/<volume>` and `aside`. What is live is not
 * touched. A failure leaves the folder half made; it is the caller's to remove, and to bring to disk when it stays.
 */
export async function layOutBackup(context: BackupContext, which: Restorable, folder: string): Promise<LaidOut> {
  const { backup, segments } = await choose(context, which);
  const service = serviceOf(context, backup.service);
  const engine = engineOf(backup.kind);
  const volumes = Object.fromEntries(volumesOf(service).map(({ volume }) => [volume, join(folder, "volumes", volume)]));
  const aside = join(folder, "aside");
  const clear = async () => {
    await rm(join(folder, "volumes"), { recursive: true, force: true });
    await rm(aside, { recursive: true, force: true });
    await mkdir(join(folder, "volumes"), { recursive: true, mode: 0o711 });
    for (const path of Object.values(volumes)) await mkdir(path, { mode: 0o700 });
    await mkdir(aside, { mode: 0o700 });
  };
  await clear();
  const use = async (content: AsyncIterable<Buffer>) => {
    const unpackers = new Map(Object.entries({ ...volumes, "": aside }).map(([name, path]) => [name, new TreeUnpacker(path)]));
    for await (const read of readTar(content)) {
      context.signal.throwIfAborted();
      const place = engine.place(read.entry.path, service);
      const unpacker = unpackers.get(place?.volume ?? "");
      if (unpacker === undefined) throw volumeGone(backup, place?.volume ?? "");
      await unpacker.add(read, place?.path ?? read.entry.path);
    }
    for (const unpacker of unpackers.values()) await unpacker.end();
  };
  const source = await openSealed(context, { ...backup, name: backup.id }, { use, again: clear });
  const until = "at" in which ? which.at : undefined;
  if (backup.wal !== undefined) {
    const { volume, within } = dataPlaceOf(service);
    const directory = join(volumes[volume] ?? "", within);
    for (const name of segments) await layOutSegment(context, { backup, name, folder: join(directory, "pg_wal") });
    await writeRecovery(directory, backup.wal, until);
  }
  return { backup, until, volumes, aside, source };
}

async function choose(
  context: BackupContext,
  which: Restorable,
): Promise<{ readonly backup: Backup; readonly segments: readonly string[] }> {
  if ("backup" in which) {
    const backup = await findBackup(context.store, which.backup);
    if (backup.site === context.site) return { backup, segments: await historiesOf(context, backup.service) };
    throw new Problem({
      code: "backup-unknown",
      exit: "refused",
      message: `backup ${backup.id} is of ${backup.site}, not of ${context.site}`,
      fix: "restore it where it is from: what one environment holds has no business in another",
    });
  }
  const of = { site: context.site, service: which.service };
  const plan = planRecovery(await readWalFacts(context.store, of), which.at);
  return { backup: plan.base, segments: [...plan.segments, ...(await historiesOf(context, which.service))] };
}

/** Which timelines were used: what is restored takes the next one, so that its log is never mistaken for another's. */
async function historiesOf(context: BackupContext, service: string): Promise<readonly string[]> {
  const segments = await listSegments(context.store, { site: context.site, service });
  return segments.map(({ name }) => name).filter((name) => name.endsWith(".history"));
}

async function layOutSegment(
  context: BackupContext,
  { backup, name, folder }: { readonly backup: Backup; readonly name: string; readonly folder: string },
): Promise<void> {
  const segment = (await listSegments(context.store, backup)).find((one) => one.name === name);
  if (segment === undefined) throw new Error(`segment ${name} is planned with, and not there`);
  const path = join(folder, name);
  const clear = () => rm(path, { force: true });
  await clear();
  await openSealed(context, segment, {
    again: clear,
    use: async (content) => {
      let sizeBytes = 0;
      async function* counted() {
        for await (const piece of content) {
          sizeBytes += piece.length;
          yield piece;
        }
      }
      const pieces = counted();
      if (name.endsWith(".history")) {
        const all: Buffer[] = [];
        for await (const piece of pieces) all.push(piece);
        await writeFile(path, Buffer.concat(all), { mode: 0o600 });
      } else await writeSegment(path, pieces, () => sizeBytes);
    },
  });
}

/** A segment's length is a power of two that only its end tells. */
async function writeSegment(path: string, content: AsyncIterable<Buffer>, sizeBytes: () => number): Promise<void> {
  const late = {
    mode: 0o600,
    get sizeBytes() {
      return sizeBytes();
    },
  };
  await writeWithHoles(path, late, content);
}

function volumeGone(backup: Backup, volume: string): Problem {
  return new Problem({
    code: "restore-failed",
    exit: "configuration",
    message: `backup ${backup.id} holds volume ${volume}, which service ${backup.service} has not got any more`,
    fix: "restore it with the release it was made with, or give the service that volume again",
  });
}
