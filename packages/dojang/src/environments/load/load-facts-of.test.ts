import type { MetricPoint } from "@dojang/load";
import { expect, test } from "vitest";
import { exampleResult } from "./example-result.ts";
import { loadFactsOf } from "./load-facts-of.ts";
import { sampledTransactions } from "./sampled-transactions.ts";

const rows = [
  { atMs: 0, latencyMs: 5, requestId: "a".repeat(32) },
  { atMs: 100, latencyMs: 900, request: 1 as const, requestId: "b".repeat(32) },
  { atMs: 200, latencyMs: 7, status: 503, error: "status" as const, requestId: "c".repeat(32) },
  { atMs: 300, latencyMs: 1000, status: 0, error: "timeout" as const, requestId: "d".repeat(32) },
  { atMs: 400, latencyMs: 9 },
];
const result = exampleResult(rows);
const cpu = (service: string, at: number, value: number): MetricPoint => ({
  at: result.startedAt + at,
  service,
  metric: "process.cpu",
  value,
});
const usual = { job: "performance", result, cores: 2 };

test("percentiles are milliseconds, errors have words, and requests have their own", () => {
  const facts = loadFactsOf({ ...usual, measured: { points: [], marks: [] } });
  expect(facts.totals).toMatchObject({
    asked: 5,
    completed: 4,
    perSecond: 2,
    errors: { "no complete answer in time": 1, "the status says error": 1 },
  });
  expect(Math.abs((facts.totals.percentiles?.max ?? 0) - 1000)).toBeLessThan(10);
  expect(facts.requests.map(({ name, asked }) => [name, asked])).toEqual([
    ["GET /a", 4],
    ["GET /b", 1],
  ]);
  expect(facts).not.toHaveProperty("cpuUsPerRequest");
  expect(loadFactsOf({ ...usual, result: exampleResult([]), measured: { points: [], marks: [] } }).totals).not.toHaveProperty(
    "percentiles",
  );
});

test("processor time for a request is that of the services while the traffic ran, without the generator", () => {
  const points = [
    cpu("api", 500, 40),
    cpu("api", 1500, 60),
    cpu("db", 500, 10),
    cpu("dojang-load", 500, 90),
    cpu("api", -500, 100),
    cpu("api", 2500, 100),
  ];
  // Half a core and a tenth, for two seconds and four answers: 300 ms each.
  expect(loadFactsOf({ ...usual, measured: { points, marks: [] } }).cpuUsPerRequest).toBe(300_000);
});

test("figures far from the traffic are left out, and of too many marks the long ones stay in their order", () => {
  const marks = Array.from({ length: 500 }, (_, index) => ({
    at: result.startedAt + index,
    durationMs: index,
    service: "api",
    kind: "gc",
    text: "",
  }));
  const facts = loadFactsOf({ ...usual, measured: { points: [cpu("api", -60_000, 1), cpu("api", 100.4, 12.34567)], marks } });
  expect(facts.metrics).toMatchObject([{ service: "api", metric: "process.cpu", unit: "%", atMs: [100], values: [12.346] }]);
  expect(facts.marks.length).toBe(400);
  expect(facts.marks[0]).toMatchObject({ atMs: 100, durationMs: 100 });
});

test("a generator at its limit is the first reason", () => {
  const limited = exampleResult(rows, {
    generator: { ...result.generator, limits: ["its clock was late"] },
    verdict: { kind: "invalid", reasons: ["its clock was late"] },
  });
  const facts = loadFactsOf({ ...usual, result: limited, measured: { points: [], marks: [] } });
  expect(facts.verdict).toEqual({ kind: "invalid", reasons: ["its clock was late"] });
  expect(facts.hints[0]).toMatchObject({ kind: "generator", text: "the generator was the limit: its clock was late" });
});

test("requests with an id become transactions, those that failed and the slowest first", () => {
  const found = sampledTransactions(result, { environment: "e1", target: new URL("http://api:8000/x") });
  expect(found.map(({ requestId }) => requestId[0])).toEqual(["d", "c", "b", "a"]);
  expect(found[0]).toMatchObject({ environment: "e1", url: "http://api:8000/a", error: "timeout", durationMs: 1000, startedAt: 1_000_300 });
  expect(found[0]).not.toHaveProperty("status");
  // It answered: its status says all.
  expect(found[1]).toMatchObject({ status: 503 });
  expect(found[1]).not.toHaveProperty("error");
  expect(found[2]).toMatchObject({ method: "GET", url: "http://api:8000/b", status: 200 });
});

test("no more than two hundred requests become transactions", () => {
  const many = Array.from({ length: 300 }, (_, index) => ({ atMs: index, latencyMs: index, requestId: String(index) }));
  const found = sampledTransactions(exampleResult(many), { environment: "e1", target: new URL("http://api:8000") });
  expect(found.length).toBe(200);
  expect(found.at(-1)?.requestId).toBe("100");
});
