import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type EnvironmentSpec, exitCodes, type IntegrationJob, Problem, type RuntimeName, type ServiceSpec } from "@dojang/model";
import { Command, Option } from "commander";
import { type LoadedProject, loadProject } from "../config/load-project.ts";
import { createRunResources } from "../engine/run-resources.ts";
import { chooseReady, type ReadyRuntime } from "../engine/runtimes.ts";
import { listKept, startKept } from "../environments/kept-environment.ts";
import { plannedSteps } from "../environments/planned-steps.ts";
import { readPublished, startKeeper, wantedPorts } from "../environments/port-keeper.ts";
import { runSteps, stepsPassed } from "../environments/run-steps.ts";
import { withServicePreload } from "../environments/service-preload.ts";
import type { CommandContext } from "./command-context.ts";
import { printEnvironment } from "./print-environment.ts";
import { createRunProgress, type RunProgress } from "./progress/run-progress.ts";
import { openSession, runtimeNames, type Session } from "./session.ts";

interface UpFlags {
  readonly runtime?: RuntimeName;
  readonly prepare: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

export function upCommand(context: CommandContext): Command {
  return new Command("up")
    .description("Start the system, isolated, and leave it running: its published ports are on this machine's loopback.")
    .argument("[directory]", "the project", ".")
    .addOption(new Option("--runtime <name>", "what it runs on").choices(runtimeNames))
    .option("--no-prepare", "leave out the `prepare` steps of the first integration job")
    .option("--verbose", "print what builds and steps print", false)
    .option("--json", "the environment as one JSON object", false)
    .addHelpText("after", "\nExample: dojang up && dojang logs --follow")
    .action((directory: string, flags: UpFlags) => up(context, resolve(directory), flags));
}

async function up(context: CommandContext, directory: string, flags: UpFlags): Promise<void> {
  const { signal } = context;
  const project = await loadProject({ directory, env: context.environment, signal });
  if (project.services.length === 0) throw nothingToStart(project);
  // With --json the last line is the only one.
  const progress = createRunProgress({ json: false, verbose: flags.verbose, stderr: process.stderr, stdout: process.stdout });
  await using session = await openSession({ context, say: (text) => progress.show({ kind: "note", text }) });
  const running = (await listKept(session.store, project.directory))[0];
  if (running) {
    progress.show({ kind: "note", text: `${running.id} is up already; dojang down removes it` });
    const ready = session.runtimes.find((each) => each.runtime.name === running.runtime);
    const status = await ready?.runtime.inspect(running.id);
    if (status) return printEnvironment({ status, ports: await readPublished(session.home, running.id), json: flags.json });
  }
  const ready = await chooseReady(session.runtimes, { asked: flags.runtime, trusted: true, signal });
  progress.show({ kind: "note", text: `runtime ${ready.availability.summary}${ready.why}` });
  const id = await start({ context, project, session, ready, progress });
  const prepared = flags.prepare ? await prepare({ context, project, ready, progress, id }) : true;
  const ports = await startKeeper({
    home: session.home,
    environmentId: id,
    ports: wantedPorts(project.services),
    command: [process.execPath, fileURLToPath(new URL("../../bin/dojang.js", import.meta.url)), "keep", ready.runtime.name],
  });
  progress.close();
  const status = await ready.runtime.inspect(id);
  if (status) printEnvironment({ status, ports, json: flags.json });
  process.exitCode = prepared ? exitCodes.passed : exitCodes.failed;
}

interface UpWork {
  readonly context: CommandContext;
  readonly project: LoadedProject;
  readonly ready: ReadyRuntime;
  readonly progress: RunProgress;
}

async function start({ context, project, session, ready, progress }: UpWork & { readonly session: Session }): Promise<string> {
  const { signal } = context;
  const { runtime, preloadDirectory } = ready;
  const resources = createRunResources({ runtime, home: session.home, project, base: undefined, signal, emit: progress.show });
  const built = project.services.filter((service) => service.program.kind === "build").map((service) => service.name);
  const [workspace, images] = await Promise.all([resources.workspace(), resources.images(built)]);
  const id = `${project.name.slice(0, 28)}-up-${randomBytes(3).toString("hex")}`;
  const spec: EnvironmentSpec = {
    id,
    project: project.name,
    kind: "preview",
    services: project.services.map((service: ServiceSpec) => withServicePreload(service, preloadDirectory)),
    workspace: { tree: workspace.tree, mountAt: workspace.mountAt },
    volumes: project.volumes,
    egress: { kind: "none" },
    extraHosts: {},
    trusted: true,
    limits: project.file.defaults.limits,
    startTimeoutMs: project.file.defaults.startTimeoutMs,
  };
  await startKept({
    store: session.store,
    runtime,
    spec,
    directory: project.directory,
    images,
    signal,
    onProgress(event) {
      if (event.kind === "service") progress.show({ ...event, job: "up" });
      if (event.kind === "substitution") progress.show({ kind: "note", text: `${event.service}: ${event.asked} -> ${event.took}` });
      if (event.kind === "note") progress.show({ kind: "note", text: event.text });
    },
  });
  return id;
}

/** What tests need to find, a person needs too: migrations and seeds. */
async function prepare({ context, project, ready, progress, id }: UpWork & { readonly id: string }): Promise<boolean> {
  const [name, job] = Object.entries(project.file.jobs).find(([, each]) => each.kind === "integration") ?? [];
  if (name === undefined || job === undefined) return true;
  const { prepare: steps, env } = job as IntegrationJob;
  if (steps.length > 0) progress.show({ kind: "note", text: `preparing as job ${name} does` });
  const planned = plannedSteps(steps, {
    variables: { ...project.file.env, ...env },
    recording: {},
    jobTimeoutMs: project.file.defaults.timeoutMs,
  });
  const results = await runSteps(planned, {
    runtime: ready.runtime,
    environmentId: id,
    job: "prepare",
    signal: context.signal,
    emit: progress.show,
  });
  return stepsPassed(results);
}

function nothingToStart(project: LoadedProject): Problem {
  return new Problem({
    code: "no-services",
    message: `${project.name} has no service to start`,
    fix: "add a compose.yaml, and name it under `compose` in dojang.yml",
    exit: "configuration",
  });
}
