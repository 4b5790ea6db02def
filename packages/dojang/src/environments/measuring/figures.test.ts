import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { MetricPoint, MetricSink } from "@dojang/load";
import type { ServiceStats } from "@dojang/runtime";
import { FakeRuntime, FakeWorld } from "@dojang/runtime";
import { afterEach, expect, test } from "vitest";
import { withStatementCounts } from "./database-figures.ts";
import { parseInfo, figures as redisFigures } from "./redis-figures.ts";
import { scrapedFigures } from "./scraped-figures.ts";
import { figures as serviceFigures } from "./service-figures.ts";
import { vitalsFigures } from "./vitals-figures.ts";

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanup.splice(0)) undo();
});

const stats: ServiceStats = {
  service: "api",
  at: 1000,
  cpuMs: 500,
  memoryBytes: 100,
  processes: 1,
  threads: 3,
  openFiles: 9,
  diskReadBytes: 0,
};

test("counters of a service become rates between two readings, gauges stand alone", () => {
  expect(Object.fromEntries(serviceFigures(stats, undefined))).toEqual({
    "process.memory": 100,
    "process.threads": 3,
    "process.open-files": 9,
  });
  const later = Object.fromEntries(serviceFigures({ ...stats, at: 3000, cpuMs: 1500, diskReadBytes: 4096 }, stats));
  expect(later).toMatchObject({ "process.cpu": 50, "process.disk.read": 2048 });
});

test("a service that started anew has no rate that falls", () => {
  expect(Object.fromEntries(serviceFigures({ ...stats, at: 3000, cpuMs: 20 }, stats))).not.toHaveProperty("process.cpu");
});

test("collections count over the time since the reading before, and long ones are marked", () => {
  const vitals = {
    at: 2000,
    pid: 1,
    loop: { utilization: 0.5, max: 12 },
    heap: { used: 5, size: 8, limit: 10 },
    collections: [
      { at: 1900, ms: 40, kind: "major" },
      { at: 1950, ms: 0.2, kind: "minor" },
    ],
  };
  const { points, marks } = vitalsFigures("api", vitals, 1500);
  expect(points.find((point) => point.metric === "gc.time")?.value).toBeCloseTo(8.04);
  expect(points.find((point) => point.metric === "eventloop.utilization")?.value).toBe(50);
  expect(marks).toMatchObject([{ kind: "gc major", durationMs: 40 }]);
  expect(vitalsFigures("api", vitals, undefined).points.some((point) => point.metric === "gc.time")).toBe(false);
});

test("keys that Redis found are counted between two readings", () => {
  const before = parseInfo(
    "# Stats\r\nkeyspace_hits:100\r\nkeyspace_misses:100\r\ntotal_commands_processed:1000\r\nconnected_clients:4\r\n",
    0,
  );
  const now = parseInfo("keyspace_hits:190\r\nkeyspace_misses:110\r\ntotal_commands_processed:1500\r\nconnected_clients:5\r\n", 1000);
  expect(Object.fromEntries(redisFigures(now, before))).toMatchObject({ "cache.hits": 90, "cache.commands": 500, "cache.clients": 5 });
});

test("statements are counted unless the service chooses its own libraries", () => {
  const service = { name: "db", program: { kind: "image", image: "postgres:16" } } as Parameters<typeof withStatementCounts>[0];
  expect(withStatementCounts(service).program).toMatchObject({ command: ["-c", "shared_preload_libraries=pg_stat_statements"] });
  const own = {
    ...service,
    program: { ...service.program, command: ["postgres", "-c", "shared_preload_libraries=timescaledb"] },
  } as typeof service;
  expect(withStatementCounts(own)).toBe(own);
  const other = { ...service, program: { kind: "image", image: "redis:7" } } as typeof service;
  expect(withStatementCounts(other)).toBe(other);
});

test("a service's own figures are read from inside, and an address that tells none is said once", async () => {
  const server = createServer(
    (asked, answer) => void (asked.url === "/metrics" ? answer.end("go_goroutines 7\n") : answer.writeHead(404).end()),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.push(() => server.close());
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  const runtime = Object.assign(new FakeRuntime({ world: new FakeWorld() }), { connect: async () => connect(port, "127.0.0.1") });
  const points: MetricPoint[] = [];
  const problems: string[] = [];
  const seen = Promise.withResolvers<void>();
  const sink: MetricSink = {
    point(point) {
      points.push(point);
      seen.resolve();
    },
    mark: () => undefined,
    onProblem(text) {
      problems.push(text);
      seen.resolve();
    },
  };
  const source = scrapedFigures({ runtime, environmentId: "x", service: "gateway", url: "http://gateway:9100/metrics" });
  await source.start(sink, { signal: AbortSignal.timeout(10_000), everyMs: 50 });
  await seen.promise;
  await source.stop();
  expect(points[0]).toMatchObject({ service: "gateway", metric: "goroutines", value: 7 });

  const wrong = scrapedFigures({ runtime, environmentId: "x", service: "gateway", url: "http://gateway:9100/nothing" });
  const said = Promise.withResolvers<void>();
  await wrong.start(
    {
      ...sink,
      onProblem(text) {
        problems.push(text);
        said.resolve();
      },
    },
    { signal: AbortSignal.timeout(10_000), everyMs: 20 },
  );
  await said.promise;
  await wrong.stop();
  expect(problems).toEqual(["gateway: http://gateway:9100/nothing told no figures: it answered 404"]);
});
