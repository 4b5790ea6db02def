import type { PrometheusSample } from "./parse-prometheus.ts";

/**
 * What the usual libraries call the usual figures: prom-client (Node), Micrometer (JVM), prometheus_client (Python), Go's collector.
 * `gauge` is the value, `rate` a counter's growth per second, `busy` a counter of seconds as a percentage of time.
 */
interface Mapping {
  readonly name: string;
  readonly metric: string;
  readonly how: "gauge" | "rate" | "busy";
  readonly labels?: Readonly<Record<string, string>>;
  readonly times?: number;
}

const mappings: readonly Mapping[] = [
  { name: "process_cpu_seconds_total", metric: "process.cpu", how: "busy" },
  { name: "process_cpu_usage", metric: "process.cpu", how: "gauge", times: 100 },
  { name: "process_resident_memory_bytes", metric: "process.memory", how: "gauge" },
  { name: "process_open_fds", metric: "process.open-files", how: "gauge" },
  { name: "process_files_open_files", metric: "process.open-files", how: "gauge" },
  { name: "nodejs_eventloop_lag_p50_seconds", metric: "eventloop.delay.p50", how: "gauge", times: 1000 },
  { name: "nodejs_eventloop_lag_p99_seconds", metric: "eventloop.delay.p99", how: "gauge", times: 1000 },
  { name: "nodejs_eventloop_lag_max_seconds", metric: "eventloop.delay.max", how: "gauge", times: 1000 },
  { name: "nodejs_eventloop_utilization", metric: "eventloop.utilization", how: "gauge", times: 100 },
  { name: "nodejs_heap_size_used_bytes", metric: "heap.used", how: "gauge" },
  { name: "nodejs_heap_size_total_bytes", metric: "heap.size", how: "gauge" },
  { name: "nodejs_external_memory_bytes", metric: "memory.external", how: "gauge" },
  { name: "nodejs_active_handles_total", metric: "handles.active", how: "gauge" },
  { name: "nodejs_gc_duration_seconds_sum", metric: "gc.time", how: "busy" },
  { name: "nodejs_gc_duration_seconds_count", metric: "gc.count", how: "rate" },
  { name: "jvm_memory_used_bytes", metric: "heap.used", how: "gauge", labels: { area: "heap" } },
  { name: "jvm_memory_committed_bytes", metric: "heap.size", how: "gauge", labels: { area: "heap" } },
  { name: "jvm_memory_max_bytes", metric: "heap.limit", how: "gauge", labels: { area: "heap" } },
  { name: "jvm_gc_pause_seconds_sum", metric: "gc.time", how: "busy" },
  { name: "jvm_gc_pause_seconds_count", metric: "gc.count", how: "rate" },
  { name: "jvm_gc_collection_seconds_sum", metric: "gc.time", how: "busy" },
  { name: "jvm_gc_collection_seconds_count", metric: "gc.count", how: "rate" },
  { name: "jvm_threads_live_threads", metric: "jvm.threads", how: "gauge" },
  { name: "jvm_threads_current", metric: "jvm.threads", how: "gauge" },
  { name: "hikaricp_connections_active", metric: "pool.active", how: "gauge" },
  { name: "hikaricp_connections_pending", metric: "pool.pending", how: "gauge" },
  { name: "python_gc_collections_total", metric: "gc.count", how: "rate" },
  { name: "go_goroutines", metric: "goroutines", how: "gauge" },
  { name: "go_memstats_heap_inuse_bytes", metric: "heap.used", how: "gauge" },
  { name: "go_memstats_heap_sys_bytes", metric: "heap.size", how: "gauge" },
  { name: "go_gc_duration_seconds_sum", metric: "gc.time", how: "busy" },
  { name: "go_gc_duration_seconds_count", metric: "gc.count", how: "rate" },
  { name: "go_threads", metric: "process.threads", how: "gauge" },
];

export interface Reading {
  readonly at: number;
  readonly samples: readonly PrometheusSample[];
}

/** Figures of one reading; counters need the one before. Series of one name with several labels are added up. */
export function mapPrometheus(
  reading: Reading,
  before: Reading | undefined,
): readonly { readonly metric: string; readonly value: number }[] {
  const figures = new Map<string, number>();
  for (const mapping of mappings) {
    const now = total(reading.samples, mapping);
    if (now === undefined || figures.has(mapping.metric)) continue;
    if (mapping.how === "gauge") {
      figures.set(mapping.metric, now * (mapping.times ?? 1));
      continue;
    }
    const then = before && total(before.samples, mapping);
    const seconds = before === undefined ? 0 : (reading.at - before.at) / 1000;
    // A counter that fell belongs to a process that started anew.
    if (then === undefined || seconds <= 0 || now < then) continue;
    figures.set(mapping.metric, ((now - then) / seconds) * (mapping.how === "busy" ? 100 : 1));
  }
  return [...figures].filter(([, value]) => Number.isFinite(value)).map(([metric, value]) => ({ metric, value }));
}

function total(samples: readonly PrometheusSample[], { name, labels = {} }: Mapping): number | undefined {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, sample) => sum + sample.value, 0);
}
