import { stat } from "node:fs/promises";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { type EnvironmentSpec, Problem } from "@dojang/model";
import type {
  ActiveFault,
  Availability,
  AvailabilityCheck,
  BuildRequest,
  BuiltImage,
  CallOptions,
  EnvironmentStatus,
  EnvironmentSummary,
  ExecRequest,
  ExecResult,
  ExposeRequest,
  Fault,
  LogOptions,
  OutputLine,
  Runtime,
  ServiceStats,
  Target,
} from "../contract.ts";
import { closedToGuests, machineChecks } from "../doctor/machine-checks.ts";
import type { LiveRuntime, LiveStartOptions, Publication, PublishRequest } from "../live-runtime.ts";
import type { MachineFacts } from "../programs/machine-facts.ts";
import { openHome, placeMachine } from "../programs/place-machine.ts";
import { probeMachine } from "../programs/probe-machine.ts";
import {
  environmentStopped,
  faultUnsupported,
  imageNotBuilt,
  problemOfSupervision,
  unknownEnvironment,
  unknownService,
  untrustedNeedsIsolation,
} from "../runtime-problems.ts";
import { readSpool } from "../supervision/line-spool.ts";
import { isAlive } from "../supervision/process-tree.ts";
import { runCommand } from "../supervision/run-command.ts";
import { checkOrder } from "../supervision/start-order.ts";
import type { SupervisedStatus } from "../supervision/supervised-entry.ts";
import { lookUp, realPort, rewriteText, rewriteVariables } from "./address-book.ts";
import { claimFolder } from "./claim-folder.ts";
import { buildOnHost } from "./host-build.ts";
import { type HostFolder, type HostMark, hostFolder, listFolders, liveSupervisor, notedProcesses, readJson } from "./host-folder.ts";
import type { CommandPlace, HostPlan, HostService } from "./host-plan.ts";
import { withLastLines } from "./last-lines.ts";
import { checkLiveSpec, checkPublishing } from "./live-spec.ts";
import { makeEnvironment } from "./make-environment.ts";
import { serviceStats } from "./process-stats.ts";
import { removeEnvironment, stoppingFile } from "./remove-environment.ts";
import { rewritePaths, seenPath } from "./seen-paths.ts";
import { type AskOptions, askSupervisor, type SupervisorRequest } from "./supervisor-protocol.ts";

export interface HostRuntimeOptions {
  /** The state folder. */
  readonly home: string;
}

/**
 * Plain processes of this machine, for trusted code where nothing else is permitted.
 *
 * Theory of operation. Each environment has a folder and a detached supervisor that keeps its services alive; this class
 * plans, lays the folder out, starts the supervisor and asks it things over a socket, so any process of the state folder
 * can. Services share the host's network: each listens on its own loopback address (Linux), or on a port given to it,
 * and names in variables are rewritten to those addresses. Nothing is isolated; what is promised says so.
 */
export class HostRuntime implements LiveRuntime {
  readonly name = "host";
  readonly promises: Runtime["promises"] = {
    isolation: false,
    // Programs that take an address and Node services could; one that insists on a port of every address could not.
    ownNetwork: false,
    limits: false,
    faults: ["stop", "pause", "kill"],
    untrusted: false,
  };
  readonly #home: string;
  readonly #starting = new Map<string, { readonly abort: AbortController; readonly ended: Promise<unknown> }>();
  #machine: Promise<MachineFacts> | undefined;

  constructor(options: HostRuntimeOptions) {
    this.#home = options.home;
  }

  async available(): Promise<Availability> {
    await openHome(this.#home).catch(() => {});
    const checks = [...(await machineChecks(this.#home)), notIsolated, ...otherPlatform()];
    const missing = checks.find((check) => check.state === "missing");
    const summary =
      missing === undefined ? "plain processes, not isolated, for trusted code only" : `not available, ${missing.name}: ${missing.seen}`;
    return { ok: missing === undefined, summary: `host: ${summary}`, checks };
  }

  async build(request: BuildRequest, options: CallOptions): Promise<BuiltImage> {
    if (request.egress.kind === "none" && request.program.recipe.build.length > 0) {
      options.onProgress?.({ kind: "note", text: "host: the network of build commands is not restricted" });
    }
    return buildOnHost(request, options, { home: this.#home, machine: await this.#facts(options.signal) });
  }

  async start(spec: EnvironmentSpec, options: LiveStartOptions): Promise<EnvironmentStatus> {
    options.signal.throwIfAborted();
    if (!spec.trusted) throw untrustedNeedsIsolation(spec.id, this.name);
    for (const service of spec.services)
      if (service.program.kind === "build" && !options.images[service.name]) throw imageNotBuilt(service.name);
    checkServiceOrder(spec);
    checkLiveSpec(spec, { held: options.held ?? [], home: this.#home });
    const paths = hostFolder(this.#home, spec.id);
    const machine = await this.#facts(options.signal);
    await claimFolder(paths, { id: spec.id, project: spec.project, run: spec.run, startedAt: Date.now() });
    const abort = new AbortController();
    const signal = AbortSignal.any([options.signal, abort.signal]);
    const seen = new Map<string, SupervisedStatus>();
    const making = makeEnvironment({ spec, options, paths, machine, signal, seen }).catch(async (thrown: unknown) => {
      const error = await withLastLines(problemOfSupervision(thrown), paths.logs, [...seen.values()]);
      const stopped = await stat(stoppingFile(paths)).then(
        () => true,
        () => false,
      );
      await removeEnvironment(paths, { inOrder: false });
      signal.throwIfAborted();
      throw stopped ? environmentStopped(spec.id) : error;
    });
    this.#starting.set(spec.id, { abort, ended: making.catch(() => {}) });
    try {
      await making;
    } finally {
      this.#starting.delete(spec.id);
    }
    const status = await this.inspect(spec.id);
    if (status === undefined) throw environmentStopped(spec.id);
    return status;
  }

  async inspect(id: string): Promise<EnvironmentStatus | undefined> {
    const paths = hostFolder(this.#home, id);
    const mark = await readJson<HostMark>(paths.mark);
    if (mark === undefined) return undefined;
    const plan = await readJson<HostPlan>(paths.plan);
    const live = await askSupervisor(paths.control, { op: "status" }).catch(() => undefined);
    if (live === undefined && (await readJson(paths.mark)) === undefined) return undefined;
    const isStarting = mark.starter !== undefined && plan === undefined && (await isAlive(mark.starter));
    const services = (live?.services ?? []).map((status) => {
      const service = plan?.services.find((one) => one.name === status.name);
      return { ...status, ports: service?.ports ?? [], program: service?.describe ?? "" };
    });
    return { id, project: mark.project, state: live?.state ?? (isStarting ? "starting" : "failed"), startedAt: mark.startedAt, services };
  }

  async exec(id: string, request: ExecRequest, options: CallOptions): Promise<ExecResult> {
    const { plan } = await this.#running(id);
    options.signal.throwIfAborted();
    const place = request.service === undefined ? placeOf(plan, id) : serviceOf(plan, id, request.service);
    const { user } = plan;
    const mark = `DOJANG_COMMAND=${crypto.randomUUID()}`;
    const given = rewriteVariables(plan.book, request.environment);
    const words = (text: string) => rewriteText(plan.book, rewritePaths(place.seen, text));
    return runCommand({
      ...request,
      argv: request.command.map(words),
      environment: { ...place.environment, ...given, DOJANG_SERVICE: "", [mark.split("=")[0]!]: mark.split("=")[1]! },
      directory: request.directory === undefined ? place.directory : seenPath(place.seen, request.directory),
      signal: options.signal,
      mark,
      uid: user?.uid,
      gid: user?.gid,
    });
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<OutputLine> {
    const { paths, plan } = await this.#running(id);
    if (options.service !== undefined) serviceOf(plan, id, options.service);
    const ended = async () => (await liveSupervisor(paths)) === undefined;
    // Whatever was said before it was asked is written by the time the supervisor answers.
    await askSupervisor(paths.control, { op: "status" }).catch(() => {});
    yield* readSpool({
      folder: paths.logs,
      service: options.service,
      after: options.after,
      follow: options.follow,
      signal: options.signal,
      ended,
    });
  }

  async stats(id: string): Promise<readonly ServiceStats[]> {
    const { paths, plan } = await this.#running(id);
    const noted = await notedProcesses(paths);
    const all = await Promise.all(plan.services.map((service) => serviceStats(service, noted)));
    return all.filter((one) => one !== undefined);
  }

  async fault(id: string, fault: Fault, options: { signal: AbortSignal }): Promise<ActiveFault> {
    const { paths, plan } = await this.#running(id);
    const ask = (request: SupervisorRequest, more: AskOptions = {}) => askSupervisor(paths.control, request, more);
    if (fault.kind !== "stop" && fault.kind !== "pause" && fault.kind !== "kill")
      throw faultUnsupported(this.name, fault.kind, this.promises.faults);
    const { service } = fault;
    serviceOf(plan, id, service);
    const { signal } = options;
    if (fault.kind === "stop") await ask({ op: "take-down", service }, { signal });
    if (fault.kind === "pause") await ask({ op: "signal", service, signal: "SIGSTOP" }, { signal });
    // The name of a signal in a drill was checked when its file was read.
    if (fault.kind === "kill") await ask({ op: "signal", service, signal: (fault.signal ?? "SIGKILL") as NodeJS.Signals }, { signal });
    const undo: SupervisorRequest = fault.kind === "pause" ? { op: "signal", service, signal: "SIGCONT" } : { op: "bring-up", service };
    return {
      fault,
      heal: async () => {
        // Gone with its environment, it is healed.
        if ((await liveSupervisor(paths)) !== undefined) await ask(undo);
      },
    };
  }

  async connect(id: string, target: Target, options: { signal: AbortSignal }): Promise<Duplex> {
    const { plan } = await this.#running(id);
    options.signal.throwIfAborted();
    const address = lookUp(plan.book, target.host);
    const place = address === undefined ? target : { host: address.host, port: realPort(address, target.port) };
    const socket = connect(place);
    const onAbort = () => socket.destroy(options.signal.reason);
    options.signal.addEventListener("abort", onAbort, { once: true });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        options.signal.removeEventListener("abort", onAbort);
        resolve(socket);
      });
    });
  }

  socketDirectory(id: string): string {
    return hostFolder(this.#home, id).sockets;
  }

  async expose(id: string, request: ExposeRequest): Promise<Target> {
    const { paths } = await this.#running(id);
    const { port } = await askSupervisor(paths.control, { op: "expose", ...request });
    return { host: "127.0.0.1", port: port ?? request.port };
  }

  async takeDown(id: string, service: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { paths } = await this.#withService(id, service);
    await askSupervisor(paths.control, { op: "take-down", service }, { signal });
  }

  async bringUp(id: string, service: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { paths } = await this.#withService(id, service);
    await askSupervisor(paths.control, { op: "bring-up-well", service }, { signal }).catch(async (error: unknown) => {
      const live = await askSupervisor(paths.control, { op: "status" }).catch(() => undefined);
      throw await withLastLines(error, paths.logs, live?.services?.filter(({ name }) => name === service) ?? []);
    });
  }

  async address(id: string, service: string, port: number): Promise<Target | undefined> {
    const { address, ports } = (await this.#withService(id, service)).service;
    return ports.includes(port) ? { host: address.host, port: realPort(address, port) } : undefined;
  }

  async publish(id: string, request: PublishRequest): Promise<void> {
    const { paths, service } = await this.#withService(id, request.service);
    checkPublishing(request, service);
    await askSupervisor(paths.control, { op: "publish", ...request });
  }

  async published(id: string): Promise<readonly Publication[]> {
    const { paths } = await this.#running(id);
    return (await askSupervisor(paths.control, { op: "published" })).published ?? [];
  }

  async cutConnections(id: string): Promise<number> {
    const { paths } = await this.#running(id);
    return (await askSupervisor(paths.control, { op: "cut-connections" })).cut ?? 0;
  }

  async #withService(id: string, name: string): Promise<{ paths: HostFolder; service: HostService }> {
    const { paths, plan } = await this.#running(id);
    return { paths, service: serviceOf(plan, id, name) };
  }

  async stop(id: string): Promise<void> {
    const starting = this.#starting.get(id);
    starting?.abort.abort(environmentStopped(id));
    await starting?.ended;
    await removeEnvironment(hostFolder(this.#home, id), { inOrder: true });
  }

  async list(): Promise<readonly EnvironmentSummary[]> {
    const folders = await listFolders(this.#home);
    return Promise.all(
      folders.map(async (paths) => {
        const mark = await readJson<HostMark>(paths.mark);
        const supervised = (await liveSupervisor(paths)) !== undefined;
        const starting =
          !supervised && mark?.starter !== undefined && (await readJson(paths.plan)) === undefined && (await isAlive(mark.starter));
        const startedAt =
          mark?.startedAt ??
          (await stat(paths.folder).then(
            ({ birthtimeMs }) => birthtimeMs,
            () => 0,
          ));
        return {
          id: paths.id,
          project: mark?.project ?? "",
          run: mark?.run,
          state: supervised || starting ? "running" : "broken",
          startedAt,
        };
      }),
    );
  }

  async #running(id: string): Promise<{ paths: HostFolder; plan: HostPlan }> {
    const paths = hostFolder(this.#home, id);
    const plan = await readJson<HostPlan>(paths.plan);
    if (plan === undefined) throw unknownEnvironment(id);
    return { paths, plan };
  }

  /** Probed once; a failure is not kept. */
  #facts(signal: AbortSignal): Promise<MachineFacts> {
    this.#machine ??= probeMachine({ signal })
      .then((machine) => placeMachine({ machine, home: this.#home }))
      .then(async (machine) => {
        const closed = await closedToGuests(this.#home);
        if (closed !== undefined) throw homeUnreachable(closed, this.#home);
        return machine;
      })
      .catch((error: unknown) => {
        this.#machine = undefined;
        throw error;
      });
    return this.#machine;
  }
}

const notIsolated: AvailabilityCheck = {
  name: "isolation",
  state: "degraded",
  seen: "services are plain processes of this machine",
  fix: "dojang doctor says what the sandbox needs",
};

function otherPlatform(): AvailabilityCheck[] {
  if (process.platform === "linux" || process.platform === "darwin") return [];
  return [{ name: "system", state: "missing", seen: process.platform, fix: "use Linux or macOS" }];
}

function checkServiceOrder(spec: EnvironmentSpec): void {
  try {
    checkOrder(spec.services);
  } catch (error) {
    throw problemOfSupervision(error);
  }
}

function homeUnreachable(closed: string, home: string): Problem {
  return new Problem({
    code: "home-unreachable",
    exit: "infrastructure",
    message: `the guests' user cannot enter ${closed}, on the way to the state folder ${home}`,
    fix: `chmod o+x ${closed}, or set DOJANG_HOME to a folder whose parents everyone may enter, such as /var/lib/dojang`,
  });
}

function placeOf(plan: HostPlan, id: string): CommandPlace {
  if (plan.workspace !== undefined) return plan.workspace;
  throw new Problem({
    code: "no-workspace",
    exit: "configuration",
    message: `environment ${id} has no workspace to run commands in`,
    fix: `name a service: one of ${plan.services.map((service) => service.name).join(", ")}`,
  });
}

function serviceOf(plan: HostPlan, id: string, name: string): HostService {
  const found = plan.services.find((service) => service.name === name);
  if (found !== undefined) return found;
  throw unknownService(
    id,
    name,
    plan.services.map((service) => service.name),
  );
}
