import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GuestUser } from "../sandbox/guest-user.ts";

const run = promisify(execFile);

/** Copies a tree with its modes, times and links; on file systems that can, without copying a byte. */
export async function copyTree(from: string, to: string, signal: AbortSignal): Promise<void> {
  await run("cp", ["-Rp", `${from}/.`, `${to}/`], { signal });
}

/** Gives a tree to the guest's user; nothing to do where everything is one user's. */
export async function giveTree(folder: string, owner: GuestUser | undefined, signal: AbortSignal): Promise<void> {
  if (owner === undefined) return;
  // Never through a link: chown -h changes the link itself, and -R does not follow.
  await run("chown", ["-hR", `${owner.uid}:${owner.gid}`, folder], { signal });
}
