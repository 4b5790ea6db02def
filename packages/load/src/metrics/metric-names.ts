/** The figures that are known, whatever told them: their unit, how a report calls them, and how they are drawn together. */
export interface MetricName {
  readonly metric: string;
  readonly title: string;
  readonly unit: "%" | "ms" | "bytes" | "bytes/s" | "per second" | "count";
  readonly group:
    | "processor"
    | "memory"
    | "event loop"
    | "garbage collection"
    | "threads and files"
    | "disk and network"
    | "database"
    | "cache"
    | "logs";
}

export const metricNames: readonly MetricName[] = [
  { metric: "process.cpu", title: "CPU, % of a core", unit: "%", group: "processor" },
  { metric: "process.switches.voluntary", title: "voluntary context switches", unit: "per second", group: "processor" },
  { metric: "process.switches.involuntary", title: "involuntary context switches", unit: "per second", group: "processor" },
  { metric: "process.memory", title: "memory (RSS)", unit: "bytes", group: "memory" },
  { metric: "process.threads", title: "threads", unit: "count", group: "threads and files" },
  { metric: "process.open-files", title: "open files", unit: "count", group: "threads and files" },
  { metric: "process.sockets", title: "sockets", unit: "count", group: "threads and files" },
  { metric: "process.disk.read", title: "read from disk", unit: "bytes/s", group: "disk and network" },
  { metric: "process.disk.write", title: "written to disk", unit: "bytes/s", group: "disk and network" },
  { metric: "process.network.in", title: "received", unit: "bytes/s", group: "disk and network" },
  { metric: "process.network.out", title: "sent", unit: "bytes/s", group: "disk and network" },
  { metric: "logs.lines", title: "log lines", unit: "per second", group: "logs" },
  { metric: "logs.bytes", title: "log volume", unit: "bytes/s", group: "logs" },
  { metric: "eventloop.utilization", title: "event loop busy", unit: "%", group: "event loop" },
  { metric: "eventloop.delay.p50", title: "event loop delay, p50", unit: "ms", group: "event loop" },
  { metric: "eventloop.delay.p99", title: "event loop delay, p99", unit: "ms", group: "event loop" },
  { metric: "eventloop.delay.max", title: "event loop delay, max", unit: "ms", group: "event loop" },
  { metric: "gc.time", title: "time in garbage collection", unit: "%", group: "garbage collection" },
  { metric: "gc.count", title: "garbage collections", unit: "per second", group: "garbage collection" },
  { metric: "heap.used", title: "heap used", unit: "bytes", group: "memory" },
  { metric: "heap.size", title: "heap size", unit: "bytes", group: "memory" },
  { metric: "heap.limit", title: "heap limit", unit: "bytes", group: "memory" },
  { metric: "heap.new", title: "heap, new space", unit: "bytes", group: "memory" },
  { metric: "heap.old", title: "heap, old space", unit: "bytes", group: "memory" },
  { metric: "memory.external", title: "outside the heap", unit: "bytes", group: "memory" },
  { metric: "handles.active", title: "active handles", unit: "count", group: "threads and files" },
  { metric: "goroutines", title: "goroutines", unit: "count", group: "threads and files" },
  { metric: "jvm.threads", title: "JVM threads", unit: "count", group: "threads and files" },
  { metric: "pool.active", title: "pooled connections in use", unit: "count", group: "database" },
  { metric: "pool.pending", title: "waiting for a pooled connection", unit: "count", group: "database" },
  { metric: "database.connections", title: "database connections", unit: "count", group: "database" },
  { metric: "database.connections.limit", title: "database connections allowed", unit: "count", group: "database" },
  { metric: "database.active", title: "statements running", unit: "count", group: "database" },
  { metric: "database.waiting", title: "waiting for a lock", unit: "count", group: "database" },
  { metric: "database.transactions", title: "transactions", unit: "per second", group: "database" },
  { metric: "database.statements", title: "statements", unit: "per second", group: "database" },
  { metric: "database.rows", title: "rows read", unit: "per second", group: "database" },
  { metric: "database.cache-hits", title: "blocks found in memory", unit: "%", group: "database" },
  { metric: "database.deadlocks", title: "deadlocks", unit: "per second", group: "database" },
  { metric: "cache.commands", title: "Redis commands", unit: "per second", group: "cache" },
  { metric: "cache.hits", title: "Redis keys found", unit: "%", group: "cache" },
  { metric: "cache.clients", title: "Redis clients", unit: "count", group: "cache" },
  { metric: "cache.memory", title: "Redis memory", unit: "bytes", group: "cache" },
  { metric: "cache.evicted", title: "Redis keys evicted", unit: "per second", group: "cache" },
];

const byMetric = new Map(metricNames.map((name) => [name.metric, name]));

/** A figure that nobody listed is shown under its own name. */
export function metricName(metric: string): MetricName {
  return byMetric.get(metric) ?? { metric, title: metric, unit: "count", group: "threads and files" };
}
