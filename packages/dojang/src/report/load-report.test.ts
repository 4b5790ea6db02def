import { packSamples, type Samples } from "@dojang/load";
import { expect, test } from "vitest";
import { unpackLoadSamples } from "./client/load-samples.ts";
import { runsOf } from "./client/plotted-run.ts";
import { unpackSection } from "./client/unpack-section.ts";
import { exampleRun } from "./example-run.ts";
import { firstLooks } from "./first-look.ts";
import { layOutSections } from "./lay-out-sections.ts";
import type { LoadFacts } from "./load-facts.ts";
import { renderTerminal } from "./render-terminal.ts";
import type { RunFacts } from "./run-facts.ts";
import { toJson } from "./to-json.ts";

const samples: Samples = {
  count: 4,
  of: 400,
  atMs: Float64Array.of(0, 12.5, 4000, 9_999_999),
  latencyUs: Uint32Array.of(900, 1_500, 250_000, 40),
  status: Uint16Array.of(200, 201, 0, 503),
  request: Uint16Array.of(0, 1, 0, 1),
  error: Uint8Array.of(0, 0, 3, 10),
  requestIds: new Map(),
};

const id = "0af7651916cd43dd8448eb211c80319c";

const totals = {
  name: "all",
  asked: 400,
  completed: 399,
  perSecond: 40,
  statuses: { "200": 399 },
  errors: { "no complete answer in time": 1 },
  percentiles: { p50: 1, p75: 2, p90: 3, p95: 420, p99: 800, p999: 900, max: 901 },
};

const load: LoadFacts = {
  job: "performance",
  profile: "load",
  startedAt: 1,
  durationMs: 10_000,
  traffic: "open model: 40/s",
  verdict: { kind: "failed", reasons: ["p95 is 420 ms"] },
  totals,
  requests: [totals],
  objectives: [{ text: "p95 is 420 ms, asked for is at most 200 ms", held: false }],
  seconds: [{ atMs: 0, asked: 40, completed: 40, errors: 0, p50: 1, waiting: 0 }],
  samples: {
    count: 4,
    of: 400,
    base64: packSamples(samples).gzip.toString("base64"),
    requests: ["GET /", "POST /"],
    errors: [],
    requestIds: { 2: id },
  },
  metrics: [{ service: "api", metric: "eventloop.utilization", title: "event loop busy", unit: "%", atMs: [0, 500], values: [97, 99] }],
  marks: [],
  hints: [{ service: "api", kind: "event-loop", text: "api: event loop at 98 % from 0.0 s", fromMs: 0, certainty: "likely" }],
  generator: { cpu: 0.1, lagP99Ms: 0.4, limits: [] },
  earlier: [],
};

function runWithLoad(): RunFacts {
  const run = exampleRun({ tests: 3, transactionsPerTest: 2, failing: false });
  const [transaction] = run.transactions;
  if (transaction === undefined) throw new Error("the example has transactions");
  const followed = { ...transaction, id: "followed", requestId: id, testAttempt: undefined };
  const gate = {
    job: "performance",
    gate: "load: p95",
    expected: "at most 200 ms",
    seen: "p95 is 420 ms",
    held: false,
    onMiss: "fail" as const,
  };
  return { ...run, transactions: [...run.transactions, followed], load: [load], gates: [gate] };
}

test("the page reads the samples that were packed", async () => {
  const shown = await unpackLoadSamples(load.samples);
  expect(Array.from(shown.status)).toEqual([200, 201, 0, 503]);
  expect(Array.from(shown.error)).toEqual([0, 0, 3, 10]);
  expect(Array.from(shown.request)).toEqual([0, 1, 0, 1]);
  for (const [row, at] of samples.atMs.entries()) expect(Math.abs((shown.atMs[row] ?? 0) - at)).toBeLessThan(0.03);
  for (const [row, us] of samples.latencyUs.entries())
    expect(Math.abs((shown.latencyMs[row] ?? 0) * 1000 - us)).toBeLessThan(0.002 * us + 1);
});

test("what to look at first is the profile, with the likely reason and not the gate again", () => {
  const facts = runWithLoad();
  const looks = firstLooks({ ...facts, attempts: [] }, []);
  expect(looks.filter((look) => look.kind === "gate")).toEqual([]);
  expect(looks.find((look) => look.kind === "load")).toMatchObject({
    load: { profile: "load", number: 0, hints: ["api: event loop at 98 % from 0.0 s"], gates: [{ seen: "p95 is 420 ms" }] },
  });
});

test("the terminal names the figures and the likely reason", () => {
  const text = renderTerminal(runWithLoad(), { color: false, columns: 200 });
  expect(text).toContain("load: 40/s, p50 1 ms, p95 420 ms, p99 800 ms, 1 errors");
  expect(text).toContain("api: event loop at 98 % from 0.0 s");
});

test("a sampled request leads to its transaction; one that is not in the run leads nowhere", async () => {
  const facts = runWithLoad();
  const { index, sections } = layOutSections(facts, 20_000_000);
  expect(index.load).toHaveLength(1);
  expect(index.load[0]).not.toHaveProperty("samples");
  const section = sections.find(({ name }) => name === "load-0");
  expect(await unpackSection(section?.data ?? "")).toMatchObject({ transactions: { 2: "followed" } });
  const without = layOutSections({ ...facts, transactions: [] }, 20_000_000).sections.find(({ name }) => name === "load-0");
  expect(await unpackSection(without?.data ?? "")).toMatchObject({ transactions: {} });
});

test("the machine's form has the figures and not the samples", () => {
  const [first] = toJson(runWithLoad()).load;
  expect(first).toMatchObject({ profile: "load", totals: { perSecond: 40 }, hints: [{ service: "api" }] });
  expect(first).not.toHaveProperty("samples");
});

const before = { run: "r3", number: 3, startedAt: 1, perSecond: 39, p95Ms: 200, errors: 0, cpuUsPerRequest: 800 };
const first = { run: "r1", number: 1, startedAt: 0, perSecond: 38, p95Ms: 100, errors: 0, heldPerSecond: 300 };

test("runs are plotted in the order of time, this one last; of a ramp the rate that held", () => {
  const { index } = layOutSections({ ...runWithLoad(), load: [{ ...load, cpuUsPerRequest: 900, earlier: [before, first] }] }, 20_000_000);
  const [summary] = index.load;
  expect(summary === undefined ? [] : runsOf(summary, 7)).toMatchObject([
    { number: 1, p95Ms: 100, perSecond: 300 },
    { number: 3, p95Ms: 200, perSecond: 39, cpuUsPerRequest: 800 },
    { number: 7, p95Ms: 420, perSecond: 40, cpuUsPerRequest: 900 },
  ]);
});

test("the machine's form has the earlier runs and the processor time of a request", () => {
  const [entry] = toJson({ ...runWithLoad(), load: [{ ...load, cpuUsPerRequest: 900, earlier: [before] }] }).load;
  expect(entry).toMatchObject({ cpuUsPerRequest: 900, earlier: [{ number: 3, p95Ms: 200, cpuUsPerRequest: 800 }] });
});

test("what could not be compared says why, in the terminal and on the first screen's facts", () => {
  const comparison = { base: "", verdict: "missing" as const, metrics: [], reasons: ["this is the first commit"] };
  const facts = { ...runWithLoad(), load: [{ ...load, comparison }] };
  expect(renderTerminal(facts, { color: false, columns: 100 })).toMatch(/ {2}not compared with a base\n {2}this is the first commit\n/);
  expect(layOutSections(facts, 20_000_000).index.load[0]?.comparison).toEqual(comparison);
});

test("a slower change is told with its ratio and interval on a line of its own", () => {
  const metric = (words: string, ratio: number) => ({
    words,
    verdict: "slower" as const,
    ratio,
    interval: [1.2, 1.4] as const,
    smallestDetectable: 1.06,
  });
  const metrics = [metric("p50 is 1.22x the base", 1.22), metric("p95 of POST /todos is 1.31x the base, 99.8 % interval 1.22-1.41", 1.31)];
  const facts = {
    ...runWithLoad(),
    load: [{ ...load, comparison: { base: "b33f970b2f", verdict: "slower" as const, metrics, reasons: [] } }],
  };
  expect(renderTerminal(facts, { color: false, columns: 100 })).toContain(
    "  slower against b33f970b2f\n  p95 of POST /todos is 1.31x the base, 99.8 % interval 1.22-1.41\n",
  );
});
