import { statfs } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { sumMemoryBytes } from "../../supervision/process-numbers.ts";
import type { Pod } from "./pod.ts";
import { agentPlaces } from "./pod-plan.ts";
import { killMember, processesByMember } from "./processes-of.ts";
import { runTool } from "./run-tool.ts";

const lookEveryMs = 250;
const suspiciousBytes = 32 * 1024 * 1024;

/**
 * Limits that nothing in the kernel holds for us: memory where there are no control groups, and what is written to disk.
 * It runs for as long as the agent does.
 */
export async function watchLimits(pod: Pod): Promise<never> {
  const counted = pod.plan.groups.some((group) => group.controllers.includes("memory"));
  let freeBefore = await freeBytes();
  for (;;) {
    await wait(lookEveryMs);
    if (!counted) await watchMemory(pod);
    // Walking the folders costs; the file system's own count says when it can be worth it.
    const free = await freeBytes();
    if (freeBefore - free < suspiciousBytes) continue;
    freeBefore = free;
    await watchDisk(pod);
  }
}

async function freeBytes(): Promise<number> {
  const { bavail, bsize } = await statfs(agentPlaces.pod);
  return bavail * bsize;
}

async function watchMemory(pod: Pod): Promise<void> {
  for (const [name, processes] of await processesByMember(pod.plan.members)) {
    const limit = pod.member(name).memoryBytes;
    if (limit === undefined) continue;
    const memoryBytes = sumMemoryBytes(processes.map((one) => one.pid));
    if (memoryBytes <= limit) continue;
    pod.say(name, `killed: it used ${memoryBytes} bytes of memory and may use ${limit}`);
    await killMember(pod.member(name));
  }
}

/** Whoever wrote it, what is on the disk belongs to the environment as a whole: every member is ended. */
async function watchDisk(pod: Pod): Promise<void> {
  const { output } = await runTool(["du", "-s", "-x", "--block-size=1", agentPlaces.disk]);
  const usedBytes = Number(/^(\d+)/m.exec(output)?.[1] ?? 0);
  if (usedBytes <= pod.plan.diskBytes) return;
  for (const member of pod.plan.members) {
    pod.say(member.name, `killed: the environment wrote ${usedBytes} bytes to disk and may write ${pod.plan.diskBytes}`);
    await killMember(member);
  }
}
