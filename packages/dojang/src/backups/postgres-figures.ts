import type pg from "pg";
import type { BackupFigure, BackupFigures } from "../store/backup-tables.ts";
import { type PostgresServer, quoteName } from "./postgres-connection.ts";

/** A table above this is counted, but its rows are not read: reading them would slow the live database down for minutes. */
export const checksumLimitBytes = 4 * 1024 ** 3;
const databaseLimit = 50;

/** Said with every proof. */
export const comparedNote =
  "compared are the number of rows of every table and the sum of a hash of each row's text; indexes, sequences and large objects come with the files, and are not compared";

interface Table {
  readonly schema: string;
  readonly name: string;
  readonly bytes: number;
}

export interface MeasureOptions {
  readonly checksumLimitBytes?: number;
}

/** Databases in which tables are looked at. */
export async function listDatabases(client: pg.Client): Promise<{ readonly names: readonly string[]; readonly notes: readonly string[] }> {
  const { rows } = await client.query<{ datname: string }>(
    "select datname from pg_database where datallowconn and not datistemplate order by datname",
  );
  const names = rows.map((row) => row.datname);
  if (names.length <= databaseLimit) return { names, notes: [] };
  return {
    names: names.slice(0, databaseLimit),
    notes: [`only ${databaseLimit} of ${names.length} databases are compared table by table; all of them are saved`],
  };
}

/** Ordinary tables whose content a backup holds: an unlogged one is empty after every crash, and after a restore too. */
export async function listTables(client: pg.Client): Promise<{ readonly tables: readonly Table[]; readonly unlogged: number }> {
  const { rows } = await client.query<{ schema: string; name: string; bytes: string; kept: boolean }>(
    `select n.nspname as schema, c.relname as name, pg_relation_size(c.oid)::text as bytes, c.relpersistence = 'p' as kept
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence in ('p', 'u')
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%' and n.nspname not like 'pg\\_temp%'
      order by 1, 2`,
  );
  const tables = rows.filter((row) => row.kept).map((row) => ({ schema: row.schema, name: row.name, bytes: Number(row.bytes) }));
  return { tables, unlogged: rows.length - tables.length };
}

/** Counts and sums up every table in the transaction the connection is in. */
export async function measureTables(
  client: pg.Client,
  database: string,
  options: MeasureOptions = {},
): Promise<{ readonly figures: readonly BackupFigure[]; readonly notes: readonly string[] }> {
  const limit = options.checksumLimitBytes ?? checksumLimitBytes;
  const { tables, unlogged } = await listTables(client);
  const figures: BackupFigure[] = [];
  const notes: string[] = [];
  if (unlogged > 0) notes.push(`${database}: ${unlogged} unlogged tables are empty after a restore, as after a crash`);
  for (const table of tables) {
    const place = `${quoteName(table.schema)}.${quoteName(table.name)}`;
    const name = `${database}.${table.schema}.${table.name}`;
    const isLarge = table.bytes > limit;
    if (isLarge) notes.push(`${name} is ${table.bytes} bytes large: its rows are counted, their content is not compared`);
    // The sum of hashes does not depend on the order of rows, and unlike an exclusive or it tells a doubled pair.
    const sum = isLarge ? "null" : "coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text";
    const { rows } = await client.query<{ rows: string; sum: string | null }>(
      `select count(*)::text as rows, ${sum} as sum from only ${place} t`,
    );
    const count = Number(rows[0]?.rows ?? 0);
    figures.push({ name, rows: [count, count], checksum: rows[0]?.sum ?? undefined });
  }
  return { figures, notes };
}

/** All databases, each in one snapshot of its own; for a server nobody else writes to. */
export async function measureServer(server: PostgresServer, options: MeasureOptions = {}): Promise<Omit<BackupFigures, "compared">> {
  const first = await server.connect("postgres").catch(() => server.connect());
  const databases = await listDatabases(first);
  const figures: BackupFigure[] = [];
  const notes: string[] = [...databases.notes];
  for (const database of databases.names) {
    const client = await server.connect(database);
    await client.query("begin isolation level repeatable read read only");
    const measured = await measureTables(client, database, options);
    await client.query("commit");
    await client.end();
    figures.push(...measured.figures);
    notes.push(...measured.notes);
  }
  return { figures, notes };
}
