import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type EnvironmentSpec, exitCodes, type Job, nameAdvice, Problem, type RuntimeName, type ServiceSpec } from "@dojang/model";
import { likelyAddresses } from "@dojang/runtime";
import { Command, Option } from "commander";
import { createAuthority } from "../capture/authority.ts";
import { type LoadedProject, loadProject } from "../config/load-project.ts";
import { createRunResources } from "../engine/run-resources.ts";
import { chooseReady, type ReadyRuntime } from "../engine/runtimes.ts";
import { listKept, startKept } from "../environments/kept-environment.ts";
import { type PlayedSystems, playSystems } from "../environments/mocks/mock-services.ts";
import { prepareMocks } from "../environments/mocks/prepare-mocks.ts";
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
  readonly job?: string;
  readonly prepare: boolean;
  readonly mocks: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

export function upCommand(context: CommandContext): Command {
  return new Command("up")
    .argument("[directory]", "the project", ".")
    .addOption(new Option("--runtime <name>", "what it runs on").choices(runtimeNames))
    .option("--job <name>", "whose `prepare` steps are run and whose mocks are played; the first integration job without it")
    .option("--no-prepare", "leave out the `prepare` steps")
    .option("--no-mocks", "play no outside system: services of the Compose file stand in")
    .option("--verbose", "print what builds and steps print", false)
    .option("--json", "the environment as one JSON object", false)
    .addHelpText("after", "\nExample: dojang up && dojang logs --follow")
    .action((directory: string, flags: UpFlags) => up(context, resolve(directory), flags));
}

async function up(context: CommandContext, directory: string, flags: UpFlags): Promise<void> {
  const { signal } = context;
  const project = await loadProject({ directory, env: context.environment, signal });
  if (project.services.length === 0) throw nothingToStart(project);
  const job = jobOf(project, flags.job);
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
  const played = playSystems({
    mocks: flags.mocks && job !== undefined ? (project.mocks[job.name] ?? []) : [],
    services: project.services,
    variables: [project.file.env, job?.definition.env ?? {}],
  });
  const work: UpWork = { context, project, job, played, ready, progress };
  const id = await start(work, session);
  const prepared = flags.prepare ? await prepare(work, id) : true;
  const ports = await startKeeper({
    home: session.home,
    environmentId: id,
    ports: [...wantedPorts(played.services), ...mockPorts(played)],
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
  readonly job: { readonly name: string; readonly definition: Job } | undefined;
  readonly played: PlayedSystems;
  readonly ready: ReadyRuntime;
  readonly progress: RunProgress;
}

function jobOf({ file }: LoadedProject, asked: string | undefined): UpWork["job"] {
  const jobs = Object.entries(file.jobs);
  const [name, definition] = jobs.find(([job, { kind }]) => (asked === undefined ? kind === "integration" : job === asked)) ?? [];
  if (name !== undefined && definition !== undefined) return { name, definition };
  if (asked === undefined) return undefined;
  throw new Problem({
    code: "job-unknown",
    message: `there is no job "${asked}" in dojang.yml`,
    fix: nameAdvice(asked, Object.keys(file.jobs), "jobs"),
    exit: "configuration",
  });
}

/** A mock has a mailbox to look into, and an admin API; where Compose published no port of it, its first is. */
function mockPorts({ mocks }: PlayedSystems) {
  return mocks.flatMap(({ source, ports }) => {
    const published = ports.filter((port) => port.published !== undefined);
    const shown = published.length > 0 ? published : ports.slice(0, 1);
    return shown.map((port) => ({ service: source.name, container: port.container, preferred: port.published }));
  });
}

async function start({ context, project, played, ready, progress }: UpWork, session: Session): Promise<string> {
  const { signal } = context;
  const { runtime, preloadDirectory } = ready;
  const resources = createRunResources({ runtime, home: session.home, project, base: undefined, signal, emit: progress.show });
  const built = played.services.filter((service) => service.program.kind === "build").map((service) => service.name);
  const [workspace, images] = await Promise.all([resources.workspace(), resources.images(built)]);
  const id = `${project.name.slice(0, 28)}-up-${randomBytes(3).toString("hex")}`;
  const authority = played.mocks.length > 0 ? await createAuthority({ environment: id, validMs: upValidMs }) : undefined;
  const { services: mocks } = await prepareMocks({
    mocks: played.mocks,
    home: session.home,
    directory: project.directory,
    authority,
    addressesOf: (mock) => (runtime.name === "host" ? likelyAddresses(id, mock) : []),
  });
  for (const text of played.notes) progress.show({ kind: "note", text });
  const spec: EnvironmentSpec = {
    id,
    project: project.name,
    kind: "preview",
    services: [...mocks, ...played.services].map((service: ServiceSpec) => withServicePreload(service, preloadDirectory)),
    workspace: { tree: workspace.tree, mountAt: workspace.mountAt },
    volumes: project.volumes,
    egress: { kind: "none" },
    extraHosts: {},
    certificateAuthorityPem: authority?.certificatePem,
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
      const isMock = event.kind === "substitution" && mocks.some(({ name }) => name === event.service);
      if (event.kind === "substitution" && !isMock)
        progress.show({ kind: "note", text: `${event.service}: ${event.asked} -> ${event.took}` });
      if (event.kind === "note") progress.show({ kind: "note", text: event.text });
    },
  });
  return id;
}

/** What tests need to find, a person needs too: migrations and seeds. */
async function prepare({ context, project, job, played, ready, progress }: UpWork, id: string): Promise<boolean> {
  if (job === undefined || !("prepare" in job.definition)) return true;
  const { prepare: steps, env } = job.definition;
  if (steps.length > 0) progress.show({ kind: "note", text: `preparing as job ${job.name} does` });
  const planned = plannedSteps(steps, {
    variables: { ...played.variables, ...project.file.env, ...env },
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

/** An environment may be left up for long; nobody renews what its mocks show. */
const upValidMs = 365 * 24 * 60 * 60 * 1000;

function nothingToStart(project: LoadedProject): Problem {
  return new Problem({
    code: "no-services",
    message: `${project.name} has no service to start`,
    fix: "add a compose.yaml, and name it under `compose` in dojang.yml",
    exit: "configuration",
  });
}
