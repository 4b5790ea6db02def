import { readlinkSync } from "node:fs";
import { readFile, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { identifyProcess, isAlive, type ProcessIdentity } from "./process-identity.ts";

export interface PostgresAddress {
  /** The folder of the unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** "busy": starting up or shutting down. */
export type ServerState = "accepting" | "busy" | "down";

export async function probeServer(address: PostgresAddress): Promise<ServerState> {
  const client = new pg.Client({ ...address, connectionTimeoutMillis: 5000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "accepting";
  } catch (error) {
    // 57P03: starting up or shutting down. 53300: all connections taken. 53100: no room for what a session writes; it runs, and others have theirs.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "53300" || code === "53100" ? "accepting" : code === "57P03" ? "busy" : "down";
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The running server of this cluster. A pid in the file that now belongs to anything else is not it. */
export async function findPostmaster(data: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0)) return undefined;
  const identity = identifyProcess(pid);
  if (identity === undefined || process.platform !== "linux") return identity;
  return readWorkingFolder(pid) === (await realpath(data)) ? identity : undefined;
}

/** PostgreSQL refuses to start while the pid in its file lives, even when after a reboot it is the pid of another cluster's server. */
export async function removeStalePid(data: string): Promise<void> {
  if (process.platform !== "linux" || (await findPostmaster(data)) !== undefined) return;
  await rm(join(data, "postmaster.pid"), { force: true });
}

/** Returns when the server is gone. */
export async function stopPostmaster(data: string): Promise<void> {
  const postmaster = await findPostmaster(data);
  if (postmaster === undefined) return;
  // SIGINT is PostgreSQL's fast shutdown: sessions are ended, committed work is on disk.
  signalProcess(postmaster.pid, "SIGINT");
  if (await hasEnded(postmaster, 30_000)) return;
  // Immediate shutdown. Committed work survives this too; the next start recovers.
  signalProcess(postmaster.pid, "SIGQUIT");
  await hasEnded(postmaster, 10_000);
}

async function hasEnded(postmaster: ProcessIdentity, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (isAlive(postmaster)) {
    if (Date.now() >= deadline) return false;
    await delay(10);
  }
  return true;
}

function readWorkingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
