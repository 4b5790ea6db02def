import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { readProc } from "./proc-files.ts";

/**
 * Finding and ending whole trees of processes. A process is known by its id and its start time together: an id whose
 * start time differs belongs to someone else by now and is never touched.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; the same for as long as the process lives. */
  readonly startedAt: string;
}

export interface SeenProcess extends ProcessIdentity {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly zombie: boolean;
}

/** Undefined when there is no such process, or only its zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const seen = process.platform === "linux" ? readStat(pid) : (await listByPs()).find((one) => one.pid === pid);
  return seen === undefined || seen.zombie ? undefined : { pid, startedAt: seen.startedAt };
}

export async function isAlive(known: ProcessIdentity): Promise<boolean> {
  return (await identify(known.pid))?.startedAt === known.startedAt;
}

export async function listProcesses(): Promise<readonly SeenProcess[]> {
  if (process.platform !== "linux") return listByPs();
  // Read synchronously: /proc never waits for a disk, and a thousand small promises cost more than the reads.
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((name) => readStat(Number(name))).filter((one) => one !== undefined);
}

function readStat(pid: number): SeenProcess | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === "") return undefined;
  // The name is in parentheses and may hold anything, parentheses too: fields are counted after the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    zombie: fields[0] === "Z" || fields[0] === "X",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startedAt: fields[19] ?? "",
  };
}

/** Where there is no /proc. macOS prints no session, so the group stands for it. */
function listByPs(): Promise<readonly SeenProcess[]> {
  return new Promise((resolve) => {
    execFile("ps", ["-axo", "pid=,ppid=,pgid=,stat=,lstart="], { maxBuffer: 16 * 1024 * 1024 }, (_error, stdout) => {
      const rows = stdout.split("\n").map((line) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line));
      resolve(
        rows
          .filter((row) => row !== null)
          .map((row) => ({
            pid: Number(row[1]),
            parent: Number(row[2]),
            group: Number(row[3]),
            session: Number(row[3]),
            zombie: row[4]?.startsWith("Z") ?? false,
            startedAt: row[5] ?? "",
          })),
      );
    });
  });
}

export interface TreeQuery {
  /** Leaders: themselves, their descendants, their groups and sessions belong to the tree. */
  readonly roots: readonly ProcessIdentity[];
  /** `NAME=value` in the environment: finds daemons that left the tree. */
  readonly mark?: string;
  readonly excluding?: readonly number[];
}

/** Everything that belongs to a tree now. */
export async function findTree(query: TreeQuery): Promise<readonly SeenProcess[]> {
  const all = (await listProcesses()).filter((one) => !one.zombie && !query.excluding?.includes(one.pid));
  const roots = new Map(query.roots.map((root) => [root.pid, root.startedAt]));
  const found = new Map<number, SeenProcess>();
  for (const one of all) {
    const leads = roots.get(one.pid) === one.startedAt;
    // A group or session outlives its leader; its id cannot be given to a new process while members remain.
    const member = roots.has(one.group) || roots.has(one.session);
    const leaderIsOther = all.some(
      (leader) =>
        roots.has(leader.pid) && (leader.pid === one.group || leader.pid === one.session) && roots.get(leader.pid) !== leader.startedAt,
    );
    if (leads || (member && !leaderIsOther)) found.set(one.pid, one);
  }
  if (query.mark !== undefined) {
    const mark = query.mark;
    for (const one of all) {
      if (!found.has(one.pid) && readProc(`/proc/${one.pid}/environ`).split("\0").includes(mark)) found.set(one.pid, one);
    }
  }
  return withDescendants(all, found);
}

function withDescendants(all: readonly SeenProcess[], found: Map<number, SeenProcess>): readonly SeenProcess[] {
  for (let grew = true; grew; ) {
    grew = false;
    for (const one of all) {
      if (found.has(one.pid) || !found.has(one.parent)) continue;
      found.set(one.pid, one);
      grew = true;
    }
  }
  return [...found.values()];
}

const killRounds = 100;

/** SIGKILL until nothing of the tree is left; each round looks again, so that a fork in between is caught too. False: some remain. */
export async function killTree(query: TreeQuery): Promise<boolean> {
  for (let round = 0; round < killRounds; round++) {
    const tree = await findTree(query);
    if (tree.length === 0) return true;
    for (const one of tree) sendSignal(one.pid, "SIGKILL");
    await wait(Math.min(5 * (round + 1), 100));
  }
  return false;
}

/** A process that is gone already is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone. EPERM cannot be for our own children, and for anyone else's it is right that nothing happens.
  }
}
