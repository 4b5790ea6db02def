import { readdirSync, readFileSync } from "node:fs";
import type { ServiceStats } from "../../contract.ts";
import type { SeenProcess } from "../../supervision/process-tree.ts";

/** Sums what /proc says of the processes of one member. Processes that end meanwhile count as nothing. */
export function sumStats(service: string, processes: readonly SeenProcess[]): ServiceStats {
  const seen = processes.map((one) => readProcess(one.pid));
  const sum = (pick: (one: ProcessNumbers) => number) => seen.reduce((total, one) => total + pick(one), 0);
  return {
    service,
    at: performance.timeOrigin + performance.now(),
    cpuMs: sum((one) => one.cpuMs),
    memoryBytes: sum((one) => one.memoryBytes),
    processes: seen.length,
    threads: sum((one) => one.threads),
    openFiles: sum((one) => one.openFiles),
  };
}

interface ProcessNumbers {
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly openFiles: number;
}

// USER_HZ is 100 on every Linux that Node runs on, and 4 KiB the page size of statm there, but for some arm64 kernels.
const tickMs = 10;

function readProcess(pid: number): ProcessNumbers {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = read(`/proc/${pid}/status`);
  return {
    // Own time and that of children that were waited for: utime, stime, cutime, cstime.
    cpuMs: fields.slice(11, 15).reduce((total, field) => total + Number(field), 0) * tickMs,
    memoryBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    openFiles: countFiles(pid),
  };
}

function countFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
