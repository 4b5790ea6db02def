import { chmod } from "node:fs/promises";
import { basename, join } from "node:path";
import { type EnvironmentSpec, Problem } from "@dojang/model";
import type { EnvironmentStatus, Fault, Runtime, RuntimePromises } from "../contract.ts";
import type { MachineFacts } from "../programs/machine-facts.ts";
import { placeMachine } from "../programs/place-machine.ts";
import type { ProgramPlan } from "../programs/program-plan.ts";
import { imageLayout, resolveProgram } from "../programs/resolve-program.ts";
import { environmentStopped, problemOfSupervision, refuseLiveSpec, unknownEnvironment } from "../runtime-problems.ts";
import { readSpool } from "../supervision/line-spool.ts";
import { checkOrder } from "../supervision/start-order.ts";
import { askAgent, connectThroughAgent } from "./agent-connection.ts";
import { sandboxAvailability } from "./availability.ts";
import { buildImage } from "./build-image.ts";
import { readHostView } from "./host-view.ts";
import { sweepJobPods } from "./job-pod.ts";
import { packageRegistries } from "./package-registries.ts";
import { runDirectory } from "./plan-pod.ts";
import { activeFault, execInPod, expected } from "./pod-exec.ts";
import { listMarks, type PodMark, type PodPaths, podPaths, readMark, sweepUnmarked } from "./pod-folder.ts";
import { hasEnded, readStatus, summaryOf } from "./pod-status.ts";
import { remembered } from "./remembered.ts";
import { removePod } from "./remove-pod.ts";
import { shortFolder } from "./short-socket-path.ts";
import { startEnvironment } from "./start-environment.ts";
import { placeToolbox, type SharedPath } from "./toolbox.ts";

export interface SandboxOptions {
  /** The state folder. Its parents must let everyone enter when Dojang is root. */
  readonly home: string;
  /** As probed; what guests could not reach of it is copied below `home` before the first start. */
  readonly machine: MachineFacts;
  /** Files and folders of the host that every service and step sees, read-only. */
  readonly sharedReadOnly?: readonly SharedPath[];
  /** How much of built trees is kept, newest first; 20 GiB when absent. */
  readonly keepImageBytes?: number;
}

const defaultKeepImageBytes = 20 * 1024 ** 3;
const faults: readonly Fault["kind"][] = ["stop", "pause", "kill", "offline", "cut", "latency", "loss", "disk-full"];
const promises: RuntimePromises = { isolation: true, ownNetwork: true, limits: true, faults, untrusted: true };

/** Environments in namespaces of Linux, without a daemon and without privileges for what runs in them. */
export function createSandboxRuntime(options: SandboxOptions): Runtime {
  const { home, sharedReadOnly = [], keepImageBytes = defaultKeepImageBytes } = options;
  // Made when first needed, once per runtime; a failure is tried again.
  const toolbox = remembered(() => placeToolbox(home, sharedReadOnly));
  const placed = remembered(() => placeMachine({ machine: options.machine, home }));
  const host = remembered(readHostView);
  const registries = {
    node: remembered(() => packageRegistries("node")),
    python: remembered(() => packageRegistries("python")),
    other: remembered(() => packageRegistries("other")),
  };
  const openFolders = new Map<string, string>();

  const marked = async (id: string): Promise<{ paths: PodPaths; mark: PodMark }> => {
    const paths = podPaths(home, checkedId(id));
    const mark = await readMark(paths);
    if (mark === undefined) throw unknownEnvironment(id);
    return { paths, mark };
  };
  const inspect = async (id: string): Promise<EnvironmentStatus | undefined> => {
    const paths = podPaths(home, checkedId(id));
    const mark = await readMark(paths);
    return mark && readStatus(paths, mark);
  };

  return {
    name: "sandbox",
    promises,
    available: () => sandboxAvailability(home),
    build: (request, callOptions) =>
      buildImage(request, callOptions, { home, toolbox, host, registries: (language) => registries[language](), keepImageBytes }),
    async start(spec, startOptions) {
      startOptions.signal.throwIfAborted();
      checkedId(spec.id);
      refuseLiveSpec(spec, "sandbox");
      refuseDisorder(spec);
      const machine = await placed();
      const programs = resolvePrograms(spec, machine);
      for (const [service, { asked, describe }] of programs) {
        if (asked !== undefined) startOptions.onProgress?.({ kind: "substitution", service, asked, took: describe });
      }
      const context = { home, machine, programs, toolbox: await toolbox(), host: await host() };
      await startEnvironment(spec, startOptions, context);
      const status = await inspect(spec.id);
      if (status === undefined) throw environmentStopped(spec.id);
      return status;
    },
    inspect,
    async exec(id, request, { signal }) {
      signal.throwIfAborted();
      const { paths, mark } = await marked(id);
      return execInPod(paths, mark, request, signal);
    },
    async *logs(id, logOptions) {
      const { paths } = await marked(id);
      // What a service wrote before this call is to be seen by it; a pod that has ended has nothing to flush.
      await askAgent(paths.control, { op: "flush" }, { signal: AbortSignal.timeout(flushLimitMs) }).catch(() => {});
      yield* readSpool({ folder: paths.spool, ...logOptions, ended: () => hasEnded(paths) });
    },
    async stats(id) {
      const reply = await askAgent((await marked(id)).paths.control, { op: "stats" });
      return expected(reply, "stats").stats;
    },
    async fault(id, fault, { signal }) {
      const { paths } = await marked(id);
      const { token } = expected(await askAgent(paths.control, { op: "fault", fault }, { signal }), "holds");
      return activeFault(paths, fault, token);
    },
    async connect(id, target, { signal }) {
      const { paths } = await marked(id);
      return connectThroughAgent(paths.control, target, signal);
    },
    socketDirectory: (id) => shortFolder(podPaths(home, checkedId(id)).sockets, openFolders),
    async expose(id, { socketPath, port }) {
      const { paths } = await marked(id);
      const socket = basename(socketPath);
      // The folder is out of every guest's sight, but the agent that connects is the guests' user.
      await chmod(join(paths.sockets, socket), 0o666);
      const { host: address, port: chosen } = expected(await askAgent(paths.control, { op: "expose", port, socket }), "exposed");
      return { host: address, port: chosen };
    },
    async stop(id) {
      const paths = podPaths(home, checkedId(id));
      // Whether it can still answer or not, what follows takes away all that is left.
      if (await readMark(paths))
        await askAgent(paths.control, { op: "stop" }, { signal: AbortSignal.timeout(stopLimitMs) }).catch(() => {});
      await removePod(paths, id);
    },
    async list() {
      await Promise.all([sweepUnmarked(home), sweepJobPods(home)]);
      return Promise.all((await listMarks(home)).map((mark) => summaryOf(home, mark)));
    },
  };
}

const flushLimitMs = 2_000;

/** Graces of services add up along their dependencies; past this the rest is killed. */
const stopLimitMs = 120_000;

function resolvePrograms(spec: EnvironmentSpec, machine: MachineFacts): ReadonlyMap<string, ProgramPlan> {
  return new Map(
    spec.services.map((service) => {
      const layout = service.program.kind === "image" ? imageLayout(service.program.image) : undefined;
      const disposable = spec.kind === "preview" || spec.kind === "job";
      const dataDirectory = layout?.dataTarget ?? "/var/lib/data";
      return [service.name, resolveProgram({ service, machine, listen: { host: "0.0.0.0" }, dataDirectory, runDirectory, disposable })];
    }),
  );
}

function refuseDisorder(spec: EnvironmentSpec): void {
  try {
    checkOrder(spec.services);
  } catch (error) {
    throw problemOfSupervision(error);
  }
}

function checkedId(id: string): string {
  if (/^[a-z0-9-]{1,40}$/.test(id)) return id;
  throw new Problem({
    code: "bad-environment-id",
    exit: "configuration",
    message: `an environment's id has 1 to 40 of a-z, 0-9 and -, got ${JSON.stringify(id)}`,
    fix: "choose another id",
  });
}
