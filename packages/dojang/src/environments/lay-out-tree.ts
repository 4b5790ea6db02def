import { execFile } from "node:child_process";
import { chmod, chown, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { asGuest, guestOwnership, importTree, makeDraft } from "@dojang/runtime";
import type { SourceFiles } from "./source-files.ts";

export interface LayOutRequest {
  readonly target: string;
  /** A tree whose files are shared (hard links, for nobody writes to it); the sources come on top. */
  readonly base: string | undefined;
  readonly sources: SourceFiles;
  readonly signal: AbortSignal;
}

/**
 * Makes a tree at `target`, whole or not at all. The files are written by the guests' own user and not by a privileged
 * Dojang: the base was made by a guest's commands, so a folder in it may be a symbolic link to anywhere.
 */
export async function layOutTree({ target, base, sources, signal }: LayOutRequest): Promise<void> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const staging = await makeDraft(parent);
  try {
    await chmod(staging, 0o755);
    const guest = guestOwnership();
    if (guest) await chown(staging, guest.uid, guest.gid);
    if (base !== undefined) await shareTree(base, staging, signal);
    await importTree({ source: sources.directory, paths: sources.paths, target: staging, signal });
    await renameUnlessThere(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** A later file of the same name replaces the link and leaves the base as it is: tar removes what is there first. */
const shareScript = `set -e
cp -al "$1/." "$2/" 2>/dev/null || cp -a "$1/." "$2/"
find "$2" -type d ! -perm -u+w -exec chmod u+w {} +`;

async function shareTree(base: string, target: string, signal: AbortSignal): Promise<void> {
  const [program = "sh", ...args] = asGuest(["sh", "-c", shareScript, "share", base, target]);
  await promisify(execFile)(program, args, { signal, cwd: "/" });
}

/** Two runs may lay out the same tree at once; the second finds it made. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}
