import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { machine, runTool } from "./load/run-tool.ts";

/**
 * `node bench/mock.ts [seconds]`: mock servers with 10 and 1000 stubs, asked for the newest and for the oldest, the server on one core
 * and wrk on the other, in one run: ours as it is packed, WireMock as it comes and tuned, Mockoon, and a bare Node server, which says how
 * loaded the machine is. Then the time from start to the first answer, and memory after 10,000 journaled requests.
 */
const seconds = Number(process.argv[2] ?? 5);
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "dojang-bench-mock-"));
const require = createRequire(join(root, "package.json"));

interface Peer {
  readonly name: string;
  readonly command: (stubs: number, port: number) => readonly string[];
}

interface Row {
  readonly name: string;
  readonly stubs: number;
  readonly startMs: number;
  readonly best: number;
  readonly worst: number;
  readonly memoryMb: number;
}

try {
  console.log(machine());
  for (const stubs of [10, 1000]) writeStubs(stubs);
  const rows: Row[] = [];
  for (const peer of peers()) for (const stubs of [10, 1000]) rows.push(await measure(peer, stubs));
  console.log("peer                 stubs   start    newest stub    oldest stub   worst/best   memory after 10,000");
  for (const row of rows) {
    const ratio = Math.min(row.best, row.worst) / Math.max(row.best, row.worst);
    console.log(
      `${row.name.padEnd(20)} ${String(row.stubs).padStart(5)} ${row.startMs.toFixed(0).padStart(5)} ms ${row.best.toFixed(0).padStart(10)}/s ${row.worst.toFixed(0).padStart(12)}/s ${ratio.toFixed(2).padStart(10)} ${row.memoryMb.toFixed(0).padStart(12)} MB`,
    );
  }
  const ours = rows.find((row) => row.name === "dojang-mock" && row.stubs === 1000);
  if (ours !== undefined) {
    judge("requests a second at 1000 stubs", Math.min(ours.best, ours.worst), 15_000, "least");
    judge("worst/best position", Math.min(ours.best, ours.worst) / Math.max(ours.best, ours.worst), 0.77, "least");
    judge("start, ms", ours.startMs, 300, "most");
    judge("memory, MB", ours.memoryMb, 150, "most");
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(peer: Peer, stubs: number): Promise<Row> {
  const speed = await withServer(peer, stubs, async (origin, startMs) => ({
    startMs,
    best: await requestsPerSecond(`${origin}/stub/${stubs - 1}`, seconds),
    worst: await requestsPerSecond(`${origin}/stub/0`, seconds),
  }));
  const memoryMb = await withServer(peer, stubs, async (origin, _, pid) => {
    await runTool(1, ["hey", "-n", "10000", "-c", "32", `${origin}/stub/0`]);
    return treeMemoryBytes(pid) / 1024 / 1024;
  });
  return { name: peer.name, stubs, ...speed, memoryMb };
}

/** A server of its own for each thing that is measured, so that none carries what another left behind. */
async function withServer<Seen>(
  peer: Peer,
  stubs: number,
  look: (origin: string, startMs: number, pid: number) => Promise<Seen>,
): Promise<Seen> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const [program = "", ...args] = peer.command(stubs, port);
  const begun = performance.now();
  const child = spawn("taskset", ["-c", "0", program, ...args], { stdio: "ignore", cwd: folder });
  try {
    const origin = `http://127.0.0.1:${port}`;
    await answers(`${origin}/stub/0`);
    return await look(origin, performance.now() - begun, child.pid ?? 0);
  } finally {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}

async function requestsPerSecond(url: string, forSeconds: number): Promise<number> {
  await runTool(1, ["wrk", "-t1", "-c64", "-d2s", url]);
  const { output } = await runTool(1, ["wrk", "-t1", "-c64", `-d${forSeconds}s`, url]);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1] ?? Number.NaN);
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 3_000; attempt++) {
    const ok = await fetch(url).then(
      (answer) => answer.status === 200,
      () => false,
    );
    if (ok) return;
    await wait(10);
  }
  throw new Error(`${url} did not answer within 30 s`);
}

function peers(): readonly Peer[] {
  const ours = packedCommand();
  const list: Peer[] = [
    { name: "bare node:http", command: (_, port) => [process.execPath, bareServer(), String(port)] },
    {
      name: "dojang-mock",
      command: (stubs, port) => [process.execPath, ours, "--port", String(port), "--dir", stubFolder(stubs)],
    },
  ];
  const jar = join(dirname(require.resolve("wiremock/package.json")), "build", "wiremock-standalone-3.13.2.jar");
  const java = (flags: readonly string[]) => (stubs: number, port: number) => [
    "java",
    "-jar",
    jar,
    "--port",
    String(port),
    "--root-dir",
    stubFolder(stubs),
    ...flags,
  ];
  list.push({ name: "WireMock", command: java([]) });
  list.push({
    name: "WireMock, tuned",
    command: java(["--no-request-journal", "--disable-request-logging", "--container-threads", "8", "--disable-banner"]),
  });
  const installed = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, "@mockoon/cli@9.9.0"], {
    timeout: 300_000,
  });
  if (installed.status === 0) {
    const command = join(folder, "node_modules", "@mockoon", "cli", "bin", "run.js");
    list.push({
      name: "Mockoon",
      command: (stubs, port) => [process.execPath, command, "start", "--data", mockoonFile(stubs, port), "--disable-log-to-file"],
    });
  } else console.log("Mockoon: could not be installed from npm");
  return list;
}

/** What users install: bundled JavaScript. From the sources a start takes longer, for types have to be taken off. */
function packedCommand(): string {
  const made = join(root, "packages", "mock", "dist", "package");
  const packageFile = join(made, "package.json");
  const packed = spawnSync("npm", ["run", "--silent", "package", "-w", "packages/mock"], { cwd: root, encoding: "utf8" });
  if (packed.status !== 0) throw new Error(`packing failed: ${packed.stderr}`);
  const { bin } = JSON.parse(readFileSync(packageFile, "utf8"));
  return join(made, typeof bin === "string" ? bin : bin["dojang-mock"]);
}

function stubFolder(stubs: number): string {
  return join(folder, `stubs-${stubs}`);
}

function writeStubs(stubs: number): void {
  mkdirSync(join(stubFolder(stubs), "mappings"), { recursive: true });
  mkdirSync(join(stubFolder(stubs), "__files"), { recursive: true });
  const mappings = Array.from({ length: stubs }, (_, index) => ({
    request: { method: "GET", urlPath: `/stub/${index}` },
    response: { status: 200, jsonBody: { index }, headers: { "Content-Type": "application/json" } },
  }));
  writeFileSync(join(stubFolder(stubs), "mappings", "all.json"), JSON.stringify({ mappings }));
}

function mockoonFile(stubs: number, port: number): string {
  const file = join(folder, `mockoon-${stubs}.json`);
  const routes = Array.from({ length: stubs }, (_, index) => ({
    uuid: `route-${index}`,
    type: "http",
    method: "get",
    endpoint: `stub/${index}`,
    responses: [
      {
        uuid: `response-${index}`,
        body: JSON.stringify({ index }),
        statusCode: 200,
        headers: [{ key: "Content-Type", value: "application/json" }],
        bodyType: "INLINE",
        rules: [],
        default: true,
      },
    ],
  }));
  writeFileSync(
    file,
    JSON.stringify({
      uuid: "bench",
      lastMigration: 33,
      name: "bench",
      port,
      hostname: "",
      endpointPrefix: "",
      latency: 0,
      folders: [],
      routes,
      rootChildren: routes.map(({ uuid }) => ({ type: "route", uuid })),
      headers: [],
      data: [],
      callbacks: [],
    }),
  );
  return file;
}

function bareServer(): string {
  const file = join(folder, "bare.mjs");
  writeFileSync(
    file,
    'import { createServer } from "node:http"; createServer((_, answer) => { answer.writeHead(200, { "Content-Type": "application/json" }); answer.end(\'{"index":1}\'); }).listen(Number(process.argv[2]), "127.0.0.1");',
  );
  return file;
}

/** taskset becomes the server itself. */
function treeMemoryBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) * 1024;
}

function judge(what: string, seen: number, target: number, kind: "least" | "most"): void {
  const ok = kind === "least" ? seen >= target : seen <= target;
  console.log(`${ok ? "ok    " : "MISSED"} ${what}: ${Number(seen.toPrecision(4))} (target ${kind === "least" ? ">=" : "<="} ${target})`);
}
