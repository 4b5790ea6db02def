import { Problem } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { type MutantFacts, type MutationFacts, mutationScore } from "../../report/mutation-facts.ts";
import type { StepFacts, StepLine } from "../../report/run-facts.ts";
import { workspaceMount } from "../workspace.ts";
import { type Engine, lineRanges, type MutationTarget } from "./choose-targets.ts";
import { type EngineLine, readEngineLine } from "./engine-line.ts";

export interface RunEngineOptions {
  readonly runtime: Pick<Runtime, "exec">;
  readonly environmentId: string;
  readonly preloadDirectory: string;
  readonly engine: Engine;
  readonly job: string;
  readonly targets: readonly MutationTarget[];
  readonly variables: Readonly<Record<string, string>>;
  readonly atMost: number;
  readonly withinMs: number;
  /** A shell command that must fail; undefined: the runner of the tests itself. */
  readonly command: string | undefined;
  readonly config: string | undefined;
  readonly engineFrom: string | undefined;
  readonly tests: readonly string[];
  readonly signal: AbortSignal;
  readonly onMutant: (mutant: MutantFacts) => void;
  readonly onOutput: (text: string) => void;
}

export interface EngineRun {
  readonly facts: MutationFacts;
  /** What it printed, as a step of the job. */
  readonly step: StepFacts;
}

const outputLimitBytes = 64 * 1024 * 1024;
/** An engine ends itself at its time; this is for one that does not. */
const graceMs = 20_000;
const keptLines = 400;

/**
 * Lets an engine try its mutants inside the environment. Each mutant's fate arrives as it is known: what came before the time was over is
 * the result, also of an engine that died. Throws a Problem for what keeps it from beginning: it is not installed, the tests fail as they are.
 */
export async function runEngine(options: RunEngineOptions): Promise<EngineRun> {
  const { runtime, environmentId, engine, targets, withinMs, signal } = options;
  const command = engineCommand(engine, options.preloadDirectory);
  const startedAt = Date.now();
  const seen = createSeen(options.onMutant);
  const printed: StepLine[] = [];
  let dropped = 0;
  const readTold = lineReader((line) => seen.take(readEngineLine(line)));
  const readPrinted = lineReader((line) => {
    printed.push({ stream: "stderr", text: line.slice(0, 2000) });
    if (printed.length > keptLines) dropped += printed.splice(0, 1).length;
    options.onOutput(line);
  });
  const ended = await runtime.exec(
    environmentId,
    {
      command,
      environment: { ...options.variables, ...quietVariables },
      directory: workspaceMount,
      timeoutMs: withinMs + graceMs,
      outputLimitBytes,
      stdin: Buffer.from(JSON.stringify(engineOrder(options))),
      onOutput: ({ stream, data }) => (stream === "stdout" ? readTold(data) : readPrinted(data)),
    },
    { signal },
  );
  const { failed, planned, baseline, mutants } = seen;
  const unknown = failed !== undefined && tellsNothing.has(failed.code) ? [failed.message, ...failed.details].join("; ") : undefined;
  if (failed !== undefined && unknown === undefined) throw engineProblem(failed, engine);
  const last = printed.slice(-6).map(({ text }) => text);
  if (planned === undefined && unknown === undefined)
    throw engineDied(ended.timedOut ? "its time over" : `code ${ended.exitCode}`, { engine, last });
  const durationMs = Date.now() - startedAt;
  const facts: MutationFacts = {
    job: options.job,
    engine,
    version: seen.started?.engine ?? engine,
    runner: seen.started?.runner ?? "",
    baseline: baseline && { tests: baseline.tests, durationMs: baseline.durationMs },
    files: targets.length,
    changedLines: targets.every(({ lines }) => lines !== undefined)
      ? targets.reduce((sum, { lines }) => sum + (lines?.length ?? 0), 0)
      : undefined,
    found: planned?.found ?? 0,
    leftOut: Math.max(0, (planned?.found ?? 0) - (planned?.chosen ?? 0)),
    untried: Math.max(0, (planned?.chosen ?? 0) - mutants.length),
    ignored: planned?.ignored ?? 0,
    unknown,
    durationMs,
    score: mutationScore(mutants),
    mutants,
  };
  const step: StepFacts = {
    name: `mutants of ${targets.length} files, by ${facts.version}`,
    command: command.at(-1) ?? "",
    // It ends as it likes when its time is over; what it told is what counts.
    exitCode: seen.done ? 0 : ended.exitCode,
    timedOut: ended.timedOut,
    startedAt,
    durationMs,
    output: printed,
    droppedLines: dropped,
  };
  return { facts, step };
}

/** Beside those of the job: nothing that draws progress for people. */
const quietVariables = { NO_COLOR: "1", PYTHONUNBUFFERED: "1" };

/** The project's own Python, where it has one: the first of the usual places. */
const findPython =
  'for p in "$VIRTUAL_ENV/bin/python" .venv/bin/python venv/bin/python; do if [ -x "$p" ]; then exec "$p" "$0"; fi; done; exec python3 "$0"';

function engineCommand(engine: Engine, preloadDirectory: string): readonly string[] {
  if (engine === "stryker") return ["node", `${preloadDirectory}/mutation/stryker/run.mjs`];
  return ["sh", "-c", findPython, `${preloadDirectory}/mutation/python/dojang_mutation.py`];
}

function engineOrder({ engine, targets, atMost, withinMs, command, config, engineFrom, tests }: RunEngineOptions) {
  const common = { atMost, withinMs, config, tests };
  if (engine === "pytest")
    return { ...common, arguments: [], targets: targets.map(({ file, lines }) => ({ file, ...(lines === undefined ? {} : { lines }) })) };
  return { ...common, command, engineFrom, targets: targets.map(({ file, lines }) => ({ file, ranges: lineRanges(lines ?? []) })) };
}

interface Seen {
  readonly started?: Extract<EngineLine, { kind: "started" }>;
  readonly baseline?: Extract<EngineLine, { kind: "baseline" }>;
  readonly planned?: Extract<EngineLine, { kind: "planned" }>;
  readonly failed?: Extract<EngineLine, { kind: "failed" }>;
  readonly done: boolean;
  readonly mutants: readonly MutantFacts[];
  take(line: EngineLine | undefined): void;
}

/** More than can have been asked for is not kept. */
const mostMutants = 2000;

function createSeen(onMutant: (mutant: MutantFacts) => void): Seen {
  const mutants: MutantFacts[] = [];
  const seen: { -readonly [Key in keyof Seen]: Seen[Key] } = {
    done: false,
    mutants,
    take(line) {
      if (line === undefined) return;
      if (line.kind === "mutant") {
        const { kind: _kind, ...mutant } = line;
        if (mutants.length >= mostMutants) return;
        mutants.push(mutant);
        onMutant(mutant);
      } else if (line.kind === "started") seen.started = line;
      else if (line.kind === "baseline") seen.baseline = line;
      else if (line.kind === "planned") seen.planned = line;
      else if (line.kind === "failed") seen.failed = line;
      else seen.done = true;
    },
  };
  return seen;
}

/** Tests that take longer than there is time, and code that none imports: no fault of the file. A gate says whether that may be. */
const tellsNothing: ReadonlySet<string> = new Set(["tests-hang", "nothing-runs"]);

const fixes: Readonly<Record<string, string>> = {
  "tests-red": "let the tests pass first: a test that fails anyway notices nothing; name a job that runs them under `needs`",
  "no-tests": "write a test that imports the changed code, or correct `config` or `tests`",
  "pytest-missing": "add pytest to the project's requirements",
  "source-unreadable": "correct the file, or take it out by `!` under `mutate`",
};

function engineProblem({ code, message, details, fix }: Extract<EngineLine, { kind: "failed" }>, engine: Engine): Problem {
  return new Problem({
    code: `mutation-${code}`,
    message: [`${engine === "stryker" ? "Stryker" : "pytest"}: ${message}`, ...details.map((line) => `  ${line}`)].join("\n"),
    fix: fix ?? fixes[code] ?? "look at the step's output in the report, and run the tests alone",
    exit: "configuration",
  });
}

function engineDied(how: string, { engine, last }: { readonly engine: Engine; readonly last: readonly string[] }): Problem {
  return new Problem({
    code: "mutation-engine-died",
    message: [`the mutants' engine ${engine} ended with ${how} before it tried one`, ...last.map((line) => `  ${line}`)].join("\n"),
    fix: "run it again; with a larger `limits.memory` when the machine ran out of it",
    exit: "infrastructure",
  });
}

function lineReader(onLine: (line: string) => void): (data: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (data) => {
    const parts = (rest + decoder.decode(data, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) onLine(part);
  };
}
