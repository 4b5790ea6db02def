import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, chown, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Limits } from "@dojang/model";
import { limitFiles } from "./agent/control-groups.ts";
import type { ControlGroup, GroupController } from "./agent/pod-plan.ts";
import { guestOwnership } from "./guest-user.ts";

/**
 * The ladder of limits: control groups v2 that are ours to divide; a scope of the user's systemd; control groups v1; none.
 * With groups of ours an environment has one with its own limits, and inside it the agent and each member have theirs.
 * A scope limits the environment as a whole, and the agent watches members; without either it watches all.
 */
export type LimitLevel = "cgroup v2" | "systemd scope" | "cgroup v1" | "watchdog";

export interface HostLimits {
  readonly level: LimitLevel;
  readonly hierarchies: readonly HostHierarchy[];
}

export async function findHostLimits(): Promise<HostLimits> {
  const hierarchies = await findHierarchies();
  const level = levelOf(hierarchies);
  if (level === "watchdog" && (await scopesWork())) return { level: "systemd scope", hierarchies: [] };
  return { level, hierarchies };
}

const scopeCommand = ["systemd-run", "--user", "--scope", "--quiet", "--collect"];

/** Only where the user has a systemd of their own that will make one. */
async function scopesWork(): Promise<boolean> {
  if (process.getuid?.() === 0 || process.env.XDG_RUNTIME_DIR === undefined) return false;
  return new Promise((resolve) => {
    const [program = "", ...args] = [...scopeCommand, "true"];
    execFile(program, args, { timeout: 5_000 }, (error) => resolve(error === null));
  });
}

/** Pure: systemd.resource-control(5). */
export function scopeArguments(name: string, limits: Limits): readonly string[] {
  const properties = [
    ...(limits.memoryBytes === undefined ? [] : [`MemoryMax=${limits.memoryBytes}`, "MemorySwapMax=0"]),
    ...(limits.pids === undefined ? [] : [`TasksMax=${limits.pids}`]),
    ...(limits.cpus === undefined ? [] : [`CPUQuota=${Math.max(1, Math.round(limits.cpus * 100))}%`]),
  ];
  return [...scopeCommand, `--unit=dojang-${name}`, ...properties.flatMap((one) => ["--property", one]), "--"];
}

export interface HostHierarchy {
  readonly version: 1 | 2;
  readonly controllers: readonly GroupController[];
  /** Where our groups are made. */
  readonly folder: string;
}

const wanted: readonly GroupController[] = ["memory", "pids", "cpu"];
const ourName = "dojang";

export async function findHierarchies(): Promise<readonly HostHierarchy[]> {
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  const own = await readFile("/proc/self/cgroup", "utf8").catch(() => "");
  const two = await unified(mounts, own);
  if (two.length > 0) return two;
  return process.getuid?.() === 0 ? versionOne(mounts) : [];
}

export function levelOf(hierarchies: readonly HostHierarchy[]): LimitLevel {
  if (!hierarchies.some((one) => one.controllers.includes("memory"))) return "watchdog";
  return hierarchies[0]?.version === 2 ? "cgroup v2" : "cgroup v1";
}

async function unified(mounts: string, own: string): Promise<HostHierarchy[]> {
  const mountPoint = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  if (mountPoint === undefined) return [];
  // Root divides the whole machine; anyone else what was delegated to them, if anything was.
  const base = process.getuid?.() === 0 ? mountPoint : join(mountPoint, /^0::(\S+)/m.exec(own)?.[1] ?? "/");
  const offered = (await readFile(join(base, "cgroup.controllers"), "utf8").catch(() => "")).split(/\s+/);
  const controllers = wanted.filter((one) => offered.includes(one));
  if (!controllers.includes("memory") || !(await isWritable(join(base, "cgroup.procs")))) return [];
  return [{ version: 2, controllers, folder: join(base, ourName) }];
}

/** v1 mounts each controller by itself, or several as one. */
function versionOne(mounts: string): HostHierarchy[] {
  const found = [...mounts.matchAll(/^\S+ (\S+) cgroup (\S+)/gm)].map(([, folder = "", options = ""]) => ({
    folder,
    options: options.split(","),
  }));
  return found.flatMap(({ folder, options }) => {
    const controllers = wanted.filter((one) => options.includes(one));
    return controllers.length === 0 ? [] : [{ version: 1 as const, controllers, folder: join(folder, ourName) }];
  });
}

/** Two state folders of one machine may have environments of the same id. */
export function groupName(podFolder: string): string {
  return `${basename(podFolder)}-${createHash("sha256").update(podFolder).digest("hex").slice(0, 8)}`;
}

/** Makes the environment's groups and gives them to the guests' user; says which folders the launcher has to enter, or what it is to be run by. */
export async function makeGroups(
  { level, hierarchies }: HostLimits,
  podFolder: string,
  limits: Limits,
): Promise<{ readonly groups: readonly ControlGroup[]; readonly enter: readonly string[]; readonly wrapper: readonly string[] }> {
  const made = await Promise.all(
    hierarchies.map(async (hierarchy) => {
      const folder = join(hierarchy.folder, groupName(podFolder));
      await mkdir(folder, { recursive: true });
      if (hierarchy.version === 2) await enableControllers(hierarchy, folder);
      const group: ControlGroup = { version: hierarchy.version, controllers: hierarchy.controllers, folder };
      for (const [file, value] of limitFiles(group, limits)) {
        // The whole environment must not be ended because one service took too much.
        if (file !== "memory.oom.group") await writeFile(join(folder, file), value);
      }
      await mkdir(join(folder, "agent"), { recursive: true });
      await giveToGuest(folder, hierarchy.version);
      return group;
    }),
  );
  const wrapper = level === "systemd scope" ? scopeArguments(groupName(podFolder), limits) : [];
  return { groups: made, enter: made.map((group) => join(group.folder, "agent")), wrapper };
}

async function enableControllers(hierarchy: HostHierarchy, folder: string): Promise<void> {
  const value = hierarchy.controllers.map((one) => `+${one}`).join(" ");
  for (const parent of [join(hierarchy.folder, ".."), hierarchy.folder, folder])
    await writeFile(join(parent, "cgroup.subtree_control"), value);
}

async function giveToGuest(folder: string, version: 1 | 2): Promise<void> {
  const guest = guestOwnership();
  if (guest === undefined) return;
  const files = version === 2 ? ["cgroup.procs", "cgroup.subtree_control", "agent/cgroup.procs"] : ["cgroup.procs", "agent/cgroup.procs"];
  for (const path of [folder, ...files.map((file) => join(folder, file))]) await chown(path, guest.uid, guest.gid);
}

const removeRounds = 50;

/** A group goes when its last process is gone for good, which the kernel finishes a little after the kill. */
export async function removeGroups(podFolder: string): Promise<void> {
  for (const { folder } of await findHierarchies()) {
    for (let round = 0; round < removeRounds; round++) {
      if (await removeGroup(join(folder, groupName(podFolder)))) break;
      await wait(20);
    }
  }
}

/** Of groups whose owner was killed: those whose names `isDead` tells, where nothing is in them any more. */
export async function sweepGroups(isDead: (name: string) => boolean): Promise<void> {
  for (const { folder } of await findHierarchies()) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter(isDead)) await removeGroup(join(folder, name));
  }
}

async function removeGroup(folder: string): Promise<boolean> {
  const names = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (names === undefined) return true;
  const children = await Promise.all(names.filter((one) => one.isDirectory()).map((one) => removeGroup(join(folder, one.name))));
  if (children.includes(false)) return false;
  return rmdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
