import { expect, test } from "vitest";
import { mapPrometheus } from "./map-prometheus.ts";
import { parsePrometheus } from "./parse-prometheus.ts";

const node = (cpu: number, gc: number) => `
# HELP process_cpu_seconds_total Total user and system CPU time.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total ${cpu} 1700000000000
nodejs_eventloop_lag_p99_seconds 0.0125
nodejs_gc_duration_seconds_sum{kind="minor"} ${gc}
nodejs_gc_duration_seconds_sum{kind="major"} ${gc}
nodejs_heap_size_used_bytes 4.2e+07
`;

test("gauges are values, counters grow per second, seconds of work become a percentage", () => {
  const before = { at: 1000, samples: parsePrometheus(node(10, 1)) };
  const figures = new Map(
    mapPrometheus({ at: 3000, samples: parsePrometheus(node(11, 1.1)) }, before).map(({ metric, value }) => [metric, value]),
  );
  expect(figures.get("process.cpu")).toBeCloseTo(50);
  expect(figures.get("gc.time")).toBeCloseTo(10);
  expect(figures.get("eventloop.delay.p99")).toBeCloseTo(12.5);
  expect(figures.get("heap.used")).toBe(42_000_000);
});

test("the first reading has gauges only, and a counter that fell is left out", () => {
  const first = mapPrometheus({ at: 1000, samples: parsePrometheus(node(10, 1)) }, undefined).map(({ metric }) => metric);
  expect(first).toEqual(["eventloop.delay.p99", "heap.used"]);
  const restarted = mapPrometheus({ at: 2000, samples: parsePrometheus(node(1, 0)) }, { at: 1000, samples: parsePrometheus(node(10, 1)) });
  expect(restarted.map(({ metric }) => metric)).toEqual(first);
});

const usual: readonly [string, string, string, number][] = [
  [
    "Micrometer",
    'jvm_memory_used_bytes{area="heap",id="G1 Eden",} 5.0\njvm_memory_used_bytes{area="heap",id="G1 Old",} 7.0\njvm_memory_used_bytes{area="nonheap",} 100.0',
    "heap.used",
    12,
  ],
  ["Micrometer's pool", 'hikaricp_connections_pending{pool="main"} 3', "pool.pending", 3],
  ["Python", "process_resident_memory_bytes 1024", "process.memory", 1024],
  ["Go", "go_goroutines 88", "goroutines", 88],
];
for (const [who, text, metric, value] of usual) {
  test(`${who} is understood: ${metric}`, () => {
    expect(mapPrometheus({ at: 0, samples: parsePrometheus(text) }, undefined)).toEqual([{ metric, value }]);
  });
}

test("labels may hold anything, exemplars are passed over, and broken lines hide nothing", () => {
  expect(parsePrometheus('a{b="x\\"y,}{",c="\\n"} 1 # {trace_id="7"} 0.5\nthis is no metric\nd NaN\ne +Inf\nf{g="h} 1\ni 2')).toEqual([
    { name: "a", labels: { b: 'x"y,}{', c: "\n" }, value: 1 },
    { name: "e", labels: {}, value: Number.POSITIVE_INFINITY },
    { name: "i", labels: {}, value: 2 },
  ]);
});
