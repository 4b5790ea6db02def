import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import type { EnvironmentSpec, HealthCheck, ServiceSpec } from "@dojang/model";
import type { EnvironmentStatus, OutputLine, StartOptions } from "../contract.ts";
import type { ProbeResult } from "../supervision/address-probe.ts";
import { LineSplitter } from "../supervision/line-splitter.ts";
import { ServiceSupervisor } from "../supervision/service-supervisor.ts";
import type { RunningProcess } from "../supervision/supervised-entry.ts";
import type { FakeImage } from "./fake-image.ts";
import { FakeNetwork } from "./fake-network.ts";
import { launchFake } from "./fake-process.ts";
import { type FakeProgram, type FakeScript, untilKilled } from "./fake-program.ts";

export interface FakeEnvironmentOptions {
  readonly spec: EnvironmentSpec;
  readonly script: FakeScript;
  /** By service. */
  readonly images: ReadonlyMap<string, FakeImage>;
  readonly onProgress?: StartOptions["onProgress"];
}

const mostLines = 100_000;

/** One environment of the fake runtime: the same supervision as real runtimes, around programs that are functions. */
export class FakeEnvironment {
  readonly spec: EnvironmentSpec;
  readonly startedAt = Date.now();
  readonly supervisor: ServiceSupervisor;
  readonly network: FakeNetwork;
  /** Ends a start in progress, and every reader of logs. */
  readonly closing = new AbortController();
  readonly lines: OutputLine[] = [];
  state: EnvironmentStatus["state"] = "starting";
  readonly #options: FakeEnvironmentOptions;
  readonly #files = new Map<string, string>();
  readonly #positions = new Map<string, number>();

  constructor(options: FakeEnvironmentOptions) {
    const { spec } = options;
    this.spec = spec;
    this.#options = options;
    this.network = new FakeNetwork(spec.services);
    this.supervisor = new ServiceSupervisor(spec.services, {
      launch: async (name) => this.#launch(this.service(name)),
      probe: (name, check, signal) => this.#probe(name, check, signal),
      onChange: (status) =>
        options.onProgress?.({ kind: "service", service: status.name, state: status.state, detail: status.lastHealthOutput }),
      say: (name, text) => this.#write(name, "system", text),
    });
  }

  status(): EnvironmentStatus {
    const { spec, startedAt, state } = this;
    const services = this.supervisor.status().map((one) => {
      const service = this.service(one.name);
      return { ...one, ports: service.ports.map((port) => port.container), program: commandOf(service).join(" ") };
    });
    return { id: spec.id, project: spec.project, state, startedAt, services };
  }

  service(name: string): ServiceSpec {
    const found = this.spec.services.find((service) => service.name === name);
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  }

  /** A command beside the services, or in one of them. */
  run(request: {
    service?: string;
    argv: readonly string[];
    environment: Readonly<Record<string, string>>;
    stdin?: Uint8Array;
    onOutput: (stream: "stdout" | "stderr", text: string) => void;
  }): RunningProcess {
    const service = request.service === undefined ? undefined : this.service(request.service);
    const program = this.#options.script({ service: request.service, argv: request.argv }) ?? (async () => 0);
    return this.#start(program, { ...request, service, environment: { ...service?.environment, ...request.environment } });
  }

  #launch(service: ServiceSpec): RunningProcess {
    const argv = commandOf(service);
    const program = this.#options.script({ service: service.name, argv }) ?? serveUntilStopped(service);
    const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
    return this.#start(program, {
      argv,
      service,
      environment: service.environment,
      onOutput: (stream, text) => {
        for (const line of splitters[stream].push(Buffer.from(text))) this.#write(service.name, stream, line);
      },
    });
  }

  #start(
    program: FakeProgram,
    launch: {
      readonly argv: readonly string[];
      readonly service: ServiceSpec | undefined;
      readonly environment: Readonly<Record<string, string>>;
      readonly stdin?: Uint8Array;
      readonly onOutput: (stream: "stdout" | "stderr", text: string) => void;
    },
  ): RunningProcess {
    const { service } = launch;
    return launchFake(program, {
      ...launch,
      environmentId: this.spec.id,
      service: service?.name,
      network: this.network,
      readFile: (path) => this.#read(service, path),
      writeFile: (path, content) => this.#files.set(this.#place(service, path), content),
    });
  }

  async #read(service: ServiceSpec | undefined, path: string): Promise<string | undefined> {
    const written = this.#files.get(this.#place(service, path));
    if (written !== undefined) return written;
    if (service !== undefined) return this.#options.images.get(service.name)?.files.get(path);
    const { workspace } = this.spec;
    return workspace && readFile(join(workspace.tree, path), "utf8").catch(() => undefined);
  }

  #place(service: ServiceSpec | undefined, path: string): string {
    const mount = service?.mounts.find((one) => one.kind === "volume" && path.startsWith(`${one.target}/`));
    if (mount?.kind === "volume") return `volume ${mount.volume} ${path.slice(mount.target.length)}`;
    return `${service?.name ?? ""} ${path}`;
  }

  #write(service: string, stream: OutputLine["stream"], text: string): void {
    const position = (this.#positions.get(service) ?? 0) + 1;
    this.#positions.set(service, position);
    this.lines.push({ service, position, at: performance.timeOrigin + performance.now(), stream, text });
    if (this.lines.length > mostLines) this.lines.shift();
  }

  #probe(name: string, check: HealthCheck, signal: AbortSignal): Promise<ProbeResult> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(check.timeoutMs)]);
    const probe = check.probe;
    if (probe.kind === "http") return this.#probeHttp(name, probe, limit);
    if (probe.kind === "tcp") {
      return this.network.connect(name, { host: "localhost", port: probe.port }, limit).then(
        () => ({ passed: true, output: `port ${probe.port} accepts connections` }),
        (error: Error) => ({ passed: false, output: error.message }),
      );
    }
    const argv = probe.kind === "shell" ? ["sh", "-c", probe.command] : probe.command;
    const said: string[] = [];
    const process = this.run({ service: name, argv, environment: {}, onOutput: (_stream, text) => said.push(text) });
    limit.addEventListener("abort", () => void process.kill(), { once: true });
    return process.ended.then(({ exitCode }) => ({ passed: exitCode === 0, output: said.join("") }));
  }

  async #probeHttp(name: string, probe: { method: string; path: string; port: number }, signal: AbortSignal): Promise<ProbeResult> {
    const what = `${probe.method} ${probe.path} on port ${probe.port}`;
    try {
      const stream = await this.network.connect(name, { host: "localhost", port: probe.port }, signal);
      const status = await new Promise<number>((resolve, reject) => {
        const options = { method: probe.method, path: probe.path, signal, headers: { host: name, connection: "close" } };
        const asked = request({ ...options, createConnection: () => stream }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        asked.on("error", reject);
        asked.end();
      });
      return { passed: status < 400, output: `${what} -> ${status}` };
    } catch (error) {
      return { passed: false, output: `${what}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
}

function commandOf({ program }: ServiceSpec): readonly string[] {
  const own = [...(program.entrypoint ?? []), ...(program.command ?? [])];
  if (own.length > 0) return own;
  return program.kind === "build" ? program.recipe.command : [program.image];
}

/** What a service does that no script plays: it listens on its ports and stays until it is stopped. */
function serveUntilStopped(service: ServiceSpec): FakeProgram {
  return (context) => {
    for (const port of service.ports) context.listen(port.container, (socket) => socket.resume());
    return untilKilled(context.signal);
  };
}
