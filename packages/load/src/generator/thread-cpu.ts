import { performance } from "node:perf_hooks";

/** Says at each call what this thread used of a core since the call before. */
export function measureThreadCpu(): () => number {
  // Node 22 has the figure of one thread only in its newest versions; there the event loop says how busy it was.
  if (typeof process.threadCpuUsage !== "function") return measureLoop();
  let used = process.threadCpuUsage();
  let since = performance.now();
  return () => {
    const before = used;
    const from = since;
    used = process.threadCpuUsage();
    since = performance.now();
    return (used.user - before.user + used.system - before.system) / 1000 / Math.max(1, since - from);
  };
}

function measureLoop(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
