import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * One process, never to be mistaken for another that got its number later. A pid alone is reused; with its start time, the
 * boot and the pid namespace (a container's) it is unique.
 */
export interface ProcessIdentity {
  /** Of the installation: hash of machine id and host name. */
  readonly machine: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks after boot on Linux, text of `ps` elsewhere. */
  readonly startTime: string;
}

/** "unknown": it lives on another machine or in another container, so nothing can be proved from here. */
export type Liveness = "alive" | "dead" | "unknown";

export function thisProcess(): ProcessIdentity {
  const identity = identifyProcess(process.pid);
  if (identity === undefined) throw new Error(`cannot read the start time of this process, pid ${process.pid}`);
  return identity;
}

/** Undefined when there is no such process, or only its zombie. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = readStartTime(pid);
  return startTime === undefined ? undefined : { ...readSurroundings(), pid, startTime };
}

export function liveness(identity: ProcessIdentity): Liveness {
  const here = readSurroundings();
  if (identity.bootId !== here.bootId) return identity.machine === here.machine ? "dead" : "unknown";
  if (identity.pidNamespace !== here.pidNamespace) return "unknown";
  return readStartTime(identity.pid) === identity.startTime ? "alive" : "dead";
}

/** False only when death is proved. */
export function isAlive(identity: ProcessIdentity): boolean {
  return liveness(identity) !== "dead";
}

/** For comparing and as a key in tables. */
export function identityKey(identity: ProcessIdentity): string {
  return [identity.machine, identity.bootId, identity.pidNamespace, identity.pid, identity.startTime].join("/");
}

export function readIdentityKey(key: string): ProcessIdentity {
  const [machine = "", bootId = "", pidNamespace = "", pid = "", startTime = ""] = key.split("/");
  return { machine, bootId, pidNamespace, pid: Number(pid), startTime };
}

function readSurroundings(): Pick<ProcessIdentity, "machine" | "bootId" | "pidNamespace"> {
  return { machine: readMachine(), bootId: readBootId(), pidNamespace: readPidNamespace() };
}

function readMachine(): string {
  const machineId = readText("/etc/machine-id") ?? "";
  return createHash("sha256").update(`${machineId.trim()}\0${hostname()}`).digest("hex").slice(0, 16);
}

function readBootId(): string {
  const linux = readText("/proc/sys/kernel/random/boot_id");
  if (linux !== undefined) return linux.trim();
  return execFileSync("sysctl", ["-n", "kern.boottime"], { encoding: "utf8" }).trim();
}

function readPidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "none";
  }
}

function readStartTime(pid: number): string | undefined {
  if (process.platform !== "linux") return readStartTimeByPs(pid);
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses and may hold spaces and parentheses itself; state is field 3, start time 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function readStartTimeByPs(pid: number): string | undefined {
  try {
    const [state, ...start] = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
