import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Comparison, createRandom, type LoadPlan, makePlan, readScenario } from "@dojang/load";
import { compareWithBase } from "../packages/dojang/src/environments/load/compare-with-base.ts";
import { loadProgram, placeProgram } from "../packages/dojang/src/environments/place-program.ts";
import { startComparedServer } from "./load/compared-server.ts";
import { machine } from "./load/run-tool.ts";

/**
 * `node bench/load-compare.ts [comparisons] [pairs]`: how often a comparison with the base is right. So many comparisons of equal
 * versions, and so many with a change that needs 15 % more processor time for each request, in turns, by the code that performance jobs
 * use: two servers of their own each time, pinned to one core, the generators to the other, which a loop keeps busy. Of 50 equal ones at
 * most 3 may be called slower, of 50 slower ones at least 45 must be. 50 and 50 with 20 pairs take some 24 minutes.
 */
const comparisons = Number(process.argv[2] ?? 50);
const pairs = Number(process.argv[3] ?? 20);
const slowdown = 0.15;
const ratePerSecond = 500;
const baseRounds = 2_000;
const serverCore = 0;
const generatorCore = 1;
const shares = { mostFalse: 3 / 50, leastTrue: 45 / 50 };
const folder = mkdtempSync(join(tmpdir(), "dojang-bench-compare-"));
const busy = spawn("taskset", ["-c", String(generatorCore), process.execPath, "-e", "for (;;);"], { stdio: "ignore" });

try {
  const generator = join(await placeProgram(folder, loadProgram), "environment.mjs");
  const plan = await makeTraffic();
  const start = (rounds: number) => startComparedServer({ rounds, serverCore, generatorCore, generator });
  const compare = async (rounds: { readonly base: number; readonly change: number }, seed: number, count = pairs): Promise<Comparison> => {
    // Together, so that neither is the older one.
    const [first, second] = await Promise.all([start(rounds.base), start(rounds.change)]);
    await using base = first;
    await using change = second;
    // Awaited here: the servers end with this block.
    return await compareWithBase({
      base: base.arm,
      change: change.arm,
      plan,
      target: "http://server",
      ratePerSecond,
      random: createRandom(seed),
      signal: AbortSignal.timeout(300_000),
      onProgress: () => undefined,
      looks: [count],
      warmUpMs: 250,
    });
  };
  console.log(machine());
  const slower = await slowerRounds((change) => compare({ base: baseRounds, change }, 1, 3 * pairs));
  console.log(`${slower - baseRounds} rounds more than ${baseRounds} cost ${slowdown * 100} % more processor time a request`);
  const begun = performance.now();
  const seen: Record<"equal" | "slower", Comparison[]> = { equal: [], slower: [] };
  for (let at = 0; at < comparisons; at++) {
    for (const [kind, change] of [
      ["equal", baseRounds],
      ["slower", slower],
    ] as const) {
      const comparison = await compare({ base: baseRounds, change }, 2 * at + (kind === "equal" ? 3 : 4));
      seen[kind].push(comparison);
      console.error(
        `${kind} ${at + 1}: ${comparison.verdict}; ${[...comparison.invalid, ...comparison.metrics.map((each) => each.words)].join("; ")}`,
      );
    }
  }
  const minutes = (performance.now() - begun) / 60_000;
  console.log(`${comparisons} comparisons of each kind, ${pairs} pairs of slices each, ${minutes.toFixed(1)} minutes`);
  for (const kind of ["equal", "slower"] as const) console.log(`  ${kind.padEnd(7)} ${tally(seen[kind])}`);
  judge(
    "equal versions called slower",
    count(seen.equal),
    (found) => found <= shares.mostFalse * comparisons,
    `<= ${shares.mostFalse * comparisons}`,
  );
  judge(
    "slower versions called slower",
    count(seen.slower),
    (found) => found >= shares.leastTrue * comparisons,
    `>= ${shares.leastTrue * comparisons}`,
  );
} finally {
  busy.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

async function makeTraffic(): Promise<LoadPlan> {
  const file = join(folder, "traffic.yaml");
  writeFileSync(file, "requests: [GET /]\n");
  const target = { scheme: "http", host: "127.0.0.1", port: 80, protocol: "http/1.1" } as const;
  return makePlan({ profile: "load", ratePerSecond, forMs: 1_000, scenario: await readScenario(file, { environment: {} }), target });
}

/** How many rounds cost the slowdown: a request has costs of its own beside them, so twice the rounds are not twice the cost. */
async function slowerRounds(compared: (change: number) => Promise<Comparison>): Promise<number> {
  const { metrics, invalid } = await compared(2 * baseRounds);
  const ratio = metrics.find(({ metric }) => metric === "cpu-per-request")?.ratio;
  if (ratio === undefined || ratio < 1.2) throw new Error(`twice the work cost ${ratio} times as much: ${invalid.join("; ")}`);
  return Math.round(baseRounds * (1 + slowdown / (ratio - 1)));
}

function tally(all: readonly Comparison[]): string {
  const verdicts = ["slower", "inconclusive", "same", "faster", "invalid"] as const;
  const words = verdicts.map((verdict) => `${all.filter((each) => each.verdict === verdict).length} ${verdict}`);
  const smallest = ["cpu-per-request", "p50", "p75", "p95"].map((metric) => {
    const figures = all.flatMap((each) => each.metrics.filter((own) => own.metric === metric));
    const [ratio, detectable] = [middle(figures.map((each) => each.ratio)), middle(figures.map((each) => each.smallestDetectable))];
    return `${metric} ${ratio.toFixed(3)}x, smallest seen ${((detectable - 1) * 100).toFixed(1)} %`;
  });
  return `${words.join(", ")}\n          median: ${smallest.join("; ")}`;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function count(all: readonly Comparison[]): number {
  return all.filter(({ verdict }) => verdict === "slower").length;
}

function judge(what: string, found: number, holds: (found: number) => boolean, target: string): void {
  if (!holds(found)) process.exitCode = 1;
  console.log(`${holds(found) ? "ok    " : "MISSED"} ${what}: ${found} (target ${target})`);
}
