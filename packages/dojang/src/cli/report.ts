import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Problem } from "@dojang/model";
import { makeFolders } from "@dojang/runtime";
import { Command } from "commander";
import { loadProject } from "../config/load-project.ts";
import { gatherFacts } from "../engine/gather-facts.ts";
import { runtimeFacts } from "../engine/runtimes.ts";
import { writeReport } from "../engine/write-report.ts";
import { renderTerminal } from "../report/render-terminal.ts";
import { toHar } from "../report/to-har.ts";
import { toJson } from "../report/to-json.ts";
import { latestRun, runByNumber } from "../store/runs.ts";
import type { CommandContext } from "./command-context.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";
import { wholeNumber } from "./whole-number.ts";

interface ReportFlags {
  readonly run?: number;
  readonly out: string;
  readonly allure: boolean;
  readonly har?: string;
  readonly json: boolean;
}

export function reportCommand(context: CommandContext): Command {
  return new Command("report")
    .argument("[directory]", "the project", ".")
    .option("--run <number>", "which run (default: the last)", wholeNumber("--run", { least: 1, most: 1_000_000_000, example: "--run 12" }))
    .option("--out <folder>", "where report.html goes", ".dojang")
    .option("--allure", "also write Allure results", false)
    .option("--har <file>", "also write the tests' transactions as an HTTP archive")
    .option("--json", "the facts as one JSON object", false)
    .addHelpText("after", "\nExample: dojang report --run 12 --out reports/12")
    .action((directory: string, flags: ReportFlags) => report(context, directory, flags));
}

async function report(context: CommandContext, directory: string, flags: ReportFlags): Promise<void> {
  const project = await loadProject({ directory: resolve(directory), env: context.environment, signal: context.signal });
  await using session = await openSession({ context, say });
  const { store } = session;
  const run = flags.run === undefined ? await latestRun(store, project.name) : await runByNumber(store, project.name, flags.run);
  if (run === undefined) throw runUnknown(project.name, flags.run);
  const ready = session.runtimes.find((each) => each.runtime.name === run.runtime);
  const runtime = ready
    ? runtimeFacts({ ...ready, availability: await ready.runtime.available({ signal: context.signal }) })
    : { name: run.runtime, summary: run.runtime, notPromised: [] };
  const facts = await gatherFacts({ store, run, runtime, leftOut: [] });
  const written = await writeReport({ facts, directory: resolve(project.directory, flags.out), allure: flags.allure });
  if (flags.har !== undefined) {
    await makeFolders(dirname(resolve(flags.har)));
    await writeFile(resolve(flags.har), JSON.stringify(toHar(facts)));
  }
  if (flags.json) process.stdout.write(`${JSON.stringify({ report: written.html, ...toJson(facts) })}\n`);
  else
    process.stdout.write(
      renderTerminal(facts, { color: process.stdout.isTTY === true, columns: process.stdout.columns ?? 100, reportPath: written.html }),
    );
}

function runUnknown(project: string, number: number | undefined): Problem {
  return new Problem({
    code: "run-unknown",
    message: number === undefined ? `${project} has no run yet` : `${project} has no run ${number}`,
    fix: "make one with: dojang run",
    exit: "configuration",
  });
}
