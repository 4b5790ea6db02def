import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openStore } from "../packages/dojang/src/store/store.ts";

/**
 * Prints the row "control plane at rest, with its database" of the design's numbers: `node bench/control-plane.ts`. Memory is
 * proportional (PSS): pages that PostgreSQL's processes share count once.
 */
const restMs = 3000;

const home = mkdtempSync(join(tmpdir(), "dojang-bench-"));
chmodSync(home, 0o711);
const store = await openStore({ home, signal: new AbortController().signal });
try {
  await delay(restMs);
  const own = pssBytes(process.pid);
  const database = postgresPids(home).map(pssBytes);
  const total = own + database.reduce((sum, bytes) => sum + bytes, 0);
  console.log(
    `control plane at rest: ${mib(total)} MiB (target <= 250): this process ${mib(own)}, ${database.length} of PostgreSQL ${mib(total - own)}`,
  );
} finally {
  await store.close();
  rmSync(home, { recursive: true, force: true });
}

/** The server that has its data in this state folder, and its children. */
function postgresPids(folder: string): number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const servers = all.filter((pid) => read(`/proc/${pid}/cmdline`).includes(folder) && read(`/proc/${pid}/comm`).startsWith("postgres"));
  return all.filter((pid) => servers.includes(pid) || servers.includes(parentOf(pid)));
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function pssBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
