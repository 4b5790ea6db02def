import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { identify, killTree, type ProcessIdentity } from "../supervision/process-tree.ts";

/**
 * Finds the processes of an environment by the argument that names its folder, so that also one is found whose starter
 * was killed before it could write a process id down. Only programs that the launch consists of are looked at.
 */
export async function findPodProcesses(guestFolder: string): Promise<readonly ProcessIdentity[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => isOfPod(Number(pid), guestFolder)));
  return found.filter((one) => one !== undefined);
}

const launchPrograms = new Set(["systemd-run", "sh", "setpriv", "bwrap", "node"]);

async function isOfPod(pid: number, guestFolder: string): Promise<ProcessIdentity | undefined> {
  const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  if (!launchPrograms.has(basename(argv[0] ?? "")) || !argv.includes(guestFolder)) return undefined;
  return identify(pid);
}

/** Ends everything of an environment; process 1 of its namespace takes along what has left the tree. */
export async function killPod(guestFolder: string): Promise<boolean> {
  for (let round = 0; round < killRounds; round++) {
    const roots = await findPodProcesses(guestFolder);
    if (roots.length === 0) return true;
    await killTree({ roots });
  }
  return false;
}

const killRounds = 10;
