import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ControlGroup, PodMember } from "./pod-plan.ts";

/**
 * One control group per member, in the folders the control plane handed over. Processes enter by writing themselves into
 * `cgroup.procs` before they become the guest's.
 */
export async function makeMemberGroups(groups: readonly ControlGroup[], member: PodMember): Promise<void> {
  for (const group of groups) {
    const folder = join(group.folder, member.key);
    await mkdir(folder, { recursive: true });
    for (const [file, value] of limitFiles(group, member)) await writeFile(join(folder, file), value);
  }
}

export function memberGroups(groups: readonly ControlGroup[], member: PodMember): readonly string[] {
  return groups.map((group) => join(group.folder, member.key));
}

const cpuPeriodUs = 100_000;

/** Pure: which file of a group gets which limit. */
export function limitFiles(
  group: ControlGroup,
  limits: { readonly memoryBytes?: number; readonly cpus?: number; readonly pids?: number },
): readonly (readonly [string, string])[] {
  const two = group.version === 2;
  const files: [string, string][] = [];
  if (group.controllers.includes("memory") && limits.memoryBytes !== undefined) {
    files.push([two ? "memory.max" : "memory.limit_in_bytes", String(limits.memoryBytes)]);
    if (two) files.push(["memory.oom.group", "1"]);
  }
  if (group.controllers.includes("pids") && limits.pids !== undefined) files.push(["pids.max", String(limits.pids)]);
  if (group.controllers.includes("cpu") && limits.cpus !== undefined) {
    const quota = Math.max(1_000, Math.round(limits.cpus * cpuPeriodUs));
    if (two) files.push(["cpu.max", `${quota} ${cpuPeriodUs}`]);
    else files.push(["cpu.cfs_period_us", String(cpuPeriodUs)], ["cpu.cfs_quota_us", String(quota)]);
  }
  return files;
}

/** What a member's processes and its memory file systems take, where a group counts it. */
export async function groupMemoryBytes(groups: readonly ControlGroup[], member: PodMember): Promise<number | undefined> {
  const group = groups.find((one) => one.controllers.includes("memory"));
  if (group === undefined) return undefined;
  const file = group.version === 2 ? "memory.current" : "memory.usage_in_bytes";
  const text = await readFile(join(group.folder, member.key, file), "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}
