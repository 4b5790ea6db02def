import { spawn } from "node:child_process";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { serve } from "../../tests/serve.ts";
import { runLoad } from "../generator/run-load.ts";
import { makePlan, type PlanRequest } from "../plan/make-plan.ts";
import type { LoadResult } from "../result/load-result.ts";
import { createOtlpExporter, otlpEndpoint } from "./otlp-exporter.ts";

/** ExportMetricsServiceRequest of opentelemetry-proto in its JSON form, of what we use: nothing else may be in it. */
const int64 = z.string().regex(/^-?\d+$/);
const nano = z.string().regex(/^\d{19}$/);
const attributes = z.array(
  z.strictObject({
    key: z.string().min(1),
    value: z.union([z.strictObject({ stringValue: z.string() }), z.strictObject({ intValue: int64 })]),
  }),
);
const times = { attributes, startTimeUnixNano: nano, timeUnixNano: nano };
const number = z.union([z.strictObject({ ...times, asInt: int64 }), z.strictObject({ ...times, asDouble: z.number() })]);
const histogram = z
  .strictObject({
    ...times,
    count: int64,
    sum: z.number(),
    min: z.number().optional(),
    max: z.number().optional(),
    bucketCounts: z.array(int64),
    explicitBounds: z.array(z.number()),
  })
  .refine(({ bucketCounts, explicitBounds }) => bucketCounts.length === explicitBounds.length + 1)
  .refine(({ bucketCounts, count }) => bucketCounts.reduce((sum, each) => sum + Number(each), 0) === Number(count));
const said = { name: z.string().min(1), description: z.string(), unit: z.string() };
const cumulative = z.literal(2);
const metric = z.union([
  z.strictObject({ ...said, gauge: z.strictObject({ dataPoints: z.array(number).min(1) }) }),
  z.strictObject({
    ...said,
    sum: z.strictObject({ dataPoints: z.array(number), aggregationTemporality: cumulative, isMonotonic: z.boolean() }),
  }),
  z.strictObject({ ...said, histogram: z.strictObject({ dataPoints: z.array(histogram), aggregationTemporality: cumulative }) }),
]);
const exportRequest = z.strictObject({
  resourceMetrics: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeMetrics: z.array(z.strictObject({ scope: z.strictObject({ name: z.string(), version: z.string() }), metrics: z.array(metric) })),
    }),
  ),
});
type Report = z.output<typeof exportRequest>;

interface Receiver {
  readonly port: number;
  readonly reports: Report[];
  readonly asked: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[];
}

async function receive(answer: { readonly status: number; readonly body: string } = { status: 200, body: "{}" }): Promise<Receiver> {
  const reports: Report[] = [];
  const asked: Receiver["asked"] = [];
  const port = await serve((request, response) => {
    asked.push({ url: request.url, headers: request.headers });
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      // A shape that is wrong is answered as a receiver would, and the test sees no report.
      const parsed = exportRequest.safeParse(JSON.parse(body));
      if (parsed.success) reports.push(parsed.data);
      response.writeHead(parsed.success ? answer.status : 400, { "Content-Type": "application/json" });
      response.end(parsed.success ? answer.body : JSON.stringify(parsed.error.issues));
    });
  });
  return { port, reports, asked };
}

const find = (report: Report | undefined, name: string) => {
  const found = report?.resourceMetrics[0]?.scopeMetrics[0]?.metrics.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no metric ${name}`);
  return found;
};

/** Of one request, or all values by name. */
function sums(report: Report | undefined, name: string): Readonly<Record<string, number>> {
  const found = find(report, name);
  if (!("sum" in found)) throw new Error(`${name} is no sum`);
  return Object.fromEntries(
    found.sum.dataPoints.map((point) => [
      point.attributes.map(({ value }) => ("stringValue" in value ? value.stringValue : value.intValue)).join(" "),
      "asInt" in point ? Number(point.asInt) : point.asDouble,
    ]),
  );
}

interface Wish extends Partial<PlanRequest> {
  readonly environment?: Readonly<Record<string, string>>;
}

async function runWith(
  endpoint: URL,
  { environment = {}, ...wish }: Wish = {},
): Promise<{ readonly result: LoadResult; readonly warnings: readonly string[] }> {
  const port = await serve((request, response) => void response.writeHead(request.url === "/b" ? 500 : 200).end("ok"));
  const request = { method: "GET", headers: [], captures: [], checks: [] };
  const requests = ["/a", "/b"].map((url) => ({ ...request, url, name: `GET ${url}` }));
  const plan = makePlan({
    target: { scheme: "http", host: "127.0.0.1", port, protocol: "http/1.1" },
    scenario: { name: "todo", flows: [{ name: "f", weight: 1, requests }], headers: [], variables: {}, data: [] },
    ratePerSecond: 50,
    forMs: 2_500,
    ...wish,
  });
  const warnings: string[] = [];
  const exporter = createOtlpExporter({
    plan,
    endpoint,
    version: "1.2.3",
    environment,
    warn: (text) => void warnings.push(text),
    everySeconds: 1,
  });
  const result = await runLoad(plan, { signal: AbortSignal.timeout(30_000), onSecond: exporter.second });
  await exporter.finish(result);
  return { result, warnings };
}

test("rate, latency and errors of each request arrive while the run goes on, and all of them at its end", async () => {
  const { port, reports, asked } = await receive();
  const { result, warnings } = await runWith(await otlpEndpoint(`http://127.0.0.1:${port}`, []));
  expect(warnings).toEqual([]);
  expect(asked.every(({ url }) => url === "/v1/metrics")).toBe(true);
  expect(reports.length).toBeGreaterThan(1);
  const last = reports.at(-1);
  const [a, b] = result.requests;
  expect(sums(last, "dojang.load.requests.asked")).toEqual({ "GET /a": a?.asked, "GET /b": b?.asked });
  expect(sums(last, "dojang.load.requests.completed")).toEqual({ "GET /a": a?.completed, "GET /b": b?.completed });
  expect(sums(last, "dojang.load.errors")).toEqual({ "GET /a": 0, "GET /b": b?.asked });
  expect(sums(last, "dojang.load.errors.by_kind")).toEqual({ "GET /b status": b?.asked });
  const latency = find(last, "dojang.load.latency");
  const points = "histogram" in latency ? latency.histogram.dataPoints : [];
  expect(points.map(({ count }) => Number(count))).toEqual([a?.latency.count, b?.latency.count]);
  expect(points[0]?.sum).toBeCloseTo((a?.latency.sumUs ?? 0) / 1e6);
  expect(points[0]?.max).toBe((a?.latency.maxUs ?? 0) / 1e6);
  const rate = find(last, "dojang.load.rate.achieved");
  const achieved = "gauge" in rate ? rate.gauge.dataPoints[0] : undefined;
  expect(achieved && "asDouble" in achieved ? achieved.asDouble : 0).toBeCloseTo(result.totals.completed / (result.durationMs / 1000));
});

test("what is told adds up: no report has less than the one before, and all have one start", async () => {
  const { port, reports } = await receive();
  await runWith(await otlpEndpoint(`http://127.0.0.1:${port}`, []));
  const asked = reports.map((report) => sums(report, "dojang.load.requests.asked")["GET /a"] ?? 0);
  expect(asked).toEqual([...asked].sort((x, y) => x - y));
  const starts = reports.flatMap((report) => {
    const found = find(report, "dojang.load.requests.asked");
    return "sum" in found ? found.sum.dataPoints.map((point) => point.startTimeUnixNano) : [];
  });
  expect(new Set(starts).size).toBe(1);
});

test("the resource says what was run, and takes attributes and headers of OpenTelemetry's variables", async () => {
  const { port, reports, asked } = await receive();
  const environment = {
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=staging,team=a%20b,broken",
    OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20t",
  };
  await runWith(await otlpEndpoint(`http://127.0.0.1:${port}/otlp/`, []), { environment, forMs: 300 });
  const resource = Object.fromEntries(
    (reports[0]?.resourceMetrics[0]?.resource.attributes ?? []).map(({ key, value }) => [
      key,
      "stringValue" in value ? value.stringValue : value.intValue,
    ]),
  );
  expect(resource).toMatchObject({
    "service.name": "dojang-load",
    "service.version": "1.2.3",
    "dojang.load.scenario": "todo",
    "dojang.load.model": "open",
    "server.address": "127.0.0.1",
    "deployment.environment": "staging",
    team: "a b",
  });
  expect(asked[0]).toMatchObject({ url: "/otlp/v1/metrics", headers: { authorization: "Bearer t", "content-type": "application/json" } });
});

test.each([
  ["that is down", () => Promise.resolve("http://127.0.0.1:1"), /did not reach http:\/\/127\.0\.0\.1:1\/v1\/metrics/],
  ["that refuses", async () => `http://127.0.0.1:${(await receive({ status: 503, body: "busy" })).port}`, /answered 503 busy/],
  [
    "that takes a part",
    async () => `http://127.0.0.1:${(await receive({ status: 200, body: '{"partialSuccess":{"rejectedDataPoints":"3"}}' })).port}`,
    /rejected 3 data points/,
  ],
  [
    "that sends elsewhere",
    async () => `http://127.0.0.1:${await serve((_, response) => void response.writeHead(307, { Location: "http://192.0.2.1/" }).end())}`,
    /redirect/,
  ],
])("a receiver %s is one warning, and the run is judged as ever", async (_, address, warning) => {
  const { result, warnings } = await runWith(await otlpEndpoint(await address(), []));
  expect(warnings).toEqual([expect.stringMatching(warning)]);
  expect(result.totals.completed).toBe(result.totals.asked);
});

test("a receiver that never answers is given up after its limit", async () => {
  const port = await serve(() => undefined);
  const { result, warnings } = await runWith(await otlpEndpoint(`http://127.0.0.1:${port}`, []), { forMs: 300 });
  expect(warnings).toEqual([expect.stringContaining("no answer within 3000 ms")]);
  expect(result.totals.asked).toBe(15);
});

test("hosts that are not this machine are refused unless they are named, and so is what is no address", async () => {
  await expect(otlpEndpoint("http://192.0.2.1:4318", [])).rejects.toMatchObject({
    code: "load-target-refused",
    fix: expect.stringContaining("--allow-host 192.0.2.1"),
    exitCode: 4,
  });
  expect((await otlpEndpoint("https://192.0.2.1/v1/metrics", ["192.0.2.1"])).href).toBe("https://192.0.2.1/v1/metrics");
  await expect(otlpEndpoint("collector", [])).rejects.toMatchObject({ code: "load-option", exitCode: 2 });
});

test("the command sends them", async () => {
  const { port, reports } = await receive();
  const target = await serve((_, response) => void setTimeout(() => response.end("ok"), 5));
  const command = join(import.meta.dirname, "../../bin/dojang-load.js");
  const args = [`http://127.0.0.1:${target}/`, "--users", "2", "--for", "1s", "--quiet", "--otlp", `http://127.0.0.1:${port}`];
  const child = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "ignore", "pipe"], timeout: 40_000 });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await new Promise((resolve) => child.on("close", resolve));
  expect(stderr).toBe("");
  expect(sums(reports.at(-1), "dojang.load.requests.asked")["GET /"]).toBeGreaterThan(0);
  expect(find(reports.at(-1), "dojang.load.verdict")).toBeDefined();
});
