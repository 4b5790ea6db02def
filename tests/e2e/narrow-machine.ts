import { spawn, spawnSync } from "node:child_process";
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

/** All commands share one namespace, or they could not see each other's processes. A sleeper holds it. */
export async function openNarrowMachine(): Promise<NarrowMachine> {
  const holder = spawn("sh", ["-c", enter, "sh", "sh", "-c", "echo there; exec sleep 3600"], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) =>
    holder.stdout.once("data", resolve).once("end", () => reject(new Error("the machine cannot be narrowed"))),
  );
  return {
    through: ["nsenter", "--user", "--target", String(holder.pid), "--setuid", "1000", "--setgid", "1000", "--", process.execPath],
    leave: () => void holder.kill("SIGKILL"),
  };
}

/** Why it cannot be tried here: no namespaces to deny, or a checkout that nobody else may read. Undefined when it can. */
export function whyNotNarrow(): string | undefined {
  const look = `require("node:fs").accessSync(${JSON.stringify(repository)})`;
  const { status, stderr } = spawnSync("sh", ["-c", enter, "sh", process.execPath, "-e", look], { encoding: "utf8" });
  return status === 0 ? undefined : stderr.trim();
}
