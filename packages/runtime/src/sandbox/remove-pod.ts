import { access, rm } from "node:fs/promises";
import { Problem } from "@dojang/model";
import { runTool } from "./agent/run-tool.ts";
import { asGuest } from "./guest-user.ts";
import { removeGroups } from "./host-groups.ts";
import type { PodPaths } from "./pod-folder.ts";
import { killPod } from "./pod-processes.ts";

/**
 * Takes away whatever is there of an environment: processes, control groups, folder. Safe twice and at once. What guests
 * wrote is removed as the guests' user: a privileged process must not walk through it. The mark goes last.
 */
export async function removePod(paths: PodPaths, id: string): Promise<void> {
  if (!(await killPod(paths.guest))) throw leftOver(id, "its processes do not end");
  await removeGroups(paths.folder);
  if (await exists(paths.guest)) await removeAsGuest(paths.guest);
  for (const path of [paths.guest, paths.plan, paths.sockets]) await rm(path, { recursive: true, force: true });
  await rm(paths.folder, { recursive: true, force: true });
}

/** Guests may have taken their own rights away; folders of overlays have none to begin with. */
async function removeAsGuest(folder: string): Promise<void> {
  const empty = 'cd "$1" && rm -rf -- * .[!.]* 2>/dev/null || { chmod -R u+rwX . 2>/dev/null; rm -rf -- * .[!.]*; }';
  await runTool(asGuest(["sh", "-c", empty, "empty", folder]));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function leftOver(id: string, why: string): Problem {
  return new Problem({
    code: "environment-left-over",
    exit: "infrastructure",
    message: `environment ${id} could not be removed: ${why}`,
    fix: `run dojang down ${id} again; if it stays, restart the machine`,
  });
}
