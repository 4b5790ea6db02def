import { closeSync, openSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** `sun_path` of unix(7), less the closing zero. */
const longestSocketPath = 107;

/**
 * A name for a socket that fits into an address: an open folder stands for a path that is too long. Only this process
 * can use it, until it is closed.
 */
export function shortSocketPath(path: string): { readonly path: string; close(): void } {
  if (Buffer.byteLength(path) <= longestSocketPath) return { path, close: () => {} };
  const folder = openSync(dirname(path), "r");
  return { path: join("/proc/self/fd", String(folder), basename(path)), close: () => closeSync(folder) };
}

/** Room for the name of a socket in the folder. */
const longestFolderPath = longestSocketPath - 32;

/** The same for a folder in which sockets will be made; `opened` keeps what was opened, for as long as the process lives. */
export function shortFolder(folder: string, opened: Map<string, string>): string {
  if (Buffer.byteLength(folder) <= longestFolderPath) return folder;
  const known = opened.get(folder);
  if (known !== undefined) return known;
  const short = join("/proc/self/fd", String(openSync(folder, "r")));
  opened.set(folder, short);
  return short;
}
