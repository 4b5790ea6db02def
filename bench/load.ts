import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNginx } from "./load/nginx-server.ts";
import { machine, runTool } from "./load/run-tool.ts";

/**
 * `node bench/load.ts [rounds] [seconds]`: the most that generators can ask of the same nginx, the server pinned to one core and
 * the generator to the other, in turns. Printed are requests a second, as a share of wrk's in the same round, and the generator's
 * processor time for a request. Tools that cannot be had are named.
 */
const rounds = Number(process.argv[2] ?? 3);
const seconds = Number(process.argv[3] ?? 10);
const serverCore = 0;
const generatorCore = 1;
const connections = 32;
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "dojang-bench-load-"));

interface Tool {
  readonly name: string;
  readonly command: (url: string) => readonly string[];
  /** Traffic before, which is not counted. */
  readonly warmUpSeconds?: number;
  /** Requests that were answered. */
  readonly count: (output: string) => number | undefined;
}

try {
  await using server = await startNginx(serverCore);
  console.log(machine());
  const tools = available();
  const results = new Map<string, { perSecond: number; cpuUs: number; ratio: number }[]>();
  for (let round = 0; round < rounds; round++) {
    let limit = 0;
    for (const tool of tools) {
      const run = await runTool(generatorCore, tool.command(server.url), { timeoutMs: (seconds + 60) * 1000 });
      const answered = tool.count(run.output);
      if (answered === undefined) {
        console.log(`${tool.name}: no figure in what it printed: ${run.output.slice(-300)}`);
        continue;
      }
      const perSecond = answered / seconds;
      if (tool.name === "wrk") limit = perSecond;
      const list = results.get(tool.name) ?? [];
      list.push({
        perSecond,
        cpuUs: (run.cpuMs * 1000 * (seconds / (seconds + (tool.warmUpSeconds ?? 0)))) / answered,
        ratio: perSecond / limit,
      });
      results.set(tool.name, list);
    }
  }
  console.log(`${rounds} rounds of ${seconds} s, ${connections} connections; median`);
  for (const [name, list] of results) {
    const middle = (pick: (run: (typeof list)[number]) => number) =>
      list.map(pick).sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)] ?? Number.NaN;
    console.log(
      `  ${name.padEnd(34)} ${middle((run) => run.perSecond)
        .toFixed(0)
        .padStart(8)}/s  ${middle((run) => run.ratio).toFixed(2)}x wrk  ${middle((run) => run.cpuUs)
        .toFixed(1)
        .padStart(7)} us CPU a request`,
    );
  }
  const ratio = (name: string, of = "wrk") => {
    const [a, b] = [results.get(name), results.get(of)];
    return a && b ? median(a.map((run, index) => run.perSecond / (b[index]?.perSecond ?? Number.NaN))) : Number.NaN;
  };
  judge("plain / wrk", ratio("dojang-load"), 0.85);
  judge("ids, headers, samples / wrk", ratio("dojang-load, ids, headers, samples"), 0.7);
  judge("plain / autocannon", ratio("dojang-load", "autocannon"), 2.5);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function judge(what: string, seen: number, target: number): void {
  console.log(`${seen >= target ? "ok    " : "MISSED"} ${what}: ${seen.toFixed(2)} (target >= ${target})`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

function available(): readonly Tool[] {
  const ours = join(root, "packages", "load", "bin", "dojang-load.js");
  const scenario = join(folder, "rich.yaml");
  writeFileSync(
    scenario,
    'headers: { Authorization: "Bearer 0123456789abcdef0123456789abcdef", Accept: application/json }\nrequests: [{ request: "GET /?n=${counter}" }]\n',
  );
  // What runs on V8 is compiled first: autocannon is given the same.
  const warmUpSeconds = 2;
  const warmUp = ["--warm-up", `${warmUpSeconds}s`];
  const common = [
    "--users",
    String(connections),
    "--connections",
    String(connections),
    "--for",
    `${seconds}s`,
    ...warmUp,
    "--quiet",
    "--json",
  ];
  const jsonCount = (output: string) => {
    const found = /"completed":(\d+)/.exec(output);
    return found === null ? undefined : Number(found[1]);
  };
  const tools: Tool[] = [];
  const add = (name: string, program: string, tool: Omit<Tool, "name">) => {
    if (spawnSync("sh", ["-c", `command -v ${program}`]).status === 0) tools.push({ name, ...tool });
    else console.log(`${name}: not installed`);
  };
  add("wrk", "wrk", {
    command: (url) => ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, url],
    count: (output) => number(/(\d+) requests in/.exec(output)),
  });
  tools.push({
    name: "dojang-load",
    warmUpSeconds,
    command: (url) => [process.execPath, ours, url, ...common, "--max-samples", "1"],
    count: jsonCount,
  });
  tools.push({
    name: "dojang-load, ids, headers, samples",
    warmUpSeconds,
    command: (url) => [
      process.execPath,
      ours,
      url,
      ...common,
      "--scenario",
      scenario,
      "--request-id-every",
      "1",
      "--max-samples",
      "2000000",
    ],
    count: jsonCount,
  });
  add("hey", "hey", {
    command: (url) => ["hey", "-c", String(connections), "-z", `${seconds}s`, "-cpus", "1", url],
    count: (output) => sum([...output.matchAll(/\[\d+\]\s+(\d+) responses/g)].map((found) => Number(found[1]))),
  });
  const autocannon = fromNpm("autocannon@9.0.0", "autocannon");
  if (autocannon !== undefined) {
    tools.push({
      name: "autocannon",
      warmUpSeconds,
      command: (url) => [
        process.execPath,
        autocannon,
        ...[
          "-c",
          String(connections),
          "-d",
          String(seconds),
          "-W",
          "[",
          "-c",
          String(connections),
          "-d",
          String(warmUpSeconds),
          "]",
          "--json",
          url,
        ],
      ],
      // A line for the warm-up, and a line that ends with it again.
      count: (output) => number(/\n\{.*?"2xx":(\d+)/.exec(output)),
    });
  }
  const artillery = process.env.BENCH_ARTILLERY === "off" ? undefined : fromNpm("artillery", "artillery");
  if (artillery !== undefined) {
    const plan = join(folder, "artillery.yml");
    tools.push({
      name: "artillery",
      command: (url) => {
        writeFileSync(
          plan,
          `config: { target: "${url}", phases: [{ duration: ${seconds}, arrivalCount: ${connections} }], http: { pool: ${connections} } }\nscenarios: [{ flow: [{ loop: [{ get: { url: "/" } }], count: 1000 }] }]\n`,
        );
        return [process.execPath, artillery, "run", "--quiet", "--output", join(folder, "artillery.json"), plan];
      },
      count: () => artilleryCount(join(folder, "artillery.json")),
    });
  }
  add("k6", "k6", {
    command: (url) => ["k6", "run", "--vus", String(connections), "--duration", `${seconds}s`, "--quiet", k6Script(url)],
    count: (output) => number(/http_reqs[^:]*:\s*(\d+)/.exec(output)),
  });
  return tools;
}

function fromNpm(packageName: string, command: string): string | undefined {
  const installed = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, packageName], {
    encoding: "utf8",
    timeout: 300_000,
  });
  if (installed.status === 0) {
    const found = spawnSync("readlink", ["-f", join(folder, "node_modules", ".bin", command)], { encoding: "utf8" }).stdout.trim();
    if (found !== "") return found;
  }
  console.log(`${command}: could not be installed from npm`);
  return undefined;
}

function artilleryCount(file: string): number | undefined {
  const read = spawnSync(
    process.execPath,
    [
      "-p",
      `const a=JSON.parse(require("fs").readFileSync(${JSON.stringify(file)})).aggregate; a.counters["http.responses"]/((a.lastCounterAt-a.firstCounterAt)/1000)*${seconds}`,
    ],
    { encoding: "utf8" },
  );
  return read.status === 0 ? Number(read.stdout) : undefined;
}

function k6Script(url: string): string {
  const file = join(folder, "k6.js");
  writeFileSync(file, `import http from "k6/http"; export default () => http.get(${JSON.stringify(url)});`);
  return file;
}

function number(found: RegExpExecArray | null): number | undefined {
  return found === null ? undefined : Number(found[1]);
}

function sum(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
}
