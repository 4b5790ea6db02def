import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GuestUser } from "../sandbox/guest-user.ts";

const run = promisify(execFile);

/** Copies a tree with its modes, times and links; on file systems that can, without copying a byte. */
export async function copyTree(from: string, to: string, signal: AbortSignal): Promise<void> {
  await run("cp", ["-Rp", `${from}/.`, `${to}/`], { signal });
}

/** What installers fill and programs only read: most of a tree, and the same in every release that needs the same packages. */
const installed = ["node_modules", ".venv"];

const shareScript = `set -e
tar -C "$1" --exclude=node_modules --exclude=.venv -cf - . | tar -C "$2" -xpf -
cd "$1"
find . \\( -name node_modules -o -name .venv \\) -prune -print0 | xargs -0 -r -n 1 sh -c '
  mkdir -p "$0/$(dirname "$1")"
  cp -al "$1" "$0/$1" 2>/dev/null || { rm -rf "$0/$1"; cp -Rp "$1" "$0/$1"; }' "$2"`;

/**
 * As copyTree, but what was installed is shared: links to the same files, in folders of the copy's own; copies where the release lies on
 * another disk, and folders are all that linking made. For trees that belong to another
 * user than the one who gets the copy, so that the files can be read there, replaced, and not changed.
 */
export async function shareInstalled(from: string, to: string, signal: AbortSignal): Promise<void> {
  await run("sh", ["-c", shareScript, "share", from, to], { signal });
}

/** As giveTree, without the files that `shareInstalled` shared. */
export async function giveOwnPart(folder: string, owner: GuestUser, signal: AbortSignal): Promise<void> {
  const shared = installed.flatMap((name) => ["-o", "-path", `*/${name}/*`]).slice(1);
  const own = ["-exec", "chown", "-h", `${owner.uid}:${owner.gid}`, "{}", "+"];
  await run("find", [folder, "(", ...shared, ")", "!", "-type", "d", "-prune", "-o", ...own], { signal });
}

/** Gives a tree to the guest's user; nothing to do where everything is one user's. */
export async function giveTree(folder: string, owner: GuestUser | undefined, signal: AbortSignal): Promise<void> {
  if (owner === undefined) return;
  // Never through a link: chown -h changes the link itself, and -R does not follow.
  await run("chown", ["-hR", `${owner.uid}:${owner.gid}`, folder], { signal });
}
