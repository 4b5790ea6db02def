import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ServiceStats } from "../contract.ts";
import { sumProcessNumbers } from "../supervision/process-numbers.ts";
import { findTree } from "../supervision/process-tree.ts";
import type { NotedProcess } from "./host-folder.ts";
import type { HostService } from "./host-plan.ts";
import { serviceMark } from "./service-process.ts";

const run = promisify(execFile);

/** What a service uses now, summed over its processes; undefined when it has none. */
export async function serviceStats(service: HostService, noted: readonly NotedProcess[]): Promise<ServiceStats | undefined> {
  const mark = serviceMark(service);
  const marked = await findTree({ roots: [], mark });
  // A program that writes its own title over its variables (Redis) has lost the mark.
  const leaders = noted.filter(
    (one) => one.service === service.name || marked.some((process) => process.pid === one.pid && process.startedAt === one.startedAt),
  );
  const tree = await findTree({ roots: leaders, mark });
  if (tree.length === 0) return undefined;
  const use = process.platform === "linux" ? sumProcessNumbers(tree.map(({ pid }) => pid)) : await askAll(tree.map(({ pid }) => pid));
  return { service: service.name, at: performance.timeOrigin + performance.now(), processes: tree.length, ...use };
}

interface ProcessUse {
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly openFiles: number;
}

async function askAll(pids: readonly number[]): Promise<ProcessUse> {
  const each = await Promise.all(pids.map(askPs));
  const sum = (key: keyof ProcessUse) => each.reduce((total, one) => total + one[key], 0);
  return { cpuMs: sum("cpuMs"), memoryBytes: sum("memoryBytes"), threads: sum("threads"), openFiles: sum("openFiles") };
}

async function askPs(pid: number): Promise<ProcessUse> {
  const { stdout } = await run("ps", ["-o", "rss=,time=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  const [, rss = "0", time = "0"] = /(\d+)\s+([\d:.]+)/.exec(stdout) ?? [];
  const seconds = time.split(":").reduce((total, part) => total * 60 + Number(part), 0);
  return { cpuMs: seconds * 1_000, memoryBytes: Number(rss) * 1_024, threads: 1, openFiles: 0 };
}
