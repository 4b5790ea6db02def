import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, lchown, lstat, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "@dojang/model";
import type { PostgresAccount } from "./postgres-account.ts";

/** sun_path holds 108 bytes with its NUL; the socket's own name takes 15 of them with the slash. */
const socketFolderLimitBytes = 107 - "/.s.PGSQL.5432".length;

/** Below the state folder, or a short one of /tmp when that is too long. */
export function chooseSocketFolder(folder: string): string {
  const inside = join(folder, "socket");
  if (Buffer.byteLength(inside) <= socketFolderLimitBytes) return inside;
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  return `/tmp/dojang-${hash}`;
}

/** Only its owner may connect: the server trusts whoever reaches the socket. */
export async function makeSocketFolder(path: string, account: PostgresAccount): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch(ignoreExisting);
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
  await ownFolder(path, account);
  await chmod(path, 0o700);
}

/** Makes what is missing of the path, with the mode whatever the umask; leaves what exists as it is. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path), mode);
  await mkdir(path, { mode }).catch(ignoreExisting);
  await chmod(path, mode);
}

export async function ownFolder(path: string, account: PostgresAccount): Promise<void> {
  if (account.uid !== undefined) await chown(path, account.uid, account.uid);
}

/** Links are handed over themselves, never what they point to. */
export async function ownTree(path: string, account: PostgresAccount): Promise<void> {
  if (account.uid === undefined) return;
  for (const entry of await readdir(path, { recursive: true })) await lchown(join(path, entry), account.uid, account.uid);
  await lchown(path, account.uid, account.uid);
}

/** What a killed process was making. Whoever calls holds the start lock, so nobody is making anything now; an orphaned initdb ends by itself. */
export async function removeHalfMade(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((name) => name.endsWith(".half"))) {
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
}

export async function rotateLog(path: string): Promise<void> {
  const limitBytes = 4 * 1024 * 1024;
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > limitBytes) await rename(path, `${path}.1`);
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
