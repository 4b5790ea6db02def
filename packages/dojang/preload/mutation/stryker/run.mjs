// Runs the project's own Stryker on some lines of some files, in the project's folder, the order as JSON on stdin. What becomes of each
// mutant is told at once as a line of JSON on the standard output, by a reporter of ours over a descriptor that neither Stryker's own
// output nor a test can write to: at the time limit Stryker is ended, and what was told is the result.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const graceMs = 5000;
const mostProcesses = 4;
const keptLines = 2000;

/** Test runners that Stryker has plugins for, as they are told by what is installed. */
const runners = [
  { name: "vitest", plugin: "@stryker-mutator/vitest-runner", needs: "vitest" },
  { name: "jest", plugin: "@stryker-mutator/jest-runner", needs: "jest" },
  { name: "mocha", plugin: "@stryker-mutator/mocha-runner", needs: "mocha" },
];

const order = JSON.parse(readFileSync(0, "utf8"));
const tell = (kind, rest) => process.stdout.write(`${JSON.stringify({ kind, ...rest })}\n`);
/** Where its packages are looked for. */
const places = [...(order.engineFrom === undefined ? [] : [join(process.cwd(), order.engineFrom)]), process.cwd()];
const folder = mkdtempSync(join(tmpdir(), "dojang-mutation-"));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const stryker = find("@stryker-mutator/core", places);
  if (stryker === undefined) {
    const wanted = runners.find(({ needs }) => find(needs, places) !== undefined) ?? runners[0];
    missing(order.command === undefined ? ["@stryker-mutator/core", wanted.plugin] : ["@stryker-mutator/core"]);
    return;
  }
  const runner = chooseRunner();
  if (runner === undefined) return;
  const version = order.command === undefined ? `${runner.needs} ${runner.version}` : "its own commands";
  tell("started", { engine: `Stryker ${stryker.version}`, runner: version });
  const path = join(folder, "stryker.config.json");
  writeFileSync(path, JSON.stringify(configuration(runner)));
  await run([join(stryker.folder, "bin", "stryker.js"), "run", path]);
}

function chooseRunner() {
  if (order.command !== undefined) return { name: "command" };
  const known = runners.flatMap((runner) => {
    const program = find(runner.needs, places);
    return program === undefined
      ? []
      : [{ ...runner, version: program.version, plugin: find(runner.plugin, places)?.folder, wanted: runner.plugin }];
  });
  const usable = known.find(({ plugin }) => plugin !== undefined);
  if (usable !== undefined) return usable;
  if (known[0] !== undefined) missing([known[0].wanted]);
  else
    tell("failed", {
      code: "runner-unknown",
      message: "none of Vitest, Jest and Mocha is among the project's packages",
      fix: "name the commands that run the tests under `steps`",
      details: [],
    });
  return undefined;
}

function missing(names) {
  const into = order.engineFrom === undefined ? "" : `--prefix ${order.engineFrom} `;
  tell("failed", {
    code: "stryker-missing",
    message: `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} not among the packages of ${order.engineFrom ?? "the project"}`,
    fix: `npm install --save-dev ${into}${names.join(" ")}; in a folder of its own, named by \`engine-from\`, no service is built with it`,
    details: [],
  });
}

/**
 * Ranges and no `testFiles`: with those, mutants that run while modules are imported falsely survive (stryker-js#6209), and so such
 * mutants are ignored. TypeScript's compiler is not asked for, for the one a project has may have no interface that Stryker knows.
 */
function configuration(runner) {
  const mutate = order.targets.flatMap(({ file, ranges }) =>
    ranges.length === 0 ? [escapeGlob(file)] : ranges.map(([from, to]) => `${escapeGlob(file)}:${from}-${to}`),
  );
  return {
    mutate,
    testRunner: runner.name,
    plugins: [
      ...(runner.plugin === undefined ? [] : [entryOf(runner.plugin)]),
      join(dirname(fileURLToPath(import.meta.url)), "reporter.mjs"),
    ],
    coverageAnalysis: runner.name === "command" ? "off" : "perTest",
    ignoreStatic: runner.name !== "command",
    reporters: ["dojang"],
    allowConsoleColors: false,
    // Code that no test imports is run by no test, which is a result.
    allowEmpty: true,
    disableTypeChecks: false,
    tsconfigFile: ".no-tsconfig-is-rewritten.json",
    checkers: [],
    concurrency: Math.min(mostProcesses, availableParallelism()),
    dryRunTimeoutMinutes: Math.max(0.05, order.withinMs / 60_000),
    timeoutMS: 5000,
    timeoutFactor: 2,
    cleanTempDir: "always",
    tempDirName: ".dojang-mutation",
    ...(order.command === undefined ? {} : { commandRunner: { command: order.command } }),
    ...(order.config === undefined
      ? {}
      : { [runner.name]: runner.name === "mocha" ? { config: order.config } : { configFile: order.config } }),
  };
}

async function run(args) {
  const child = spawn(process.execPath, args, {
    // A group of its own: what Stryker starts is ended with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, DOJANG_MUTATION_AT_MOST: String(order.atMost) },
  });
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It is gone.
    }
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"])
    process.on(signal, () => {
      end("SIGKILL");
      process.exit(130);
    });
  let stopped = false;
  const timer = setTimeout(() => {
    stopped = true;
    end("SIGTERM");
    setTimeout(() => end("SIGKILL"), graceMs).unref();
  }, order.withinMs);
  const said = [];
  const kept = (line) => {
    said.push(line);
    if (said.length > keptLines) said.shift();
    process.stderr.write(`${line}\n`);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", kept);
  const told = { planned: false, baseline: false };
  createInterface({ input: child.stdio[3] }).on("line", (line) => {
    const { kind } = JSON.parse(line);
    if (kind in told) told[kind] = true;
    // What is ended may still call its last mutants errors.
    if (!stopped) process.stdout.write(`${line}\n`);
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  end("SIGKILL");
  if (stopped && !told.baseline)
    failed("tests-hang", `the tests as they are did not end within ${Math.round(order.withinMs / 1000)} s`, []);
  else if (stopped) tell("done", { stopped: true });
  else if (told.planned) tell("done", { stopped: false });
  else explain(code, said);
}

/** Stryker tells by its log alone why it did not begin. Samples of its lines, version 10.1: */
function explain(code, said) {
  const text = said.join("\n");
  const mutants = Number(/ with (\d+) mutant\(s\)/.exec(text)?.[1] ?? Number.NaN);
  const syntax = said.findIndex((line) => line.includes("SyntaxError"));
  // ERROR DryRunExecutor One or more tests failed in the initial test run:
  // \tprices are never negative
  const red = said.findIndex((line) => line.includes("tests failed in the initial test run"));
  if (red !== -1) {
    const names = said.slice(red + 1).filter((line) => /^\t[^\t]/.test(line));
    failed(
      "tests-red",
      "tests fail before anything is broken",
      names.map((line) => line.trim()),
    );
  }
  // ERROR DryRunExecutor One or more tests resulted in an error:
  else if (text.includes("tests resulted in an error"))
    failed("tests-red", "the tests cannot be run before anything is broken", said.slice(-12));
  // ERROR DryRunExecutor Initial test run timed out!
  else if (text.includes("Initial test run timed out"))
    failed("tests-hang", `the tests as they are did not end within ${Math.round(order.withinMs / 1000)} s`, []);
  // INFO Instrumenter Instrumented 1 source file(s) with 36 mutant(s)  …  INFO DryRunExecutor No tests were found
  else if (mutants === 0) {
    tell("planned", { found: 0, chosen: 0 });
    tell("done", { stopped: false });
  } else if (text.includes("No tests were found"))
    failed("nothing-runs", `no test imports what is changed: ${mutants} mutants would not be noticed`, []);
  // ERROR Stryker Unexpected error occurred while running Stryker SyntaxError: /work/src/a.ts: Unexpected token (1:11)
  else if (syntax !== -1)
    failed(
      "source-unreadable",
      "a changed file cannot be read",
      said.slice(syntax, syntax + 5).filter((line) => line.trim() !== ""),
    );
  else failed("engine-failed", `Stryker ended with code ${code}`, said.slice(-12));
}

function failed(code, message, details) {
  tell("failed", { code, message, details });
}

/** A package as the first of the folders, or one above it, finds it: whatever it lets be imported. */
function find(name, folders) {
  for (const start of folders) {
    for (let at = start; ; at = dirname(at)) {
      const manifest = join(at, "node_modules", name, "package.json");
      if (existsSync(manifest)) return { folder: dirname(manifest), version: JSON.parse(readFileSync(manifest, "utf8")).version };
      if (dirname(at) === at) break;
    }
  }
  return undefined;
}

/** The module of a plugin: Stryker takes a name, which it finds from itself alone, or an address. */
function entryOf(folder) {
  const { exports, main = "index.js" } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const told = exports?.["."]?.import ?? exports?.["."]?.default ?? exports?.["."] ?? exports?.import ?? exports ?? main;
  return pathToFileURL(join(folder, typeof told === "string" ? told : main)).href;
}

/** Next.js names folders `[id]`. */
function escapeGlob(path) {
  return path.replace(/[[\]{}()*?!\\]/g, "\\$&");
}
