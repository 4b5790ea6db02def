import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { isPoolUser } from "../../src/sandbox/pool-user.ts";

/** What a judge may leave on its machine, as it is now. */
export interface MachineHealth {
  /** Of users that this process gives to guests. */
  readonly guestProcesses: readonly string[];
  /** Of sandboxes that this process opened. */
  readonly groups: readonly string[];
  readonly mounts: number;
  readonly temporary: readonly string[];
  /** Without those that Node itself opens for /proc while this looks. */
  readonly openFiles: number;
}

export function lookAtMachine(): MachineHealth {
  return {
    guestProcesses: guestProcesses(),
    groups: groups(),
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
    temporary: readdirSync(tmpdir())
      .filter((name) => name.startsWith("dojang-judge-"))
      .sort(),
    openFiles: readdirSync("/proc/self/fd").filter((name) => isOurs(name)).length,
  };
}

/** What is there now and was not before, in words. */
export function newSince(before: MachineHealth, now: MachineHealth): readonly string[] {
  return [
    ...now.guestProcesses.filter((one) => !before.guestProcesses.includes(one)).map((one) => `process ${one}`),
    ...now.groups.filter((one) => !before.groups.includes(one)).map((one) => `control group ${one}`),
    ...now.temporary.filter((one) => !before.temporary.includes(one)).map((one) => `${tmpdir()}/${one}`),
    ...(now.mounts > before.mounts ? [`${now.mounts - before.mounts} mounts`] : []),
    ...(now.openFiles > before.openFiles + ofNode ? [`${now.openFiles - before.openFiles} open files`] : []),
  ];
}

/** Some that Node opens once and keeps; what a submission leaks is one for each. */
const ofNode = 8;

function guestProcesses(): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    const status = quietly(() => readFileSync(`/proc/${name}/status`, "utf8")) ?? "";
    return isPoolUser(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1));
  });
}

function groups(): readonly string[] {
  const controllers = quietly(() => readdirSync("/sys/fs/cgroup")) ?? [];
  return controllers.flatMap((controller) => {
    const folder = `/sys/fs/cgroup/${controller}/dojang`;
    const names = quietly(() => readdirSync(folder)) ?? [];
    return names.filter((name) => name.startsWith(`judge-${process.pid}-`)).map((name) => `${folder}/${name}`);
  });
}

function isOurs(descriptor: string): boolean {
  const target = quietly(() => readlinkSync(`/proc/self/fd/${descriptor}`));
  return target !== undefined && !target.startsWith("/proc/");
}

function quietly<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
