import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { findTree, isAlive, killTree, sendSignal } from "../supervision/process-tree.ts";
import { environmentMark, type HostFolder, liveSupervisor, type NotedProcess, notedProcesses, readJson } from "./host-folder.ts";
import type { HostPlan } from "./host-plan.ts";
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
  if (options.inOrder && supervisor === undefined) await endOrphans(paths);
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

/**
 * Services whose supervisor was killed are told to end as it would have told them: a cache writes what it holds before it goes. All at
 * once, for nobody is left who knows their order.
 */
async function endOrphans(paths: HostFolder): Promise<void> {
  const plan = await readJson<HostPlan>(paths.plan);
  const noted = await notedProcesses(paths);
  const ending = noted.flatMap((one) => {
    const service = plan?.services.find(({ name }) => name === one.service);
    return service === undefined ? [] : [{ one, stop: service.stop }];
  });
  const deadline = Date.now() + Math.min(Math.max(0, ...ending.map(({ stop }) => stop.graceMs)), mostGraceMs);
  let left = await alive(ending);
  // The spec's signal was checked when the file was read.
  for (const { one, stop } of left) sendSignal(one.pid, stop.signal as NodeJS.Signals);
  for (; left.length > 0 && Date.now() < deadline; left = await alive(left)) await wait(50);
}

const mostGraceMs = 60_000;

async function alive<T extends { readonly one: NotedProcess }>(ending: readonly T[]): Promise<readonly T[]> {
  const lives = await Promise.all(ending.map(({ one }) => isAlive(one)));
  return ending.filter((_, index) => lives[index]);
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
