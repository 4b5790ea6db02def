import { spawn, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { repository } from "./dojang-command.ts";

/** Nobody's user id, as far as the machine knows. */
export const strangerId = 54_321;

/** A user without privileges on a machine that permits no namespaces, as inside most containers. */
export interface NarrowMachine {
  /** What starts Node there. */
  readonly through: readonly string[];
  leave(): void;
}

const become = process.getuid?.() === 0 ? `setpriv --reuid ${strangerId} --regid ${strangerId} --clear-groups ` : "";
// The limit of the outer user namespace allows the inner one, in which everything runs, and no further one.
const enter = `exec ${become}unshare --user --map-root-user sh -c 'echo 1 > /proc/sys/user/max_user_namespaces && exec unshare --user --map-user=1000 --map-group=1000 -- "$@"' sh "$@"`;

/** The highest folder above the checkout that others may not enter, such as root's home: undefined when everybody may. */
function closedFolder(): string | undefined {
  const closed: string[] = [];
  for (let folder = repository; folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) closed.push(folder);
  }
  return closed.at(-1);
}

/** In mounts of its own the checkout stands at its place in a folder that everybody may enter; nothing of the machine changes. */
const uncover = `spot=$(mktemp -d) && mount --bind "$2" "$spot" && mount -t tmpfs -o mode=755 tmpfs "$1" && mkdir -p "$2" &&
  mount --bind "$spot" "$2" && umount "$spot" && rmdir "$spot" && shift 2 && exec "$@"`;

function entering(...command: readonly string[]): readonly string[] {
  const narrow = ["sh", "-c", enter, "sh", ...command];
  const closed = process.getuid?.() === 0 ? closedFolder() : undefined;
  return closed === undefined ? narrow : ["unshare", "--mount", "sh", "-c", uncover, "sh", closed, repository, ...narrow];
}

/** Into the namespaces of the process `$0`, keeping the working folder, which entering mounts would lose. */
const follow = 'exec nsenter --user --mount --wd="$(pwd)" --target "$0" --setuid 1000 --setgid 1000 -- "$@"';

/** All commands share one namespace, or they could not see each other's processes. A sleeper holds it. */
export async function openNarrowMachine(): Promise<NarrowMachine> {
  const [program = "sh", ...args] = entering("sh", "-c", "echo there; exec sleep 3600");
  const holder = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
  await new Promise((resolve, reject) =>
    holder.stdout.once("data", resolve).once("end", () => reject(new Error("the machine cannot be narrowed"))),
  );
  return {
    through: ["sh", "-c", follow, String(holder.pid), process.execPath],
    leave: () => void holder.kill("SIGKILL"),
  };
}

/** Why it cannot be tried here: no namespaces to deny, or a checkout that nobody else may read. Undefined when it can. */
export function whyNotNarrow(): string | undefined {
  const look = `require("node:fs").accessSync(${JSON.stringify(repository)})`;
  const [program = "sh", ...args] = entering(process.execPath, "-e", look);
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8", cwd: "/" });
  return status === 0 ? undefined : stderr.trim();
}
