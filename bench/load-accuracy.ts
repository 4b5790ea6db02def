import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchServer, startNginx } from "./load/nginx-server.ts";
import { machine, runTool } from "./load/run-tool.ts";

/**
 * `node bench/load-accuracy.ts [seconds] [rounds]`: what generators say of a server that stands still for 100 ms in every second, beside
 * the truth. That is a client in C, built here, that writes each request at its intended time on a connection of its own; without
 * a compiler it is computed: a tenth of the requests wait for the rest of the stall, evenly from 0 to 100 ms.
 */
const seconds = Number(process.argv[2] ?? 12);
const rounds = Number(process.argv[3] ?? 3);
const stallMs = 100;
/**
 * Before what counts, with stalls: code is compiled, and whichever part of a second a client begins in, each second that counts has one
 * whole stall. A client that began before the first stall would see 11.5 of 12, which moves p90 by 4 ms.
 */
const warmUpSeconds = 2;
const serverCore = 0;
const generatorCore = 1;
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "dojang-bench-accuracy-"));

/** Milliseconds. */
interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

try {
  await using server = await startNginx(serverCore);
  console.log(machine());
  const truthClient = buildTruthClient();
  const autocannon = fromNpm();
  const hasHey = spawnSync("sh", ["-c", "command -v hey"]).status === 0;
  if (!hasHey) console.log("hey: not installed");
  for (const rate of [1000, 5000]) {
    const clients = new Map<string, () => Promise<Percentiles>>();
    clients.set("truth", async () =>
      truthClient === undefined ? computedTruth() : await stalled(server, () => runTruth(truthClient, { port: server.port, rate })),
    );
    for (const connections of [50, 1000])
      clients.set(ours(connections), () => stalled(server, () => runOurs({ url: server.url, rate, connections })));
    if (autocannon !== undefined)
      clients.set("autocannon -R, 50 connections", () =>
        stalled(server, () => runAutocannon({ command: autocannon, url: server.url, rate })),
      );
    if (hasHey) clients.set("hey -q, 50 connections", () => stalled(server, () => runHey({ url: server.url, rate })));
    const seen = await inTurns(clients);
    console.log(`${rate}/s, median of ${rounds} rounds of ${seconds} s, a stall of ${stallMs} ms each second`);
    const truth = medianOf(seen.get("truth") ?? []);
    for (const [name, runs] of seen) print(name, runs, truth);
    for (const connections of [50, 1000]) judge({ name: ours(connections), seen: medianOf(seen.get(ours(connections)) ?? []), truth });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function ours(connections: number): string {
  return `dojang-load, ${connections} connections`;
}

/** One after the other, as often as there are rounds: what disturbs the machine for a while disturbs no client alone. */
async function inTurns(clients: ReadonlyMap<string, () => Promise<Percentiles>>): Promise<ReadonlyMap<string, readonly Percentiles[]>> {
  const seen = new Map<string, Percentiles[]>();
  for (let round = 0; round < rounds; round++) for (const [name, run] of clients) seen.set(name, [...(seen.get(name) ?? []), await run()]);
  return seen;
}

/** Of each percentile. */
function medianOf(runs: readonly Percentiles[]): Percentiles {
  const middle = (key: keyof Percentiles) =>
    runs.map((run) => run[key]).toSorted((a, b) => a - b)[Math.floor((runs.length - 1) / 2)] ?? Number.NaN;
  return { p50: middle("p50"), p90: middle("p90"), p95: middle("p95"), p99: middle("p99") };
}

/** Stops and starts the server on the clock while the generator runs. */
async function stalled<Result>(server: BenchServer, run: () => Promise<Result>): Promise<Result> {
  let going: NodeJS.Timeout | undefined;
  const timer = setInterval(() => {
    server.stop();
    going = setTimeout(server.go, stallMs);
  }, 1000);
  try {
    return await run();
  } finally {
    clearInterval(timer);
    clearTimeout(going);
    server.go();
  }
}

async function runTruth(client: string, { port, rate }: { port: number; rate: number }): Promise<Percentiles> {
  const { output } = await runTool(generatorCore, [client, String(port), String(rate), String(seconds), "1500", String(warmUpSeconds)]);
  const [p50 = Number.NaN, p90 = Number.NaN, p95 = Number.NaN, p99 = Number.NaN] = output
    .trim()
    .split(" ")
    .map((us) => Number(us) / 1000);
  return { p50, p90, p95, p99 };
}

async function runOurs({ url, rate, connections }: { url: string; rate: number; connections: number }): Promise<Percentiles> {
  const ours = join(root, "packages", "load", "bin", "dojang-load.js");
  const command = [
    process.execPath,
    ours,
    url,
    "--rate",
    String(rate),
    "--for",
    `${seconds}s`,
    "--warm-up",
    `${warmUpSeconds}s`,
    "--connections",
    String(connections),
    "--quiet",
    "--json",
  ];
  const { output } = await runTool(generatorCore, command);
  const found = /"latencyMs":(\{[^}]*\})/.exec(output)?.[1];
  if (found === undefined) throw new Error(`dojang-load printed no latencies: ${output.slice(-500)}`);
  return JSON.parse(found);
}

async function runAutocannon({ command, url, rate }: { command: string; url: string; rate: number }): Promise<Percentiles> {
  const { output } = await runTool(generatorCore, [
    process.execPath,
    command,
    "-c",
    "50",
    "-d",
    String(seconds),
    "-R",
    String(rate),
    "--json",
    url,
  ]);
  const found = /"latency":(\{[^}]*\})/.exec(output)?.[1] ?? "{}";
  const { p50, p90, p99, p97_5 } = JSON.parse(found);
  // It tells no 95th: the next above.
  return { p50, p90, p95: p97_5, p99 };
}

async function runHey({ url, rate }: { url: string; rate: number }): Promise<Percentiles> {
  const { output } = await runTool(generatorCore, ["hey", "-c", "50", "-q", String(rate / 50), "-z", `${seconds}s`, "-cpus", "1", url]);
  const at = (percent: number) => 1000 * Number(new RegExp(`${percent}% in ([\\d.]+) secs`).exec(output)?.[1]);
  return { p50: at(50), p90: at(90), p95: at(95), p99: at(99) };
}

/** Of evenly spread arrivals the share that meets a stall waits for what is left of it. */
function computedTruth(): Percentiles {
  const share = stallMs / 1000;
  const at = (fraction: number) => Math.max(0, ((fraction - (1 - share)) / share) * stallMs);
  return { p50: 0, p90: at(0.9), p95: at(0.95), p99: at(0.99) };
}

function judge({ name, seen, truth }: { name: string; seen: Percentiles; truth: Percentiles }): void {
  const near = (key: "p50" | "p90") => Math.abs(seen[key] - truth[key]) <= 2;
  const close = (key: "p95" | "p99") => Math.abs(seen[key] / truth[key] - 1) <= 0.05;
  const missed = [...(["p50", "p90"] as const).filter((key) => !near(key)), ...(["p95", "p99"] as const).filter((key) => !close(key))];
  console.log(
    missed.length === 0
      ? `ok     ${name}: p50, p90 within 2 ms and p95, p99 within 5 % of the truth`
      : `MISSED ${name}: ${missed.join(", ")}`,
  );
}

function print(name: string, runs: readonly Percentiles[], truth: Percentiles): void {
  const seen = medianOf(runs);
  const cell = (key: keyof Percentiles) =>
    `${key} ${seen[key].toFixed(2).padStart(7)}${key === "p50" || key === "p90" ? "" : ` (${(seen[key] / truth[key]).toFixed(2)}x)`}`;
  const each = runs.map((run) => run.p90.toFixed(2)).join(", ");
  console.log(`  ${name.padEnd(30)} ${(["p50", "p90", "p95", "p99"] as const).map(cell).join("  ")} ms; p90 of each ${each}`);
}

function buildTruthClient(): string | undefined {
  const client = join(folder, "truth-client");
  const built = spawnSync("cc", ["-O2", "-o", client, join(import.meta.dirname, "load", "truth-client.c")], { encoding: "utf8" });
  if (built.status === 0) return client;
  console.log("no C compiler: the truth is computed");
  return undefined;
}

function fromNpm(): string | undefined {
  const installed = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, "autocannon@9.0.0"], {
    timeout: 300_000,
  });
  if (installed.status === 0) return join(folder, "node_modules", "autocannon", "autocannon.js");
  console.log("autocannon: could not be installed from npm");
  return undefined;
}
