import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { ServiceStats } from "../contract.ts";
import type { ProcessIdentity } from "../supervision/process-tree.ts";
import { findTree } from "../supervision/process-tree.ts";
import type { HostService } from "./host-plan.ts";
import { serviceMark } from "./service-process.ts";

const run = promisify(execFile);
/** Linux counts processor time in hundredths of a second for every user of /proc (USER_HZ). */
const msPerTick = 10;
const pageBytes = 4_096;

/** What a service uses now, summed over its processes; undefined when it has none. */
export async function serviceStats(service: HostService, noted: readonly ProcessIdentity[]): Promise<ServiceStats | undefined> {
  const mark = serviceMark(service);
  const marked = await findTree({ roots: [], mark });
  const leaders = noted.filter((one) => marked.some((process) => process.pid === one.pid && process.startedAt === one.startedAt));
  const tree = await findTree({ roots: leaders, mark });
  if (tree.length === 0) return undefined;
  const each =
    process.platform === "linux" ? tree.map(({ pid }) => readProcess(pid)) : await Promise.all(tree.map(({ pid }) => askPs(pid)));
  const sum = (key: keyof ProcessUse) => each.reduce((total, one) => total + (one?.[key] ?? 0), 0);
  return {
    service: service.name,
    at: Date.now(),
    cpuMs: sum("cpuMs"),
    memoryBytes: sum("memoryBytes"),
    processes: tree.length,
    threads: sum("threads"),
    openFiles: sum("openFiles"),
  };
}

interface ProcessUse {
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly openFiles: number;
}

function readProcess(pid: number): ProcessUse | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return {
      cpuMs: ticks * msPerTick,
      memoryBytes: Number(fields[21]) * pageBytes,
      threads: Number(fields[17]),
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

async function askPs(pid: number): Promise<ProcessUse | undefined> {
  const { stdout } = await run("ps", ["-o", "rss=,time=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  const [, rss = "0", time = "0"] = /(\d+)\s+([\d:.]+)/.exec(stdout) ?? [];
  const seconds = time.split(":").reduce((total, part) => total * 60 + Number(part), 0);
  return { cpuMs: seconds * 1_000, memoryBytes: Number(rss) * 1_024, threads: 1, openFiles: 0 };
}
