import { lstat, readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

const mib = 1024 * 1024;

export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** What the files below a folder take on its disk; links count as themselves, what vanishes meanwhile as nothing. */
export async function treeBytes(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 0;
  let sum = found.blocks * 512;
  if (!found.isDirectory()) return sum;
  for (const name of await readdir(path).catch(() => [])) sum += await treeBytes(join(path, name));
  return sum;
}

/** "12 MiB are left on the disk of /var/lib/dojang; …": each disk once, by the first folder on it. */
export async function tellDisks(folders: readonly string[]): Promise<string> {
  const seen = new Map<number, string>();
  for (const folder of folders) {
    const device = (await stat(folder).catch(() => undefined))?.dev;
    if (device === undefined || seen.has(device)) continue;
    seen.set(device, `${Math.floor((await freeBytes(folder)) / mib)} MiB are left on the disk of ${folder}`);
  }
  return [...seen.values()].join("; ");
}

/** The disk, a user's share of it, and PostgreSQL's word for both. */
const codes: readonly unknown[] = ["ENOSPC", "EDQUOT", "53100"];

/** Whether this error itself says that there is no room. */
export function isRoomMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && codes.includes(error.code);
}

/**
 * `cp: error writing '/x': No space left on device`, `ENOSPC: no space left on device, write`, `npm error code ENOSPC`,
 * `FATAL:  could not write lock file "postmaster.pid": No space left on device`: what programs of others say in what they print.
 */
const said = /\bENOSPC\b|no space left on device/i;

/** Whether something failed because a disk is full, itself or by what caused it. */
export function isDiskFull(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (isRoomMissing(one) || ("code" in one && one.code === "disk-full") || said.test(one.message)) return true;
  }
  return false;
}
