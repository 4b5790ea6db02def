import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { type EnvironmentSpec, Problem } from "@dojang/model";
import type {
  ActiveFault,
  Availability,
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
  StartOptions,
  Target,
} from "../contract.ts";
import {
  buildFailed,
  environmentExists,
  environmentStopped,
  faultUnsupported,
  imageNotBuilt,
  problemOfSupervision,
  refuseLiveSpec,
  unknownEnvironment,
  unknownService,
} from "../runtime-problems.ts";
import { FakeEnvironment } from "./fake-environment.ts";
import { type FakeImage, imageOf, readContext } from "./fake-image.ts";
import { FakeNetwork } from "./fake-network.ts";
import { launchFake } from "./fake-process.ts";
import type { FakeScript } from "./fake-program.ts";

export interface FakeRuntimeOptions {
  /** What services and commands do; without it services stay and commands end with 0. */
  readonly script?: FakeScript;
  /** Images it says it has; every other is a Problem, as on a machine. */
  readonly images?: readonly string[];
  /** Shared by instances that stand for processes of one state folder. */
  readonly world?: FakeWorld;
  /** For sockets only; a folder of the process in the system's temporary folder when absent. */
  readonly home?: string;
}

/** What would be the state folder. */
export class FakeWorld {
  readonly environments = new Map<string, FakeEnvironment>();
  readonly images = new Map<string, FakeImage>();
  /** Digest by source, recipe and variables. */
  readonly builds = new Map<string, string>();
}

const followPauseMs = 5;

/** A runtime in memory for tests of what stands on runtimes. It keeps the contract; time is real, nothing else is. */
export class FakeRuntime implements Runtime {
  readonly name = "fake";
  readonly promises = {
    isolation: true,
    ownNetwork: true,
    limits: false,
    faults: ["stop", "pause", "kill", "offline", "cut", "latency"],
    untrusted: true,
  } as const satisfies Runtime["promises"];
  readonly world: FakeWorld;
  readonly #home: string;
  readonly #script: FakeScript;
  readonly #knownImages: readonly string[];

  constructor(options: FakeRuntimeOptions = {}) {
    this.world = options.world ?? new FakeWorld();
    this.#home = options.home ?? join(tmpdir(), `dojang-fake-${process.pid}`);
    this.#script = options.script ?? (() => undefined);
    this.#knownImages = options.images ?? [];
  }

  async available(): Promise<Availability> {
    return { ok: true, summary: "fake: in memory, for tests", checks: [] };
  }

  async build(request: BuildRequest, options: CallOptions): Promise<BuiltImage> {
    options.signal.throwIfAborted();
    const files = await readContext(request.program.context);
    const { recipe } = request.program;
    const key = JSON.stringify([imageOf(files).digest, recipe, request.environment]);
    const known = this.world.builds.get(key);
    if (known === undefined) await this.#runRecipe(request, files, options);
    const image = imageOf(files);
    const digest = known ?? `sha256:${createHash("sha256").update(`${image.digest} ${key}`).digest("hex")}`;
    if (known === undefined) this.world.images.set(digest, image);
    this.world.builds.set(key, digest);
    const sizeBytes = this.world.images.get(digest)?.sizeBytes ?? 0;
    return { service: request.service, digest, reference: digest, sizeBytes, cached: known !== undefined };
  }

  async #runRecipe(request: BuildRequest, files: Map<string, string>, options: CallOptions): Promise<void> {
    for (const line of request.program.recipe.build) {
      const said: string[] = [];
      const argv = ["sh", "-c", line];
      const program = this.#script({ argv }) ?? (async () => 0);
      const process = launchFake(program, {
        environmentId: "",
        argv,
        environment: request.environment,
        network: new FakeNetwork([]),
        readFile: async (path) => files.get(path),
        writeFile: (path, content) => files.set(path, content),
        onOutput: (stream, text) => {
          said.push(text);
          options.onProgress?.({ kind: "output", source: request.service, stream, text });
        },
      });
      const { exitCode } = await process.ended;
      if (exitCode !== 0) throw buildFailed({ service: request.service, command: line, exitCode, output: said.join("") });
    }
  }

  async start(spec: EnvironmentSpec, options: StartOptions): Promise<EnvironmentStatus> {
    options.signal.throwIfAborted();
    refuseLiveSpec(spec, "fake");
    if (this.world.environments.has(spec.id)) throw environmentExists(spec.id);
    const images = this.#imagesOf(spec, options);
    const environment = new FakeEnvironment({ spec, script: this.#script, images, onProgress: options.onProgress });
    this.world.environments.set(spec.id, environment);
    try {
      await mkdir(this.socketDirectory(spec.id), { recursive: true });
      const signal = AbortSignal.any([options.signal, environment.closing.signal]);
      await environment.supervisor.start({ timeoutMs: spec.startTimeoutMs, signal });
      signal.throwIfAborted();
      environment.state = "running";
      return environment.status();
    } catch (error) {
      await this.stop(spec.id);
      throw problemOfSupervision(error);
    }
  }

  #imagesOf(spec: EnvironmentSpec, options: StartOptions): Map<string, FakeImage> {
    const images = new Map<string, FakeImage>();
    for (const { name, program } of spec.services) {
      if (program.kind === "image") this.#requireImage(name, program.image);
      else {
        const image = this.world.images.get(options.images[name]?.reference ?? "");
        if (image === undefined) throw imageNotBuilt(name);
        images.set(name, image);
      }
    }
    return images;
  }

  #requireImage(service: string, image: string): void {
    if (this.#knownImages.includes(image)) return;
    throw new Problem({
      code: "image-unavailable",
      exit: "configuration",
      message: `service ${service}: the fake runtime has no image ${image}, only ${this.#knownImages.join(", ") || "none"}`,
      fix: "give it to the fake runtime's `images`, or describe the service under services: of dojang.yml",
    });
  }

  async inspect(id: string): Promise<EnvironmentStatus | undefined> {
    return this.world.environments.get(id)?.status();
  }

  async exec(id: string, request: ExecRequest, options: CallOptions): Promise<ExecResult> {
    const environment = this.#environment(id, request.service);
    options.signal.throwIfAborted();
    const startedAt = performance.now();
    const state = { timedOut: false, truncated: false, bytes: 0 };
    const process = environment.run({
      service: request.service,
      argv: request.command,
      environment: request.environment,
      stdin: request.stdin,
      onOutput: (stream, text) => {
        const data = Buffer.from(text);
        const room = request.outputLimitBytes - state.bytes;
        state.bytes += data.length;
        if (room > 0) request.onOutput?.({ stream, data: data.subarray(0, room) });
        if (data.length > room) state.truncated = true;
        if (state.truncated) void process.kill();
      },
    });
    const timer = setTimeout(() => {
      state.timedOut = true;
      void process.kill();
    }, request.timeoutMs);
    const onAbort = () => void process.kill();
    options.signal.addEventListener("abort", onAbort, { once: true });
    // Its first output may have made the caller abort before anyone listened.
    if (options.signal.aborted) onAbort();
    const ending = await process.ended;
    clearTimeout(timer);
    options.signal.removeEventListener("abort", onAbort);
    options.signal.throwIfAborted();
    return { ...ending, timedOut: state.timedOut, truncated: state.truncated, durationMs: performance.now() - startedAt };
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<OutputLine> {
    const environment = this.#environment(id, options.service);
    const given = new Map(Object.entries(options.after ?? {}));
    while (!options.signal.aborted) {
      const last = !options.follow || environment.closing.signal.aborted;
      for (const line of [...environment.lines]) {
        if (options.signal.aborted) return;
        const wanted = options.service === undefined || line.service === options.service;
        if (!wanted || line.position <= (given.get(line.service) ?? 0)) continue;
        given.set(line.service, line.position);
        yield line;
      }
      if (last) return;
      await wait(followPauseMs, undefined, { signal: options.signal }).catch(() => {});
    }
  }

  async stats(id: string): Promise<readonly ServiceStats[]> {
    const alive = this.#environment(id)
      .supervisor.status()
      .filter((one) => one.state !== "exited" && one.state !== "stopped" && one.state !== "created");
    const fixed = { at: Date.now(), cpuMs: 1, memoryBytes: 1024 * 1024, processes: 1, threads: 1, openFiles: 3 };
    return alive.map((one) => ({ service: one.name, ...fixed }));
  }

  async fault(id: string, fault: Fault, options: { signal: AbortSignal }): Promise<ActiveFault> {
    const environment = this.#environment(id, ...(fault.kind === "cut" ? [fault.from, fault.to] : [fault.service]));
    const { network, supervisor } = environment;
    const heal = await (async (): Promise<() => Promise<void> | void> => {
      switch (fault.kind) {
        case "stop":
          await supervisor.takeDown(fault.service);
          return () => supervisor.bringUp(fault.service, environment.closing.signal);
        case "kill":
          await supervisor.signal(fault.service, "SIGKILL");
          return () => supervisor.bringUp(fault.service, environment.closing.signal);
        case "pause":
          network.paused.add(fault.service);
          return () => void network.paused.delete(fault.service);
        case "offline":
          network.offline.add(fault.service);
          return () => void network.offline.delete(fault.service);
        case "cut":
          network.cut.add(`${fault.from}>${fault.to}`);
          return () => void network.cut.delete(`${fault.from}>${fault.to}`);
        case "latency":
          network.latencyMs.set(fault.service, fault.delayMs);
          return () => void network.latencyMs.delete(fault.service);
        default:
          throw faultUnsupported("fake", fault.kind, this.promises.faults);
      }
    })();
    options.signal.throwIfAborted();
    return { fault, heal: async () => heal() };
  }

  async connect(id: string, target: Target, options: { signal: AbortSignal }): Promise<Duplex> {
    return this.#environment(id).network.connect(undefined, target, options.signal);
  }

  socketDirectory(id: string): string {
    return join(this.#home, id);
  }

  async expose(id: string, request: ExposeRequest): Promise<Target> {
    return this.#environment(id).network.expose(request.socketPath, request.port);
  }

  async stop(id: string): Promise<void> {
    const environment = this.world.environments.get(id);
    if (environment === undefined) return;
    environment.state = "stopping";
    environment.closing.abort(environmentStopped(id));
    await environment.supervisor.stop();
    await rm(this.socketDirectory(id), { recursive: true, force: true });
    if (this.world.environments.get(id) === environment) this.world.environments.delete(id);
  }

  async list(): Promise<readonly EnvironmentSummary[]> {
    return [...this.world.environments.values()].map(({ spec, startedAt, state }) => ({
      id: spec.id,
      project: spec.project,
      run: spec.run,
      state: state === "running" ? "running" : "broken",
      startedAt,
    }));
  }

  #environment(id: string, ...services: (string | undefined)[]): FakeEnvironment {
    const environment = this.world.environments.get(id);
    if (environment === undefined) throw unknownEnvironment(id);
    for (const name of services) {
      const names = environment.spec.services.map((service) => service.name);
      if (name !== undefined && !names.includes(name)) throw unknownService(id, name, names);
    }
    return environment;
  }
}
