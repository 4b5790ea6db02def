import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { BackupFigure, BackupFigures } from "../store/backup-tables.ts";
import type { BackupEngine, RestoredServer, Saved, SaveRequest } from "./backup-engine.ts";
import { type MysqlServer, type MysqlSession, mysqlRefused, openMysql } from "./mysql-client.ts";
import { dataPlaceOf } from "./service-data.ts";
import type { TarWriter } from "./tar-writer.ts";

/**
 * MySQL and MariaDB: what the installed dump program writes in one transaction, read back by a server on an empty data directory.
 *
 * A global read lock holds writers off for the moment in which two transactions begin: the dump's, and ours that counts. So the
 * figures are of the very state that was dumped, for tables of InnoDB; others cannot be read at a moment that is past.
 */
export const mysqlEngine: BackupEngine = {
  kind: "mysql",
  provenBy: "server",
  save: saveMysql,
  place: () => undefined,
  settle: readBack,
  async measure(server) {
    await using mysql = await openMysql({ ...server, runtime: server.context.runtime });
    const session = mysql.session();
    return { compared: "exact", ...(await measure(session)) };
  },
  // The image's scripts for a first start were run long ago: the host runtime must not run them over what was restored.
  async finish({ service, volumes }) {
    const { volume, within } = dataPlaceOf(service);
    await writeFile(join(volumes[volume] ?? "", within, ".dojang-first-start-done"), "", { mode: 0o644 });
  },
};

const partBytes = 8 * 1024 * 1024;
const lockWaitS = 3;
const system = ["information_schema", "performance_schema", "mysql", "sys"];

async function saveMysql({ context, service, tar, signal }: SaveRequest): Promise<Saved> {
  await using server = await openMysql({ ...context, service, signal });
  const [locker, reader] = [server.session(), server.session()];
  const databases = await listDatabases(reader);
  const words = [
    "--single-transaction",
    "--quick",
    "--routines",
    "--events",
    "--triggers",
    "--hex-blob",
    "--default-character-set=utf8mb4",
  ];
  const dump = await server.program(["mariadb-dump", "mysqldump"], [...words, "--databases", ...databases]);
  const known = await connectionsOfRoot(locker);
  const locked = await holdWriters(server);
  const bounds = locked === undefined ? await measure(reader) : undefined;
  let running: ReturnType<typeof startDump> | undefined;
  try {
    await reader.query("set session transaction isolation level repeatable read; start transaction with consistent snapshot");
    if (databases.length > 0) running = startDump(dump, service.name, signal);
    if (locked !== undefined && running !== undefined) await waitForTransaction(locker, { known, ended: running.ended, signal });
  } finally {
    await locked?.close();
  }
  if (running !== undefined) await saveParts(running.output, tar, "dump");
  await running?.ended;
  const measured = await measure(reader);
  const notes = [...measured.notes, "users and their grants are saved, roles are not"];
  await tar.addText("users/00000001", await userStatements(reader));
  const figures = bounds === undefined ? { compared: "exact" as const, ...measured, notes } : between(bounds, { ...measured, notes });
  return { figures };
}

/** Root and the server's own users are made with every data directory; the dump program's way of saving users takes root's rights first. */
async function userStatements(session: MysqlSession): Promise<string> {
  const columns = await session.query(
    "select column_name from information_schema.columns where table_schema = 'mysql' and table_name = 'user'",
  );
  const isRole = columns.some(([column = ""]) => column.toLowerCase() === "is_role") ? "and is_role = 'N'" : "";
  const users = await session.query(
    `select user, host from mysql.user where user not in ('', 'root', 'mariadb.sys', 'mysql.sys', 'mysql.session', 'mysql.infoschema') ${isRole} order by 1, 2`,
  );
  const lines: string[] = [];
  for (const [user = "", host = ""] of users) {
    const account = `${literal(user)}@${literal(host)}`;
    const [[create = ""] = []] = await session.query(`show create user ${account}`);
    const grants = await session.query(`show grants for ${account}`);
    lines.push(`drop user if exists ${account};`, `${create};`, ...grants.map(([grant = ""]) => `${grant};`));
  }
  return `${lines.join("\n")}\n`;
}

interface Dump {
  readonly argv: readonly string[];
  readonly env: Record<string, string>;
}

function startDump({ argv, env }: Dump, service: string, signal: AbortSignal) {
  const [program = "", ...words] = argv;
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"], signal });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.length < 100 && said.push(text));
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", (error) => reject(mysqlRefused(service, error.message)));
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(mysqlRefused(service, `${program} ended with ${code}: ${said.join("").trim().slice(-1_000)}`));
    });
  });
  // Told to whoever waits for it; until then it is nobody's.
  ended.catch(() => {});
  // Node throws away what a program that has ended wrote and nobody was reading yet; this is read from the start.
  const output = child.stdout.pipe(new PassThrough());
  child.stdout.once("error", (error) => output.destroy(error));
  return { output, ended };
}

/** A stream of unknown length, in entries of known length. */
async function saveParts(output: Readable, tar: TarWriter, name: string): Promise<void> {
  let held: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  const flush = async () => {
    const whole = Buffer.concat(held);
    held = [];
    bytes = 0;
    const path = `${name}/${String(++number).padStart(8, "0")}`;
    await tar.add({ kind: "file", path, mode: 0o600, sizeBytes: whole.length }, one(whole));
  };
  for await (const piece of output as AsyncIterable<Buffer>) {
    held.push(piece);
    bytes += piece.length;
    if (bytes >= partBytes) await flush();
  }
  if (bytes > 0) await flush();
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** A session that holds the global read lock until it is closed; undefined when somebody writes for longer than we wait. */
async function holdWriters(server: MysqlServer): Promise<MysqlSession | undefined> {
  const session = server.session();
  try {
    await session.query(`set session lock_wait_timeout = ${lockWaitS}; flush tables with read lock`);
    return session;
  } catch {
    await session.close();
    return undefined;
  }
}

async function connectionsOfRoot(session: MysqlSession): Promise<ReadonlySet<string>> {
  const rows = await session.query("select id from information_schema.processlist where user = 'root'");
  return new Set(rows.map(([id = ""]) => id));
}

/** The dump's transaction is of a connection of root's that was not there before, beside our own two that came since. */
async function waitForTransaction(
  session: MysqlSession,
  from: { readonly known: ReadonlySet<string>; readonly ended: Promise<void>; readonly signal: AbortSignal },
): Promise<void> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  from.ended.then(over, over);
  while (!isOver) {
    from.signal.throwIfAborted();
    const rows = await session.query(
      "select t.trx_mysql_thread_id from information_schema.innodb_trx t join information_schema.processlist p on p.id = t.trx_mysql_thread_id where p.user = 'root'",
    );
    if (rows.some(([id = ""]) => !from.known.has(id))) return;
    await delay(5, undefined, { signal: from.signal });
  }
}

async function listDatabases(session: MysqlSession): Promise<readonly string[]> {
  const rows = await session.query("select schema_name from information_schema.schemata order by 1");
  return rows.map(([name = ""]) => name).filter((name) => !system.includes(name));
}

async function measure(session: MysqlSession): Promise<Omit<BackupFigures, "compared">> {
  const tables = await session.query(
    `select table_schema, table_name, engine from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in (${system.map((name) => `'${name}'`).join(", ")}) order by 1, 2`,
  );
  const figures: BackupFigure[] = [];
  const notes: string[] = [];
  for (const [schema = "", table = "", engine = ""] of tables) {
    if (engine !== "InnoDB")
      notes.push(`${schema}.${table} is of engine ${engine}: it may hold what was written after the moment that was saved`);
    const columns = await session.query(
      `select column_name from information_schema.columns where table_schema = ${literal(schema)} and table_name = ${literal(table)} order by ordinal_position`,
    );
    const words = columns.map(([column = ""]) => `quote(cast(${name(column)} as binary))`).join(", ");
    const row = `md5(concat_ws(',', ${words}))`;
    const half = (from: number) => `coalesce(sum(cast(conv(substr(${row}, ${from}, 15), 16, 10) as decimal(30))), 0)`;
    const [[count = "0", first = "", second = ""] = []] = await session.query(
      `select count(*), ${half(1)}, ${half(16)} from ${name(schema)}.${name(table)}`,
    );
    figures.push({ name: `${schema}.${table}`, rows: [Number(count), Number(count)], checksum: `${first}-${second}` });
  }
  return { figures, notes };
}

function between(before: Omit<BackupFigures, "compared">, after: Omit<BackupFigures, "compared">): BackupFigures {
  const figures = after.figures.flatMap((second): BackupFigure[] => {
    const first = before.figures.find((other) => other.name === second.name);
    if (first === undefined) return [];
    const counts = [first.rows[0], second.rows[0]];
    const same = first.checksum === second.checksum;
    return [{ name: second.name, rows: [Math.min(...counts), Math.max(...counts)], checksum: same ? second.checksum : undefined }];
  });
  const note = `writers could not be held off for ${lockWaitS} s: tables that changed meanwhile are compared by the number of rows before and after`;
  return { compared: "bounds", figures, notes: [note, ...after.notes] };
}

/** Into a server that its runtime made an empty data directory for. */
async function readBack({ context, environmentId, service, aside, signal }: RestoredServer): Promise<void> {
  await using server = await openMysql({ runtime: context.runtime, environmentId, service, signal });
  for (const part of ["dump", "users"]) {
    const folder = join(aside, part);
    const names = (await readdir(folder).catch(() => [])).sort();
    if (names.length === 0) continue;
    const { argv, env } = await server.program(["mariadb", "mysql"], ["--default-character-set=utf8mb4", "--binary-mode"]);
    const [program = "", ...words] = argv;
    const child = spawn(program, words, { env, stdio: ["pipe", "ignore", "pipe"], signal });
    const said: string[] = [];
    child.stderr.setEncoding("utf8").on("data", (text: string) => said.length < 100 && said.push(text));
    const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
    const fed = pipeline(concatenated(folder, names), child.stdin).catch(() => undefined);
    const code = await ended;
    await fed;
    if (code !== 0) throw mysqlRefused(service.name, `it does not take its own dump back: ${said.join("").trim().slice(-1_000)}`);
  }
}

async function* concatenated(folder: string, names: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of names) yield* createReadStream(join(folder, part));
}

function name(text: string): string {
  return `\`${text.replaceAll("`", "``")}\``;
}

function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
