import { resolve } from "node:path";
import { exitCodes, type RuntimeName } from "@dojang/model";
import { Command, Option } from "commander";
import { loadProject } from "../config/load-project.ts";
import { type Live, openLive } from "../deployments/open-live.ts";
import { personOf } from "../deployments/people.ts";
import { gatherFacts } from "../engine/gather-facts.ts";
import { keepHouse } from "../engine/housekeeping.ts";
import { readChange } from "../engine/read-change.ts";
import { runProject } from "../engine/run-project.ts";
import { chooseReady, runtimeFacts } from "../engine/runtimes.ts";
import { verdictExit } from "../engine/verdict-exit.ts";
import { makeReportFolder, writeReport } from "../engine/write-report.ts";
import type { Deploying } from "../jobs/job.ts";
import { renderTerminal } from "../report/render-terminal.ts";
import { toJson } from "../report/to-json.ts";
import { jobsOfRun } from "../store/jobs.ts";
import { agree } from "./agree.ts";
import type { CommandContext } from "./command-context.ts";
import { createRunProgress } from "./progress/run-progress.ts";
import { openSession, runtimeNames, type Session } from "./session.ts";

interface RunFlags {
  readonly job?: readonly string[];
  readonly runtime?: RuntimeName;
  readonly base?: string;
  readonly deploy: boolean;
  readonly approve: boolean;
  readonly out: string;
  readonly allure: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

export function runCommand(context: CommandContext): Command {
  return new Command("run")
    .argument("[directory]", "the project", ".")
    .option("-j, --job <names...>", "only these jobs, and what they need")
    .addOption(new Option("--runtime <name>", "what environments run on").choices(runtimeNames))
    .option("--base <ref>", "what the change is compared with (default: the main branch, or the commit before)")
    .option("--deploy", "run deploy jobs too, and what needs them", false)
    .option("--approve", "approve deployments that ask for it, where you may", false)
    .option("--out <folder>", "where report.html goes", ".dojang")
    .option("--allure", "also write Allure results", false)
    .option("--verbose", "print what steps and builds print", false)
    .option("--json", "events as JSON lines, and the result as the last line", false)
    .addHelpText("after", "\nExample: dojang run --job integration --verbose\nEnds 0 when it passed, 1 when the verdict is failed.")
    .action((directory: string, flags: RunFlags) => run(context, directory, flags));
}

async function run(context: CommandContext, directory: string, flags: RunFlags): Promise<void> {
  const { signal } = context;
  const project = await loadProject({ directory: resolve(directory), env: context.environment, signal });
  // A place that cannot be written to is told before the run, and not after it.
  const out = resolve(project.directory, flags.out);
  await makeReportFolder(out);
  const progress = createRunProgress({ json: flags.json, verbose: flags.verbose, stderr: process.stderr, stdout: process.stdout });
  try {
    await using session = await openSession({ context, say: (text) => progress.show({ kind: "note", text }) });
    const ready = await chooseReady(session.runtimes, { asked: flags.runtime, trusted: true, signal });
    progress.show({ kind: "note", text: `runtime ${ready.availability.summary}${ready.why}` });
    const deploying = flags.deploy ? deployingOf(context, session, { approve: flags.approve }) : undefined;
    const { run: ended } = await runProject({
      store: session.store,
      home: session.home,
      runtime: ready.runtime,
      preloadDirectory: ready.preloadDirectory,
      project,
      change: await readChange({ directory: project.directory, base: flags.base, signal }),
      only: flags.job,
      deploying,
      trusted: true,
      signal,
      emit: progress.show,
    });
    progress.close();
    const facts = await gatherFacts({
      store: session.store,
      run: ended,
      runtime: runtimeFacts(ready),
      leftOut: [...ready.leftOut, ...notInstalled(context)],
    });
    const report = await writeReport({ facts, directory: out, allure: flags.allure });
    if (flags.json) process.stdout.write(`${JSON.stringify({ kind: "result", report: report.html, ...toJson(facts) })}\n`);
    else process.stdout.write(`${renderTerminal(facts, terminal(report.html))}\n`);
    await keepHouse(session.store, { now: Date.now() });
    process.exitCode = signal.aborted ? exitCodes.interrupted : verdictExit(ended, await jobsOfRun(session.store, ended.id));
  } finally {
    progress.close();
  }
}

function deployingOf(context: CommandContext, session: Session, { approve }: { readonly approve: boolean }): Deploying {
  const { store, home, runtimes } = session;
  let opening: Promise<Live> | undefined;
  const open = () => {
    opening ??= openLive({ store, home, runtimes, env: context.environment, signal: context.signal });
    return opening;
  };
  const { environment: env } = context;
  return { person: personOf(env), open, env, approves: approve, approve: (deployment) => agree(context, store, { deployment, approve }) };
}

function terminal(reportPath: string) {
  return { color: process.stdout.isTTY === true, columns: process.stdout.columns ?? 100, reportPath };
}

/** Named by the set-up script when it could not install them. */
function notInstalled({ environment }: CommandContext): readonly { what: string; reason: string }[] {
  const names = (environment.DOJANG_SETUP_LEFT_OUT ?? "").split(",").filter(Boolean);
  return names.map((name) => ({ what: `package ${name}`, reason: "it is not installed, and this user may not install it" }));
}
