import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { newId } from "./id.ts";
import { liveness, type ProcessIdentity, thisProcess } from "./process-identity.ts";

/**
 * Runs `work` while no other process of this machine does so under the same path. The file names its holder, so that a
 * holder that was killed is found out. Two processes that find the same dead holder in the same instant could both go on:
 * use it to spare work, never where two at once would do harm.
 */
export async function withLockFile<T>(path: string, options: { signal: AbortSignal }, work: () => Promise<T>): Promise<T> {
  const mine = `${path}.${newId()}`;
  try {
    await writeFile(mine, JSON.stringify(thisProcess()), { mode: 0o600 });
    while (!(await tryLink(mine, path))) {
      if (!(await removeIfDead(path))) await delay(30, undefined, { signal: options.signal });
    }
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Nothing is known of a holder in another container; no work under a lock takes this long. */
const patienceMs = 120_000;

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs < Date.now() - patienceMs;
}

/** True when the way may be free now. */
async function removeIfDead(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  if (holder === undefined) return true;
  const found = liveness(holder);
  if (found === "alive" || (found === "unknown" && !(await isOld(path)))) return false;
  const aside = `${path}.${newId()}.dead`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return true;
    throw error;
  }
  await rm(aside, { force: true });
  return true;
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
