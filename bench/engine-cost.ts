import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "@dojang/model";

/**
 * Prints the row "engine's own cost: `dojang run` against the same commands by hand" of the design's numbers:
 * `node bench/engine-cost.ts [pairs]`. Both run the sample system's unit tests and type check, in turns, in one run. Counted of
 * Dojang is the job from claim to end: isolation, workspace, steps, results. The store, the plan and the report, which only
 * Dojang has, are printed beside it.
 */
const pairs = Number(process.argv[2] ?? 5);
const commands = ["npm run test:unit", "npm run typecheck"];

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "dojang-bench-"));
chmodSync(folder, 0o755);
const project = join(folder, "todo");
const environment = { ...process.env, DOJANG_HOME: join(folder, "home"), CI: "true" };

try {
  cpSync(join(root, "examples", "todo"), project, { recursive: true, filter: (path) => !/\/(node_modules|dist|out|\.dojang)$/.test(path) });
  const steps = commands.map((command) => `{ run: ${command} }`).join(", ");
  writeFileSync(join(project, "dojang.yml"), `version: 1\nname: cost\njobs:\n  cost: { steps: [${steps}] }\n`);
  run("npm", ["ci", "--no-audit", "--no-fund"]);
  dojang();
  byHand();
  const rounds = Array.from({ length: pairs }, () => ({ hand: byHand(), ours: dojang() }));
  const ratios = rounds.map(({ hand, ours }) => ours.jobMs / hand).sort((a, b) => a - b);
  const whole = rounds.map(({ ours }) => ours.wholeMs - ours.jobMs).sort((a, b) => a - b);
  console.log(`engine's own cost: ${commands.join(", ")}; ${pairs} pairs`);
  console.log(
    `  job / by hand      median ${middle(ratios).toFixed(3)}, least ${ratios[0]?.toFixed(3)}, most ${ratios.at(-1)?.toFixed(3)} (target <= 1.10)`,
  );
  console.log(`  beside the job     median ${middle(whole).toFixed(0)} ms: start, store, plan, report`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function byHand(): number {
  const from = performance.now();
  for (const command of commands) run("sh", ["-c", command]);
  return performance.now() - from;
}

function dojang(): { jobMs: number; wholeMs: number } {
  const from = performance.now();
  const printed = run(process.execPath, [join(root, "packages", "dojang", "bin", "dojang.js"), "run", project, "--json"]);
  const events = printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RunEvent);
  const end = events.find((event) => event.kind === "job-finished");
  if (end?.state !== "passed") throw new Error(`the job did not pass: ${end?.summary}`);
  return { jobMs: end.durationMs, wholeMs: performance.now() - from };
}

function run(program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, { cwd: project, env: environment, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${done.status}: ${done.stderr.slice(-2000)}`);
  return done.stdout;
}

function middle(sorted: readonly number[]): number {
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
