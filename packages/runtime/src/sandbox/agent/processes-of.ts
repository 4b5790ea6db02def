import { readFileSync, readlinkSync, statSync } from "node:fs";
import { listProcesses, type SeenProcess, sendSignal } from "../../supervision/process-tree.ts";
import { networkNamespace } from "./pod-network.ts";
import type { PodMember } from "./pod-plan.ts";

/**
 * The living processes of each member: those in its network namespace, which no guest can leave. Found so, a daemon that
 * left its tree is counted too.
 */
export async function processesByMember(members: readonly PodMember[]): Promise<ReadonlyMap<string, readonly SeenProcess[]>> {
  const memberOf = new Map(members.map((member) => [namespaceInode(member), member.name]));
  const found = new Map<string, SeenProcess[]>(members.map((member) => [member.name, []]));
  for (const one of await listProcesses()) {
    const name = one.zombie ? undefined : memberOf.get(networkOf(one.pid));
    if (name !== undefined) found.get(name)?.push(one);
  }
  return found;
}

/** bwrap's own processes are the sandbox's cost, not the service's. */
export function isWrapper(process: SeenProcess): boolean {
  try {
    return readFileSync(`/proc/${process.pid}/comm`, "utf8").trim() === "bwrap";
  } catch {
    return false;
  }
}

const killRounds = 20;

/** Ends whatever runs in a member, forks in between included. */
export async function killMember(member: PodMember): Promise<void> {
  for (let round = 0; round < killRounds; round++) {
    const processes = (await processesByMember([member])).get(member.name) ?? [];
    if (processes.length === 0) return;
    for (const one of processes) sendSignal(one.pid, "SIGKILL");
  }
}

function namespaceInode(member: PodMember): string {
  try {
    return `net:[${statSync(networkNamespace(member)).ino}]`;
  } catch {
    return "";
  }
}

function networkOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "gone";
  }
}
