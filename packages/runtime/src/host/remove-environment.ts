import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findTree, killTree } from "../supervision/process-tree.ts";
import { environmentMark, type HostFolder, liveSupervisor, notedProcesses } from "./host-folder.ts";
import { readPublished } from "./publications.ts";
import { removeSocket } from "./relay.ts";
import { releaseAll } from "./reserve-address.ts";
import { removeShortFolder } from "./run-folder.ts";
import { askSupervisor } from "./supervisor-protocol.ts";

/**
 * Takes an environment away, whatever is left of it: in order through its supervisor where that lives, else by the
 * processes it noted down and the mark that every one of them carries. Safe twice and at once from several processes.
 */
export async function removeEnvironment(paths: HostFolder, options: { readonly inOrder: boolean }): Promise<void> {
  if (!(await exists(paths.folder))) return;
  // A start in another process sees it and gives up.
  await writeFile(stoppingFile(paths), "").catch(() => {});
  if (options.inOrder && (await liveSupervisor(paths)) !== undefined) await askSupervisor(paths.control, { op: "stop" }).catch(() => {});
  const supervisor = await liveSupervisor(paths);
  const roots = [...(await notedProcesses(paths)), ...(supervisor === undefined ? [] : [supervisor])];
  const query = { roots, mark: environmentMark(paths).text };
  if (!(await killTree(query))) {
    const left = await findTree(query);
    throw new Error(`processes of environment ${paths.id} do not end: ${left.map((one) => one.pid).join(", ")}`);
  }
  for (const { socketPath, file } of await readPublished(paths)) await removeSocket(socketPath, file);
  await releaseAll(paths);
  await removeShortFolder(paths);
  await rm(paths.folder, { recursive: true, force: true, maxRetries: 5 });
}

export function stoppingFile(paths: HostFolder): string {
  return join(paths.folder, "stopping");
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
