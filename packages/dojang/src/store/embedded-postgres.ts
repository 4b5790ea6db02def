import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "@dojang/model";
import { isRoomMissing } from "./disk-room.ts";
import { newId } from "./id.ts";
import { withLockFile } from "./lock-file.ts";
import {
  chooseInitAccount,
  choosePostgresAccount,
  type PostgresAccount,
  readSystemAccounts,
  requireName,
  requireReachable,
} from "./postgres-account.ts";
import { installPostgresBinaries, type PostgresBinaries } from "./postgres-binaries.ts";
import { chooseSocketFolder, makeFolder, makeSocketFolder, ownFolder, ownTree, removeHalfMade, rotateLog } from "./postgres-folders.ts";
import { postgresSettings } from "./postgres-settings.ts";
import { findPostmaster, type PostgresAddress, probeServer, removeStalePid, stopPostmaster } from "./postmaster.ts";
import { lacksRoom, stateDiskFull } from "./state-room.ts";

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

/** What `onProgress` is told while one waits; who speaks another language has its own words for these. */
export const databaseSteps = { make: "making the database (once)", start: "starting the database" } as const;
export type DatabaseStep = (typeof databaseSteps)[keyof typeof databaseSteps];

export interface EmbeddedOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

const startLimitMs = 90_000;
export function locateEmbeddedPostgres(home: string): EmbeddedPostgres {
  const folder = join(home, "postgres");
  return { folder, address: { host: chooseSocketFolder(folder), port: 5432, user: "dojang", database: "postgres" } };
}

/** Resolves when the server accepts connections. Safe to call at any time, from any number of processes. Throws Problem `disk-full` at once where it cannot start for want of room. */
export async function startEmbeddedPostgres(server: EmbeddedPostgres, options: EmbeddedOptions): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  while ((await probeServer(server.address)) !== "accepting") {
    options.signal.throwIfAborted();
    if (Date.now() >= deadline) throw await didNotStart(server);
    await makeFolder(server.folder, 0o711);
    await withLockFile(join(server.folder, "start.lock"), options, async () => {
      if ((await probeServer(server.address)) === "down") await bringUp(server, options);
    }).catch(async (error: unknown) => {
      throw isRoomMissing(error) ? await stateDiskFull(homeOf(server), error) : error;
    });
    await delay(20, undefined, { signal: options.signal });
  }
}

/** Stops the server and removes what it needed outside of the state folder; returns when it is gone. The caller holds the exclusive presence lock or knows that nobody needs the server. */
export async function stopEmbeddedPostgres(server: EmbeddedPostgres): Promise<void> {
  await stopPostmaster(join(server.folder, "data"));
  if (!server.address.host.startsWith(server.folder)) await rm(server.address.host, { recursive: true, force: true });
}

async function bringUp(server: EmbeddedPostgres, options: EmbeddedOptions): Promise<void> {
  const data = join(server.folder, "data");
  const account = choosePostgresAccount(data);
  requireReachable(server.folder, account);
  await removeHalfMade(server.folder);
  const binaries = await installPostgresBinaries(server.folder);
  await makeSocketFolder(server.address.host, account);
  if (existsSync(join(data, "PG_VERSION"))) await requireSameMajor(data, binaries);
  else await initialise({ home: homeOf(server), data, binaries, account, options });
  await endUnreachable(server, data, options);
  await removeStalePid(data);
  await launch({ server, data, binaries, account, options });
}

/** A server that lives but cannot be reached, because somebody removed its socket, is ended; one that is still on its way is waited for. */
async function endUnreachable(server: EmbeddedPostgres, data: string, options: EmbeddedOptions): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await findPostmaster(data)) !== undefined && Date.now() < deadline) {
    if ((await probeServer(server.address)) !== "down") return;
    await delay(50, undefined, { signal: options.signal });
  }
  await stopPostmaster(data);
}

interface Cluster {
  readonly data: string;
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
  readonly options: EmbeddedOptions;
}

async function initialise({ home, data, binaries, account, options }: Cluster & { home: string }): Promise<void> {
  if (account.uid === undefined) requireName();
  options.onProgress?.(databaseSteps.make);
  const half = `${data}.${newId()}.half`;
  try {
    await mkdir(half, { mode: 0o700 });
    const maker = account.uid === undefined ? account : chooseInitAccount(account, readSystemAccounts());
    await ownFolder(half, maker);
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
    if (code !== 0) throw (await lacksRoom(home)) ? await stateDiskFull(home, initFailed(output)) : initFailed(output);
    if (maker.uid !== account.uid) await ownTree(half, account);
    // `data` can only be the remains of something that never was a cluster: PG_VERSION is missing.
    await rm(data, { recursive: true, force: true });
    await rename(half, data);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

async function launch({ server, data, binaries, account, options }: Cluster & { server: EmbeddedPostgres }): Promise<void> {
  options.onProgress?.(databaseSteps.start);
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
      (await probeServer(server.address)) !== "accepting"
    ) {
      await delay(20, undefined, { signal: options.signal });
    }
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (hasEnded && (await lacksRoom(homeOf(server)))) throw await stateDiskFull(homeOf(server));
  } finally {
    await log.close();
  }
}

function homeOf({ folder }: EmbeddedPostgres): string {
  return dirname(folder);
}

function identityOf(account: PostgresAccount): { uid?: number; gid?: number } {
  return account.uid === undefined ? {} : { uid: account.uid, gid: account.uid };
}

function serverEnvironment(): Record<string, string> {
  return { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
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
