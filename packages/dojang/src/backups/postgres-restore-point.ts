import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import type { BackupFigure, BackupFigures } from "../store/backup-tables.ts";
import { type PostgresServer, quoteName } from "./postgres-connection.ts";
import { comparedNote, listDatabases, listTables, type MeasureOptions, measureServer, measureTables } from "./postgres-figures.ts";

/**
 * Names a place in PostgreSQL's log, and counts what the database holds at that very place.
 *
 * Writers are held off for a moment: a SHARE lock on every table waits for those that write and lets nobody begin. Under it a second
 * connection takes its snapshot, the restore point is written and the log switched to its next segment; then the locks are let go, and
 * counting goes on in the snapshot for as long as it takes while others write. Each try waits at most `lockWaitMs` for writers, less
 * than PostgreSQL's deadlock timeout, so it is never the application that is chosen to fail.
 *
 * Where the locks cannot be had, what was counted before and after gives bounds.
 */
export interface RestorePoint {
  readonly name: string;
  readonly at: number;
  /** The segment in which the point lies; complete, for the log was switched after it. */
  readonly segment: string;
  readonly figures: BackupFigures;
}

const lockWaitMs = 300;
const lockTries = 8;

export interface PointRequest extends MeasureOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly onPoint?: (point: Pick<RestorePoint, "at" | "segment">) => Promise<void>;
}

export async function markRestorePoint(server: PostgresServer, request: PointRequest): Promise<RestorePoint> {
  const main = await server.connect("postgres").catch(() => server.connect());
  const databases = await listDatabases(main);
  const frozen = await freeze(server, databases.names, request.signal);
  if (frozen === undefined) return await markBetween(server, main, request);
  let point: Pick<RestorePoint, "at" | "segment">;
  try {
    point = await writePoint(main, request.name);
  } finally {
    await Promise.all(frozen.map(({ locker }) => locker.end()));
  }
  await request.onPoint?.(point);
  const figures: BackupFigure[] = [];
  const notes: string[] = [comparedNote, ...databases.notes];
  for (const { database, reader } of frozen) {
    request.signal.throwIfAborted();
    const measured = await measureTables(reader, database, request);
    await reader.end();
    figures.push(...measured.figures);
    notes.push(...measured.notes);
  }
  return { ...point, name: request.name, figures: { compared: "exact", figures, notes } };
}

interface Frozen {
  readonly database: string;
  /** Holds the locks until it is ended. */
  readonly locker: pg.Client;
  /** Sees what was there while they were held. */
  readonly reader: pg.Client;
}

async function freeze(server: PostgresServer, databases: readonly string[], signal: AbortSignal): Promise<readonly Frozen[] | undefined> {
  for (let attempt = 0; attempt < lockTries; attempt++) {
    signal.throwIfAborted();
    const frozen: Frozen[] = [];
    try {
      for (const database of databases) {
        const [locker, reader] = [await server.connect(database), await server.connect(database)];
        frozen.push({ database, locker, reader });
        await locker.query(`begin; set local lock_timeout = ${lockWaitMs}`);
        const { tables } = await listTables(locker);
        const list = tables.map((table) => `only ${quoteName(table.schema)}.${quoteName(table.name)}`).join(", ");
        if (list !== "") await locker.query(`lock table ${list} in share mode`);
      }
      for (const { reader } of frozen) await reader.query("begin isolation level repeatable read read only; select 1");
      return frozen;
    } catch (error) {
      await Promise.all(frozen.flatMap(({ locker, reader }) => [locker.end(), reader.end()]));
      if (!isBusy(error)) throw error;
      await delay(50 + Math.random() * 200, undefined, { signal });
    }
  }
  return undefined;
}

/** lock_not_available, deadlock_detected; undefined_table when one was dropped since it was listed. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["55P03", "40P01", "42P01"].includes(String(error.code));
}

async function markBetween(server: PostgresServer, main: pg.Client, request: PointRequest): Promise<RestorePoint> {
  const before = await measureServer(server, request);
  const point = await writePoint(main, request.name);
  await request.onPoint?.(point);
  const after = await measureServer(server, request);
  const figures = before.figures.flatMap((first): BackupFigure[] => {
    const second = after.figures.find((other) => other.name === first.name);
    if (second === undefined) return [];
    const unchanged = first.checksum === second.checksum && first.rows[0] === second.rows[0];
    const counts = [first.rows[0], second.rows[0]];
    return [{ name: first.name, rows: [Math.min(...counts), Math.max(...counts)], checksum: unchanged ? first.checksum : undefined }];
  });
  const note =
    "writers could not be held off: tables that changed meanwhile are compared by the number of rows before and after the moment that was saved";
  return { ...point, name: request.name, figures: { compared: "bounds", figures, notes: [note, comparedNote, ...after.notes] } };
}

/** Written under the locks when there are any, so whatever was committed before is before it in the log, and nothing else. */
async function writePoint(client: pg.Client, name: string): Promise<Pick<RestorePoint, "at" | "segment">> {
  const point = await client.query<{ segment: string; at: string }>(
    "select pg_walfile_name(pg_create_restore_point($1)) as segment, (extract(epoch from clock_timestamp()) * 1000)::text as at",
    [name],
  );
  await client.query("select pg_switch_wal()");
  const row = point.rows[0];
  if (row === undefined) throw new Error("pg_create_restore_point answered nothing");
  return { segment: row.segment, at: Number(row.at) };
}
