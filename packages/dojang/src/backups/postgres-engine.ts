import { readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "@dojang/model";
import type pg from "pg";
import type { BackupWal } from "../store/backup-tables.ts";
import { isConnectionLost } from "../store/lost-connection.ts";
import type { BackupEngine, RestoredServer, Saved, SaveRequest } from "./backup-engine.ts";
import { connectionEnded, openPostgres } from "./postgres-connection.ts";
import { measureServer } from "./postgres-figures.ts";
import { markRestorePoint } from "./postgres-restore-point.ts";
import { saveFile, saveTree } from "./save-tree.ts";
import { dataPlaceOf } from "./service-data.ts";
import { walNamesBetween } from "./wal-name.ts";

/**
 * PostgreSQL, saved as its files: no dump program of its version needs to be installed, and its log can be replayed on top.
 *
 * Order. A temporary replication slot makes the server keep its log from here on; `pg_backup_start`; the data directory is copied as it
 * is, changing under our hands; `pg_backup_stop` gives the label that tells where replay begins; a restore point is written under
 * locks, with figures of that very state; the segments of the log from the label's to the point's are copied. A restore replays up to
 * the point. The slot ends with the connection, also when we are killed.
 */
export const postgresEngine: BackupEngine = {
  kind: "postgres",
  provenBy: "server",
  save: savePostgres,
  place: (path, service) => {
    const { volume, within } = dataPlaceOf(service);
    return path.startsWith("data/") ? { volume, path: join(within, path.slice("data/".length)) } : undefined;
  },
  async measure(server) {
    await using postgres = await openPostgres({ ...server, runtime: server.context.runtime });
    return { compared: "exact", ...(await measureServer(postgres)) };
  },
  async settle(server) {
    await waitForPromotion(server);
  },
};

/** What is in these folders belongs to the running server alone; as pg_basebackup leaves them out. */
const emptied = new Set(["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"]);
const leftOut = new Set([
  "postmaster.pid",
  "postmaster.opts",
  "backup_label",
  "backup_label.old",
  "tablespace_map",
  "tablespace_map.old",
  "backup_manifest",
  "current_logfiles",
  "recovery.signal",
  "standby.signal",
  "global/pg_control",
]);

function isLeftOut(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return (
    leftOut.has(path) || name.startsWith("pgsql_tmp") || name.startsWith("pg_internal.init") || name.startsWith("postgresql.auto.conf.tmp")
  );
}

async function savePostgres(request: SaveRequest): Promise<Saved> {
  try {
    return await saveCluster(request);
  } catch (error) {
    // A file that is missing has the code of a socket that is.
    const isLost = isConnectionLost(error) && error instanceof Error && !("path" in error);
    throw isLost ? connectionEnded(request.service.name, error) : error;
  }
}

async function saveCluster({ context, service, backupId, tar, signal }: SaveRequest): Promise<Saved> {
  await using server = await openPostgres({ ...context, service, signal });
  const client = await server.connect();
  const facts = await readFacts(client, service.name);
  const directory = await ownDirectory(context.store.home, facts.directory, service.name);
  const slot = `dojang_${backupId}`;
  await takeSlot(client, slot, service.name);
  const started = await client.query<{ segment: string }>("select pg_walfile_name(pg_backup_start($1, true)) as segment", [
    `dojang ${backupId}`,
  ]);
  const from = started.rows[0]?.segment ?? "";
  await saveTree(directory, tar, { as: "data", skip: isLeftOut, empty: (path) => emptied.has(path), signal });
  await tar.add({ kind: "folder", path: "data/pg_wal/archive_status", mode: 0o700 });
  // Last of the copied files: replay begins from what it says, or earlier.
  if ((await saveFile(join(directory, "global/pg_control"), tar, { path: "data/global/pg_control" })) === undefined) {
    throw new Error(`${directory}/global/pg_control is missing`);
  }
  const stopped = await client.query<{ label: string; map: string }>(
    "select labelfile as label, spcmapfile as map from pg_backup_stop(false)",
  );
  const end = stopped.rows[0];
  if (end === undefined) throw new Error("pg_backup_stop answered nothing");
  if (end.map.trim() !== "") throw tablespaces(service.name, end.map.trim());
  await tar.addText("data/backup_label", end.label);
  const saveLog = async ({ segment }: { readonly segment: string }) => {
    for (const name of walNamesBetween(from, segment, facts.segmentBytes)) {
      signal.throwIfAborted();
      const saved = await saveFile(join(directory, "pg_wal", name), tar, { path: `data/pg_wal/${name}` });
      if (saved === undefined) throw segmentGone(service.name, name);
    }
  };
  const point = await markRestorePoint(server, { name: slot, signal, onPoint: saveLog });
  // Names of timelines that were used before: what is restored must not take one of them again.
  for (const name of (await readdir(join(directory, "pg_wal"))).filter((one) => one.endsWith(".history"))) {
    await saveFile(join(directory, "pg_wal", name), tar, { path: `data/pg_wal/${name}` });
  }
  const wal: BackupWal = {
    timeline: Number.parseInt(from.slice(0, 8), 16),
    from,
    to: point.segment,
    consistentAt: point.at,
    restorePoint: point.name,
  };
  return { figures: point.figures, wal };
}

interface Facts {
  readonly directory: string;
  readonly segmentBytes: number;
}

async function readFacts(client: pg.Client, service: string): Promise<Facts> {
  const { rows } = await client.query<{
    version: number;
    directory: string;
    bytes: number;
    standby: boolean;
    super: boolean;
    level: string;
    spaces: string[];
  }>(
    `select current_setting('server_version_num')::int as version, current_setting('data_directory') as directory,
            (select setting::int from pg_settings where name = 'wal_segment_size') as bytes, pg_is_in_recovery() as standby,
            current_setting('is_superuser') = 'on' as super, current_setting('wal_level') as level,
            array(select spcname::text from pg_tablespace where spcname not in ('pg_default', 'pg_global')) as spaces`,
  );
  const facts = rows[0];
  if (facts === undefined) throw new Error("PostgreSQL told nothing of itself");
  const refuse = (message: string, fix: string) =>
    new Problem({ code: "backup-refused", exit: "configuration", message: `service ${service}: ${message}`, fix });
  if (facts.version < 150_000)
    throw refuse(`PostgreSQL ${Math.floor(facts.version / 10_000)} cannot be saved, 15 is the oldest that can`, "use a newer image");
  if (facts.standby) throw refuse("this PostgreSQL follows another one", "save the one it follows");
  if (!facts.super)
    throw refuse("POSTGRES_USER is not a superuser any more", "give it SUPERUSER again: copying the data directory needs it");
  if (facts.level === "minimal")
    throw refuse("wal_level is minimal, so nothing could be replayed", "take wal_level=minimal out of its command");
  if (facts.spaces.length > 0) throw tablespaces(service, facts.spaces.join(", "));
  return { directory: facts.directory, segmentBytes: facts.bytes };
}

function tablespaces(service: string, which: string): Problem {
  return new Problem({
    code: "backup-refused",
    exit: "configuration",
    message: `service ${service}: tablespaces (${which}) lie outside of the data directory and are not saved`,
    fix: "move their tables into pg_default (alter table ... set tablespace pg_default) and drop them",
  });
}

/** The server says where its data is, and could be made to say anything; what is read with our rights has to be below the state folder. */
async function ownDirectory(home: string, said: string, service: string): Promise<string> {
  const [directory, root] = await Promise.all([realpath(said), realpath(home)]);
  if (directory.startsWith(root + sep)) return directory;
  throw new Problem({
    code: "backup-refused",
    exit: "infrastructure",
    message: `service ${service}: its data directory ${directory} is not below the state folder ${root}`,
    fix: "keep its data in a named volume, in the place where its image has it",
  });
}

async function takeSlot(client: pg.Client, slot: string, service: string): Promise<void> {
  try {
    await client.query("select pg_create_physical_replication_slot($1, true, true)", [slot]);
  } catch (cause) {
    throw new Problem({
      code: "backup-refused",
      exit: "infrastructure",
      message: `service ${service}: its log cannot be held while it is copied: ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: "leave max_replication_slots and max_wal_senders at their defaults, and drop slots nobody uses",
      cause,
    });
  }
}

function segmentGone(service: string, name: string): Problem {
  return new Problem({
    code: "backup-refused",
    exit: "infrastructure",
    message: `service ${service}: segment ${name} of its log was removed while it was copied`,
    fix: "set max_slot_wal_keep_size to -1 (its default) or higher than what is written during a backup",
  });
}

const promotionLimitMs = 60 * 60_000;

/** It answers while it still replays; only then does it hold what was asked for. */
async function waitForPromotion(restored: RestoredServer): Promise<void> {
  const deadline = Date.now() + promotionLimitMs;
  for (;;) {
    restored.signal.throwIfAborted();
    const state = await recoveryState(restored);
    if (state === "done") return;
    await failIfEnded(restored);
    if (Date.now() > deadline) throw didNotRecover(restored.service.name, `it still replays after ${promotionLimitMs / 60_000} minutes`);
    await delay(100, undefined, { signal: restored.signal });
  }
}

async function recoveryState(restored: RestoredServer): Promise<"done" | "replaying"> {
  try {
    await using server = await openPostgres({ ...restored, runtime: restored.context.runtime });
    const now = { patienceMs: 0 };
    const client = await server.connect("postgres", now).catch(() => server.connect(undefined, now));
    const { rows } = await client.query<{ replaying: boolean }>("select pg_is_in_recovery() as replaying");
    return rows[0]?.replaying === false ? "done" : "replaying";
  } catch (error) {
    restored.signal.throwIfAborted();
    // It refuses connections until what it replays is consistent.
    if (error instanceof Problem && error.code !== "backup-database-refused") throw error;
    return "replaying";
  }
}

async function failIfEnded({ context, environmentId, service, signal }: RestoredServer): Promise<void> {
  const status = await context.runtime.inspect(environmentId);
  const state = status?.services.find((one) => one.name === service.name)?.state;
  if (status !== undefined && state !== "exited" && state !== "stopped") return;
  const said: string[] = [];
  if (status !== undefined) {
    for await (const line of context.runtime.logs(environmentId, { service: service.name, follow: false, signal })) said.push(line.text);
  }
  throw didNotRecover(
    service.name,
    said
      .filter((line) => /FATAL|PANIC|ERROR/.test(line))
      .slice(-3)
      .join("; ") ||
      said.slice(-3).join("; ") ||
      "it is gone",
  );
}

function didNotRecover(service: string, how: string): Problem {
  return new Problem({
    code: "restore-failed",
    exit: "infrastructure",
    message: `PostgreSQL of service ${service} did not come up on what was restored: ${how}`,
    fix: "take another backup or another time; nothing that is live was touched",
  });
}
