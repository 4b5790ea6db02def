import type { Socket } from "node:net";
import { type EnvironmentSpec, Problem } from "@dojang/model";
import type { ProgressEvent, StartOptions } from "../contract.ts";
import type { MachineFacts } from "../programs/machine-facts.ts";
import type { ProgramPlan } from "../programs/program-plan.ts";
import { environmentStopped } from "../runtime-problems.ts";
import { readSpool } from "../supervision/line-spool.ts";
import type { SupervisedStatus } from "../supervision/supervised-entry.ts";
import type { AgentRequest, PodPlan } from "./agent/pod-plan.ts";
import { askAgent, dialAgent, repliesOf } from "./agent-connection.ts";
import { findHostLimits, makeGroups } from "./host-groups.ts";
import { type HostView, kindOf } from "./host-view.ts";
import { launchPod } from "./launch-pod.ts";
import { groupPlace, sharedPlace } from "./outer-sandbox.ts";
import { planPod, portsOf } from "./plan-pod.ts";
import { makePodFolder, type PodPaths, readMark, thisProcess } from "./pod-folder.ts";
import { prepareSources } from "./prepare-sources.ts";
import { prepareTemplates } from "./prepare-templates.ts";
import { removePod } from "./remove-pod.ts";
import type { Toolbox } from "./toolbox.ts";

export interface StartContext {
  readonly home: string;
  readonly toolbox: Toolbox;
  readonly host: HostView;
  readonly programs: ReadonlyMap<string, ProgramPlan>;
  readonly machine: MachineFacts;
}

/** Makes an environment; when it rejects, nothing of it is left. */
export async function startEnvironment(spec: EnvironmentSpec, options: StartOptions, context: StartContext): Promise<void> {
  const services = spec.services.map((service) => {
    const program = context.programs.get(service.name);
    return { name: service.name, program: program?.describe ?? "", ports: program ? portsOf(service, program) : [] };
  });
  const images = Object.values(options.images).map((image) => image.digest);
  const mark = {
    id: spec.id,
    project: spec.project,
    run: spec.run,
    startedAt: Date.now(),
    starter: await thisProcess(),
    services,
    workspace: spec.workspace !== undefined,
    images,
  };
  const paths = await makePodFolder(context.home, mark);
  const seen = new Map<string, SupervisedStatus>();
  try {
    await launchServices({ spec, options, context, paths });
    if (spec.egress.kind === "allow") await reportEgress(paths.control, options);
    await watchStart({ paths, spec, options, seen });
  } catch (error) {
    const stopped = (await readMark(paths)) === undefined;
    const told = stopped && !options.signal.aborted ? environmentStopped(spec.id) : await withLastLines(error, paths, seen);
    await removePod(paths, spec.id);
    options.signal.throwIfAborted();
    throw told;
  }
}

interface Launching {
  readonly spec: EnvironmentSpec;
  readonly options: StartOptions;
  readonly context: StartContext;
  readonly paths: PodPaths;
}

async function launchServices({ spec, options, context, paths }: Launching): Promise<void> {
  const { signal, images } = options;
  const { programs, toolbox, host } = context;
  const templates = await prepareTemplates(programs, context, signal);
  const { sources, lower } = await prepareSources({ spec, paths, programs, images, templates, signal });
  const shared = await Promise.all(
    toolbox.shared.map(async (one, index) => ({ from: sharedPlace(index), path: one.path, kind: await kindOf(one.from) })),
  );
  const { groups, enter, wrapper } = await makeGroups(await findHostLimits(), paths.folder, spec.limits);
  const plan: PodPlan = {
    ...planPod({ spec, programs, sources, host, shared }),
    groups: groups.map((group, index) => ({ ...group, folder: groupPlace(index) })),
  };
  const egress = spec.egress.kind === "allow" ? { hosts: spec.egress.hosts, always: [] } : undefined;
  const pem = spec.certificateAuthorityPem;
  const authority = pem === undefined ? undefined : { pem, bundle: `${host.authorities.trimEnd()}\n${pem}` };
  await launchPod({ outer: { paths, toolbox, host, lower, writable: [], groups }, plan, enter, wrapper, egress, authority, signal });
}

/** For as long as this process and the environment live; neither waits for the other. */
async function reportEgress(control: string, { onProgress }: StartOptions): Promise<void> {
  if (onProgress === undefined) return;
  const socket = await dialAgent(control);
  socket.write(`${JSON.stringify({ op: "egress" } satisfies AgentRequest)}\n`);
  socket.unref();
  void tellAsked(socket, onProgress).catch(() => {
    // The environment ended, and with it what there was to tell.
  });
}

async function tellAsked(socket: Socket, onProgress: (event: ProgressEvent) => void): Promise<void> {
  for await (const reply of repliesOf(socket)) {
    if (reply.kind === "asked") onProgress({ kind: "egress", ...reply.asked });
  }
}

interface Watching {
  readonly paths: PodPaths;
  readonly spec: EnvironmentSpec;
  readonly options: StartOptions;
  readonly seen: Map<string, SupervisedStatus>;
}

async function watchStart({ paths, options, seen }: Watching): Promise<void> {
  await askAgent(
    paths.control,
    { op: "watch" },
    {
      signal: options.signal,
      onReply: (reply) => {
        if (reply.kind !== "service") return;
        seen.set(reply.status.name, reply.status);
        options.onProgress?.(progressOf(reply.status));
      },
    },
  );
}

function progressOf(status: SupervisedStatus): ProgressEvent {
  return { kind: "service", service: status.name, state: status.state, detail: status.lastHealthOutput };
}

const lastLines = 20;

/** A service that is the reason is quoted: its log is gone with the environment. */
async function withLastLines(error: unknown, paths: PodPaths, seen: ReadonlyMap<string, SupervisedStatus>): Promise<unknown> {
  if (!(error instanceof Problem)) return error;
  const failed = [...seen.values()].filter((one) => one.state === "unhealthy" || (one.state === "exited" && one.exitCode !== 0));
  // Others are still starting whenever one fails: they are the reason only where none did.
  const guilty = failed.length > 0 ? failed : [...seen.values()].filter((one) => one.state === "starting");
  const quotes = await Promise.all(guilty.map((one) => quote(one.name, paths)));
  const quoted = quotes.filter((one) => one !== "").join("\n");
  if (quoted === "") return error;
  return new Problem({ code: error.code, exit: error.exit, message: `${error.message}\n${quoted}`, fix: error.fix, cause: error });
}

async function quote(service: string, paths: PodPaths): Promise<string> {
  const lines: string[] = [];
  const reading = { folder: paths.spool, service, follow: false, signal: new AbortController().signal, ended: async () => true };
  for await (const line of readSpool(reading)) {
    if (line.stream !== "system") lines.push(`  ${service} | ${line.text}`);
    if (lines.length > lastLines) lines.shift();
  }
  return lines.join("\n");
}
