import { chown, lstat, mkdir, readlink, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { GuestUser } from "../sandbox/guest-user.ts";
import { giveTree } from "./own-tree.ts";

/** Makes the folder of a volume that outlives its environments when it is missing, and sees to it that its user may write there. */
export async function keepVolume(folder: string, owner: GuestUser | undefined, signal: AbortSignal): Promise<void> {
  const target = await linkTarget(folder);
  await mkdir(dirname(target), { recursive: true, mode: 0o711 });
  await mkdir(target, { mode: 0o700 }).then(
    async () => {
      if (owner !== undefined) await chown(target, owner.uid, owner.gid);
    },
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  const real = await realpath(target);
  // Put there by somebody else, as after a restore.
  if (owner !== undefined && (await stat(real)).uid !== owner.uid) await giveTree(real, owner, signal);
}

/** Where a link leads, also to what is not there yet. */
async function linkTarget(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() ? resolve(dirname(path), await readlink(path)) : path;
}
