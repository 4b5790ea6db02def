import { readlinkSync } from "node:fs";
import { listProc, readProc } from "./proc-files.ts";

/** What Linux says of the use of one or several processes. Counters grow for as long as a process lives. */
export interface ProcessNumbers {
  /** Processor time of all threads, to the nanosecond where the kernel keeps it, and of children that ended. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly openFiles: number;
  readonly sockets: number;
  /** A thread waited (voluntary) or was interrupted (involuntary) and another went on. */
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
  /** From and to the disk, not what the page cache answered. */
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
}

const nothing: ProcessNumbers = {
  cpuMs: 0,
  memoryBytes: 0,
  threads: 0,
  openFiles: 0,
  sockets: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
  diskReadBytes: 0,
  diskWriteBytes: 0,
};

/** Linux counts processor time in hundredths of a second for every user of /proc (USER_HZ). */
const msPerTick = 10;

/** A process that ends meanwhile counts as nothing. Read synchronously: /proc never waits for a disk. */
export function sumProcessNumbers(pids: readonly number[]): ProcessNumbers {
  return pids.map(readNumbers).reduce(add, nothing);
}

/** What the processes use of memory now: cheap enough to ask four times a second. */
export function sumMemoryBytes(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + memoryBytes(readProc(`/proc/${pid}/status`)), 0);
}

/** Received and sent through every interface but the loopback one, by the network namespace of a process. Undefined when it has ended. */
export function networkBytes(pid: number): { readonly received: number; readonly sent: number } | undefined {
  const lines = readProc(`/proc/${pid}/net/dev`).split("\n").slice(2);
  if (lines.length === 0) return undefined;
  let received = 0;
  let sent = 0;
  for (const line of lines) {
    const [name, figures = ""] = line.trim().split(/:\s*/);
    if (name === "lo" || figures === "") continue;
    const fields = figures.split(/\s+/);
    received += Number(fields[0]);
    sent += Number(fields[8]);
  }
  return { received, sent };
}

function readNumbers(pid: number): ProcessNumbers {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === "") return nothing;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const own = (Number(fields[11]) + Number(fields[12])) * msPerTick;
  const children = (Number(fields[13]) + Number(fields[14])) * msPerTick;
  const status = readProc(`/proc/${pid}/status`);
  const threads = readThreads(pid);
  const files = readFiles(pid);
  const io = readProc(`/proc/${pid}/io`);
  return {
    // Threads that ended are only in the coarse count: whichever is more is nearer.
    cpuMs: Math.max(own - msPerTick, threads.cpuMs) + children,
    memoryBytes: memoryBytes(status),
    threads: threads.count,
    openFiles: files.open,
    sockets: files.sockets,
    voluntarySwitches: threads.voluntary,
    involuntarySwitches: threads.involuntary,
    diskReadBytes: numberAfter(io, "read_bytes"),
    diskWriteBytes: numberAfter(io, "write_bytes"),
  };
}

function readThreads(pid: number): { cpuMs: number; count: number; voluntary: number; involuntary: number } {
  const sums = { cpuMs: 0, count: 0, voluntary: 0, involuntary: 0 };
  for (const thread of listProc(`/proc/${pid}/task`)) {
    const status = readProc(`/proc/${pid}/task/${thread}/status`);
    sums.count++;
    // Nanoseconds on a processor, nanoseconds waited for one, slices.
    sums.cpuMs += Number(readProc(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]) / 1e6;
    sums.voluntary += numberAfter(status, "voluntary_ctxt_switches");
    sums.involuntary += numberAfter(status, "nonvoluntary_ctxt_switches");
  }
  return sums;
}

function readFiles(pid: number): { open: number; sockets: number } {
  const names = listProc(`/proc/${pid}/fd`);
  const sockets = names.filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith("socket:");
    } catch {
      return false;
    }
  });
  return { open: names.length, sockets: sockets.length };
}

function memoryBytes(status: string): number {
  return numberAfter(status, "VmRSS") * 1024;
}

function numberAfter(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

function add(left: ProcessNumbers, right: ProcessNumbers): ProcessNumbers {
  return {
    cpuMs: left.cpuMs + right.cpuMs,
    memoryBytes: left.memoryBytes + right.memoryBytes,
    threads: left.threads + right.threads,
    openFiles: left.openFiles + right.openFiles,
    sockets: left.sockets + right.sockets,
    voluntarySwitches: left.voluntarySwitches + right.voluntarySwitches,
    involuntarySwitches: left.involuntarySwitches + right.involuntarySwitches,
    diskReadBytes: left.diskReadBytes + right.diskReadBytes,
    diskWriteBytes: left.diskWriteBytes + right.diskWriteBytes,
  };
}
