import { listProc, readProc } from "@dojang/runtime";

/** What processes had of the processors until now, and what they had to wait for. */
export interface ProcessorTime {
  readonly usedMs: number;
  /** Task -> how long it could have run and was not let. */
  readonly waitedMs: ReadonlyMap<number, number>;
}

export const noProcessorTime: ProcessorTime = { usedMs: 0, waitedMs: new Map() };

const mostTasks = 128;
/** Linux counts processor time in hundredths of a second for every user of /proc (USER_HZ). */
const msPerTick = 10;

/** proc_pid_stat(5); the second number of schedstat is the wait in nanoseconds. A kernel that does not count waits says nothing, and then there were none. */
export function processorTime(pids: readonly number[]): ProcessorTime {
  let usedMs = 0;
  const waitedMs = new Map<number, number>();
  for (const pid of pids) {
    const stat = readProc(`/proc/${pid}/stat`);
    // Behind the name: utime and stime, and those of children that ended.
    const ticks = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 15);
    for (const one of ticks) usedMs += Number(one) * msPerTick;
    for (const task of listProc(`/proc/${pid}/task`)) {
      if (waitedMs.size >= mostTasks) break;
      waitedMs.set(Number(task), Number(readProc(`/proc/${pid}/task/${task}/schedstat`).split(" ")[1] ?? 0) / 1e6);
    }
  }
  return { usedMs, waitedMs };
}

/** What came in between: how long the one waited that waited longest. */
export function since(before: ProcessorTime, now: ProcessorTime): { readonly usedMs: number; readonly waitedMs: number } {
  const waits = [...now.waitedMs].map(([task, ms]) => ms - (before.waitedMs.get(task) ?? 0));
  return { usedMs: now.usedMs - before.usedMs, waitedMs: Math.max(0, ...waits) };
}
