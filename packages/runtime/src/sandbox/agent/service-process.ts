import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { LineSplitter } from "../../supervision/line-splitter.ts";
import { identify, killTree, listProcesses, type SeenProcess, sendSignal } from "../../supervision/process-tree.ts";
import { endingOf } from "../../supervision/run-command.ts";
import type { RunningProcess } from "../../supervision/supervised-entry.ts";
import type { WrappedCommand } from "./member-command.ts";

/** A running service: bwrap outside, bwrap's init as process 1 of the service's own process namespace, the program below it. */
export interface ServiceProcess extends RunningProcess {
  /** The wrapper's process id: every process of the service descends from it. */
  readonly outerPid: number;
  /** Process 1 of the service, as the agent sees it: whose namespaces an exec joins. Undefined when it ended before it began. */
  readonly innerPid: number | undefined;
  pause(): Promise<void>;
  resume(): Promise<void>;
}

/** The fourth of `stdio` below. */
export const serviceInfoDescriptor = 3;
const infoLimitBytes = 64 * 1024;

export async function startService(
  command: WrappedCommand,
  onLine: (stream: "stdout" | "stderr", text: string) => void,
): Promise<ServiceProcess> {
  const [program = "", ...args] = command.argv;
  const child = spawn(program, args, { env: { ...command.environment }, stdio: ["ignore", "pipe", "pipe", "pipe"], detached: true });
  const closed = endOf(child);
  // Fixed by `stdio` above: the streams exist.
  forwardLines(child.stdout as Readable, (text) => onLine("stdout", text));
  forwardLines(child.stderr as Readable, (text) => onLine("stderr", text));
  const outerPid = child.pid ?? -1;
  const identity = (await identify(outerPid)) ?? { pid: outerPid, startedAt: "gone" };
  const innerPid = await readInnerPid(child.stdio[serviceInfoDescriptor] as Readable);
  await command.release();
  const payload = () => programProcesses(innerPid);
  return {
    outerPid,
    innerPid,
    ended: closed,
    signal: async (signal) => {
      for (const one of signalled(await payload())) sendSignal(one.pid, signal);
    },
    pause: async () => {
      for (const one of await payload()) sendSignal(one.pid, "SIGSTOP");
    },
    resume: async () => {
      for (const one of await payload()) sendSignal(one.pid, "SIGCONT");
    },
    kill: async () => {
      // Process 1 takes its whole namespace with it, also what has left the tree.
      if (innerPid !== undefined && (await isInner(innerPid, outerPid))) sendSignal(innerPid, "SIGKILL");
      await killTree({ roots: [identity] });
    },
  };
}

function endOf(child: ChildProcess): Promise<{ exitCode: number; signal?: string }> {
  return new Promise((resolve) => {
    child.once("error", () => resolve({ exitCode: 127 }));
    child.once("close", (code, signal) => resolve(endingOf(code, signal)));
  });
}

function forwardLines(stream: Readable, onLine: (text: string) => void): void {
  const splitter = new LineSplitter();
  stream.on("data", (chunk: Buffer) => {
    for (const line of splitter.push(chunk)) onLine(line);
  });
  stream.once("end", () => {
    for (const line of splitter.end()) onLine(line);
  });
}

/** bwrap writes `{ "child-pid": 20, ... }` when the namespaces stand. */
function readInnerPid(stream: Readable): Promise<number | undefined> {
  return new Promise((resolve) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      if (text.length < infoLimitBytes) text += chunk.toString();
      const found = /"child-pid"\s*:\s*(\d+)/.exec(text);
      if (found) resolve(Number(found[1]));
    });
    stream.once("close", () => resolve(undefined));
    stream.once("error", () => resolve(undefined));
  });
}

/** The service's processes, without bwrap's own process 1. */
async function programProcesses(innerPid: number | undefined): Promise<readonly SeenProcess[]> {
  if (innerPid === undefined) return [];
  return namespaceMembers(innerPid).then((members) => members.filter((one) => one.pid !== innerPid));
}

async function namespaceMembers(innerPid: number): Promise<readonly SeenProcess[]> {
  const all = (await listProcesses()).filter((one) => !one.zombie);
  const found = new Set([innerPid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const one of all) {
      if (found.has(one.pid) || !found.has(one.parent)) continue;
      found.add(one.pid);
      grew = true;
    }
  }
  return all.filter((one) => found.has(one.pid));
}

/** A program hears signals itself and tells its children; a shell does not, so its children are told too. */
function signalled(processes: readonly SeenProcess[]): readonly SeenProcess[] {
  const told = new Set(processes.filter((one) => !processes.some((other) => other.pid === one.parent)).map((one) => one.pid));
  for (let grew = true; grew; ) {
    grew = false;
    for (const one of processes) {
      if (told.has(one.pid) || !told.has(one.parent) || !isShell(one.parent)) continue;
      told.add(one.pid);
      grew = true;
    }
  }
  return processes.filter((one) => told.has(one.pid));
}

function isShell(pid: number): boolean {
  try {
    return ["sh", "bash", "dash", "ash", "busybox"].includes(readFileSync(`/proc/${pid}/comm`, "utf8").trim());
  } catch {
    return false;
  }
}

async function isInner(innerPid: number, outerPid: number): Promise<boolean> {
  return (await listProcesses()).some((one) => one.pid === innerPid && one.parent === outerPid);
}
