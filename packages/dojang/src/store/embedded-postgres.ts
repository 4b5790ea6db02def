import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readlinkSync } from "node:fs";
import { chmod, chown, lchown, lstat, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "@dojang/model";
import pg from "pg";
import { newId } from "./id.ts";
import { withLockFile } from "./lock-file.ts";
import {
  chooseInitAccount,
  choosePostgresAccount,
  type PostgresAccount,
  readSystemAccounts,
  requireReachable,
} from "./postgres-account.ts";
import { installPostgresBinaries, type PostgresBinaries } from "./postgres-binaries.ts";
import { postgresSettings } from "./postgres-settings.ts";
import { identifyProcess, isAlive, type ProcessIdentity } from "./process-identity.ts";

/**
 * PostgreSQL of the state folder, shared by every Dojang process that uses the folder.
 *
 *   DOJANG_HOME/postgres/bin-<version>/   the programs, copied from the npm package
 *   DOJANG_HOME/postgres/data/            the cluster; made beside and renamed, so a half-made one is never used
 *   DOJANG_HOME/postgres/server.log
 *   DOJANG_HOME/postgres/start.lock       spares work; PostgreSQL's own postmaster.pid keeps two servers apart
 *
 * Whoever finds no server starts one, detached. Every process holds the shared advisory lock `presenceLock` as long as it
 * uses the server; who leaves and then gets the exclusive one was the last, and stops it. A process that arrives during
 * that stop loses its connection, and starts the server again.
 */
export const presenceLock = 0x646a;

export interface EmbeddedPostgres {
  readonly folder: string;
  readonly address: PostgresAddress;
}

export interface PostgresAddress {
  /** The folder of the unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export interface EmbeddedOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

const startLimitMs = 90_000;
/** sun_path holds 108 bytes with its NUL; the socket's own name takes 15 of them with the slash. */
const socketFolderLimitBytes = 107 - "/.s.PGSQL.5432".length;

export function locateEmbeddedPostgres(home: string): EmbeddedPostgres {
  const folder = join(home, "postgres");
  return { folder, address: { host: chooseSocketFolder(folder), port: 5432, user: "dojang", database: "postgres" } };
}

/** Resolves when the server accepts connections. Safe to call at any time, from any number of processes. */
export async function startEmbeddedPostgres(server: EmbeddedPostgres, options: EmbeddedOptions): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  while ((await probe(server.address)) !== "accepting") {
    options.signal.throwIfAborted();
    if (Date.now() >= deadline) throw await didNotStart(server);
    await makeFolder(server.folder, 0o711);
    await withLockFile(join(server.folder, "start.lock"), options, async () => {
      if ((await probe(server.address)) === "down") await bringUp(server, options);
    });
    await delay(20, undefined, { signal: options.signal });
  }
}

/** Stops the server and removes what it needed outside of the state folder; returns when it is gone. The caller holds the exclusive presence lock or knows that nobody needs the server. */
export async function stopEmbeddedPostgres(server: EmbeddedPostgres): Promise<void> {
  await stopPostmaster(server);
  if (!server.address.host.startsWith(server.folder)) await rm(server.address.host, { recursive: true, force: true });
}

async function stopPostmaster(server: EmbeddedPostgres): Promise<void> {
  const postmaster = await findPostmaster(server);
  if (postmaster === undefined) return;
  // SIGINT is PostgreSQL's fast shutdown: sessions are ended, committed work is on disk.
  signalProcess(postmaster.pid, "SIGINT");
  const deadline = Date.now() + 30_000;
  while (isAlive(postmaster)) {
    if (Date.now() >= deadline) {
      // Committed work survives this too; the next start recovers.
      signalProcess(postmaster.pid, "SIGQUIT");
      return;
    }
    await delay(10);
  }
}

async function bringUp(server: EmbeddedPostgres, options: EmbeddedOptions): Promise<void> {
  const data = join(server.folder, "data");
  const account = choosePostgresAccount(data);
  requireReachable(server.folder, account);
  await removeHalfMade(server.folder);
  const binaries = await installPostgresBinaries(server.folder);
  await makeSocketFolder(server.address.host, account);
  if (existsSync(join(data, "PG_VERSION"))) await requireSameMajor(data, binaries);
  else await initialise({ data, binaries, account, options });
  await removeStalePid(server);
  await launch({ server, data, binaries, account, options });
}

/** What a killed process was making. Whoever calls holds the start lock, so nobody is making anything now; an orphaned initdb ends by itself. */
async function removeHalfMade(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((name) => name.endsWith(".half"))) {
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
}

interface Cluster {
  readonly data: string;
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
  readonly options: EmbeddedOptions;
}

async function initialise({ data, binaries, account, options }: Cluster): Promise<void> {
  options.onProgress?.("making the database (once)");
  const half = `${data}.${newId()}.half`;
  try {
    await mkdir(half, { mode: 0o700 });
    const maker = account.uid === undefined ? account : chooseInitAccount(account, readSystemAccounts());
    await own(half, maker);
    const flags = [
      "--auth=trust",
      "--username=dojang",
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
    ];
    const child = spawn(binaries.initdb, ["-D", half, ...flags], {
      ...identityOf(maker),
      env: serverEnvironment(),
      cwd: half,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { code, output } = await collect(child);
    if (code !== 0) throw initFailed(output);
    if (maker.uid !== account.uid) await ownTree(half, account);
    // `data` can only be the remains of something that never was a cluster: PG_VERSION is missing.
    await rm(data, { recursive: true, force: true });
    await rename(half, data);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

async function launch({ server, data, binaries, account, options }: Cluster & { server: EmbeddedPostgres }): Promise<void> {
  options.onProgress?.("starting the database");
  const logPath = join(server.folder, "server.log");
  await rotateLog(logPath);
  const log = await open(logPath, "a", 0o640);
  try {
    const child = spawn(binaries.postgres, ["-D", data, ...postgresSettings(server.address.host)], {
      ...identityOf(account),
      detached: true,
      env: serverEnvironment(),
      cwd: data,
      stdio: ["ignore", log.fd, log.fd],
    });
    child.on("error", (error) => options.onProgress?.(`the database did not start: ${error.message}`));
    child.unref();
    // An early exit is no error here: children of a killed server may hold its shared memory for an instant. The caller tries again.
    while (
      child.pid !== undefined &&
      child.exitCode === null &&
      child.signalCode === null &&
      (await probe(server.address)) !== "accepting"
    ) {
      await delay(20, undefined, { signal: options.signal });
    }
  } finally {
    await log.close();
  }
}

type Probe = "accepting" | "busy" | "down";

async function probe(address: PostgresAddress): Promise<Probe> {
  const client = new pg.Client({ ...address, connectionTimeoutMillis: 5000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "accepting";
  } catch (error) {
    // 57P03: starting up or shutting down. 53300: all connections taken.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "53300" ? "accepting" : code === "57P03" ? "busy" : "down";
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The running server of this folder. A pid in the file that now belongs to anything else is not it. */
async function findPostmaster(server: EmbeddedPostgres): Promise<ProcessIdentity | undefined> {
  const data = join(server.folder, "data");
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0)) return undefined;
  const identity = identifyProcess(pid);
  if (identity === undefined || process.platform !== "linux") return identity;
  return workingFolder(pid) === data ? identity : undefined;
}

/** PostgreSQL refuses to start while the pid in its file lives, even when after a reboot it is the pid of another cluster's server. */
async function removeStalePid(server: EmbeddedPostgres): Promise<void> {
  if (process.platform === "linux" && (await findPostmaster(server)) === undefined) {
    await rm(join(server.folder, "data", "postmaster.pid"), { force: true });
  }
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function chooseSocketFolder(folder: string): string {
  const inside = join(folder, "socket");
  if (Buffer.byteLength(inside) <= socketFolderLimitBytes) return inside;
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  return `/tmp/dojang-${hash}`;
}

/** Only its owner may connect: the server trusts whoever reaches the socket. */
async function makeSocketFolder(path: string, account: PostgresAccount): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const found = await lstat(path);
  const uid = account.uid ?? process.getuid?.() ?? 0;
  if (!found.isDirectory() || (found.uid !== uid && found.uid !== process.getuid?.())) {
    throw new Problem({
      code: "socket-folder-taken",
      message: `${path} belongs to user id ${found.uid}, expected a folder of user id ${uid}`,
      fix: `remove ${path}, or set DOJANG_HOME to a shorter path`,
      exit: "infrastructure",
    });
  }
  await own(path, account);
  await chmod(path, 0o700);
}

async function makeFolder(path: string, mode: number): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path), 0o711);
  await mkdir(path, { mode }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await chmod(path, mode);
}

async function own(path: string, account: PostgresAccount): Promise<void> {
  if (account.uid !== undefined) await chown(path, account.uid, account.uid);
}

/** Links are handed over themselves, never what they point to. */
async function ownTree(path: string, account: PostgresAccount): Promise<void> {
  if (account.uid === undefined) return;
  for (const entry of await readdir(path, { recursive: true })) await lchown(join(path, entry), account.uid, account.uid);
  await lchown(path, account.uid, account.uid);
}

function identityOf(account: PostgresAccount): { uid?: number; gid?: number } {
  return account.uid === undefined ? {} : { uid: account.uid, gid: account.uid };
}

function serverEnvironment(): Record<string, string> {
  return { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

async function rotateLog(path: string): Promise<void> {
  const limitBytes = 4 * 1024 * 1024;
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > limitBytes) await rename(path, `${path}.1`);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

async function collect(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

async function requireSameMajor(data: string, binaries: PostgresBinaries): Promise<void> {
  const found = (await readFile(join(data, "PG_VERSION"), "utf8")).trim();
  const major = binaries.version.split(".")[0];
  if (found === major) return;
  throw new Problem({
    code: "postgres-version",
    message: `${data} was written by PostgreSQL ${found}, this Dojang brings PostgreSQL ${major}`,
    fix: `use the Dojang that wrote it to export what you need, or serve the folder with PostgreSQL ${found} and set DATABASE_URL`,
    exit: "infrastructure",
  });
}

function initFailed(output: string): Problem {
  return new Problem({
    code: "postgres-init-failed",
    message: `initdb failed: ${output.trim().split("\n").slice(-5).join("\n")}`,
    fix: "check free disk space and the rights of DOJANG_HOME, or set DATABASE_URL to a PostgreSQL server",
    exit: "infrastructure",
  });
}

async function didNotStart(server: EmbeddedPostgres): Promise<Problem> {
  const path = join(server.folder, "server.log");
  const log = await readFile(path, "utf8").catch(() => "");
  return new Problem({
    code: "postgres-did-not-start",
    message: `the embedded PostgreSQL did not start within ${startLimitMs / 1000} s: ${log.trim().split("\n").slice(-5).join("\n")}`,
    fix: `read ${path}; check free disk space, or set DATABASE_URL to a PostgreSQL server`,
    exit: "infrastructure",
  });
}
