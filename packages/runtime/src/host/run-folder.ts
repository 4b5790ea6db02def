import { createHash } from "node:crypto";
import { lstat, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import type { HostFolder } from "./host-folder.ts";

/** `sun_path` holds 104 bytes on macOS, 108 on Linux; programs add names such as `/.s.PGSQL.5432`. */
const longestFolder = 85;

/** Where a service keeps its sockets: in the environment's folder, or below /tmp where that would be too long for a socket. */
export function runFolder(paths: HostFolder, service: { readonly name: string; readonly index: number }): string {
  const inside = join(paths.services, service.name, "run");
  return Buffer.byteLength(inside) <= longestFolder ? inside : join(shortFolder(paths), String(service.index));
}

/** The same for everyone who knows the environment, so that whoever removes it finds it. */
export function shortFolder(paths: HostFolder): string {
  return `/tmp/dojang-${createHash("sha256").update(`${paths.home} ${paths.id}`).digest("hex").slice(0, 16)}`;
}

/** /tmp is everybody's: what is there under our name must be ours. */
export async function claimShortFolder(paths: HostFolder): Promise<void> {
  const folder = shortFolder(paths);
  await mkdir(folder, { mode: 0o711 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === process.getuid?.()) return;
  throw new Problem({
    code: "folder-taken",
    exit: "infrastructure",
    message: `${folder} belongs to somebody else`,
    fix: `remove it, or set DOJANG_HOME to a shorter path than ${paths.home}`,
  });
}

export async function removeShortFolder(paths: HostFolder): Promise<void> {
  const found = await lstat(shortFolder(paths)).catch(() => undefined);
  if (found?.isDirectory() && found.uid === process.getuid?.()) await rm(shortFolder(paths), { recursive: true, force: true });
}
