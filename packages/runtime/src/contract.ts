import type { Duplex } from "node:stream";
import type { EgressPolicy, EnvironmentSpec, ProgramSpec, RuntimeName, ServiceState } from "@dojang/model";

/**
 * A runtime makes environments: sets of running services with their own names, network and data.
 *
 * Life cycle. `start` makes everything a spec names and resolves when every service that has a health check is healthy,
 * every other is running, and one that others wait to complete has ended with 0. `stop` removes all of it. The caller
 * writes the environment's id to its ledger before `start`; a runtime writes its own mark (label, folder) before it makes
 * anything else, so that `list` after a crash finds whatever exists.
 *
 * Idempotence. `stop` may be called twice, concurrently, for an id never started, and after a failed start: it succeeds
 * when nothing of that id is left. `start` of an id that exists is a Problem `environment-exists`. A `start` that fails
 * or is aborted has cleaned up by the time it rejects.
 *
 * Concurrency. All methods may be called at once, for one or for many environments, from several processes.
 *
 * Detachment. Environments outlive the process that started them; any process of the same state folder can go on using them.
 *
 * Errors. Problems, with exit "infrastructure" when the machine is at fault, "configuration" when the spec is. A command
 * that exits non-zero inside an environment is a result.
 */
export interface Runtime {
  readonly name: RuntimeName;
  /** What it promises. The contract suite checks the declaration both ways. */
  readonly promises: RuntimePromises;
  /** Probes the machine; never throws. */
  available(options: { signal: AbortSignal }): Promise<Availability>;
  /** Makes a build program ready to start; the same source, recipe and runtime give the same digest and, the second time, no work. */
  build(request: BuildRequest, options: CallOptions): Promise<BuiltImage>;
  start(spec: EnvironmentSpec, options: StartOptions): Promise<EnvironmentStatus>;
  inspect(id: string): Promise<EnvironmentStatus | undefined>;
  exec(id: string, request: ExecRequest, options: CallOptions): Promise<ExecResult>;
  /** Output of the services from `after` on, in order of arrival; with `follow` until aborted or the environment ends. */
  logs(id: string, options: LogOptions): AsyncIterable<OutputLine>;
  stats(id: string): Promise<readonly ServiceStats[]>;
  /** Injects a fault and resolves when it holds; `heal` undoes it and is safe twice. */
  fault(id: string, fault: Fault, options: { signal: AbortSignal }): Promise<ActiveFault>;
  /** Opens a byte stream from the control plane to a name and port as a service inside would see them. */
  connect(id: string, target: Target, options: { signal: AbortSignal }): Promise<Duplex>;
  /** Host folder, out of every guest's sight, in which the sockets handed to `expose` have to lie. Exists once `start` has resolved. */
  socketDirectory(id: string): string;
  /** Makes every connection to the returned address, from inside the environment, arrive at `socketPath` on this host. */
  expose(id: string, request: ExposeRequest): Promise<Target>;
  stop(id: string, options?: { signal?: AbortSignal }): Promise<void>;
  /** Every environment of this state folder, also half-made or half-removed ones. */
  list(): Promise<readonly EnvironmentSummary[]>;
}

export interface RuntimePromises {
  /** Services cannot reach the host, each other's files, or the outside. */
  readonly isolation: boolean;
  /** Two environments, or two services, may use the same port. */
  readonly ownNetwork: boolean;
  readonly limits: boolean;
  readonly faults: readonly Fault["kind"][];
  /** Whether code of people who are not trusted may run on it. */
  readonly untrusted: boolean;
}

export interface Availability {
  readonly ok: boolean;
  /** One line for people: "sandbox: namespaces, cgroup v1 limits". */
  readonly summary: string;
  readonly checks: readonly AvailabilityCheck[];
}

export interface AvailabilityCheck {
  readonly name: string;
  readonly state: "ok" | "degraded" | "missing";
  readonly seen: string;
  /** The exact command or edit that mends it; empty when ok. */
  readonly fix: string;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
}

export type StartOptions = CallOptions & {
  /** Built programs by service name, as `build` returned them. */
  readonly images: Readonly<Record<string, BuiltImage>>;
};

export type ProgressEvent =
  | { readonly kind: "service"; readonly service: string; readonly state: ServiceState; readonly detail?: string }
  /** "postgres:16-alpine -> PostgreSQL 18.4 (npm)": said once per service. */
  | { readonly kind: "substitution"; readonly service: string; readonly asked: string; readonly took: string }
  | { readonly kind: "output"; readonly source: string; readonly stream: "stdout" | "stderr"; readonly text: string }
  /** `service` asked for it; absent where it was a step or a build, or is not known. */
  | { readonly kind: "egress"; readonly host: string; readonly port: number; readonly allowed: boolean; readonly service?: string }
  | { readonly kind: "note"; readonly text: string };

export interface BuildRequest {
  readonly project: string;
  readonly service: string;
  readonly program: Extract<ProgramSpec, { kind: "build" }>;
  readonly egress: EgressPolicy;
  /** Builds of one namespace share what they fetched; those that are not trusted need one of their own. The project when absent. */
  readonly cacheNamespace?: string;
  /** Variables for the build commands, never secrets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface BuiltImage {
  readonly service: string;
  /** `sha256:` + hex of the built tree, content-addressed. */
  readonly digest: string;
  /** What `start` needs: a tree on disk, an image name. Opaque to callers. */
  readonly reference: string;
  readonly sizeBytes: number;
  readonly cached: boolean;
}

export interface EnvironmentStatus {
  readonly id: string;
  readonly project: string;
  readonly state: "starting" | "running" | "stopping" | "failed";
  readonly startedAt: number;
  readonly services: readonly ServiceStatus[];
}

export interface ServiceStatus {
  readonly name: string;
  readonly state: ServiceState;
  readonly restarts: number;
  readonly exitCode?: number;
  readonly ports: readonly number[];
  /** What runs: "PostgreSQL 18.4 (npm)", "node dist/server.js". */
  readonly program: string;
  readonly lastHealthOutput?: string;
}

export interface ExecRequest {
  /** A service's name, or undefined for the workspace. */
  readonly service?: string;
  /** argv; a shell line is `["sh", "-c", line]`. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly timeoutMs: number;
  /** Past it the command is killed and `truncated` set. */
  readonly outputLimitBytes: number;
  readonly stdin?: Uint8Array;
  readonly onOutput?: (chunk: { stream: "stdout" | "stderr"; data: Uint8Array }) => void;
}

/** Aborting the signal ends the whole process tree, then rejects with the signal's reason. */
export interface ExecResult {
  readonly exitCode: number;
  readonly signal?: string;
  readonly timedOut: boolean;
  readonly truncated: boolean;
  readonly durationMs: number;
}

export interface LogOptions {
  readonly service?: string;
  /** Lines whose position is greater than this, per service; from the start when absent. */
  readonly after?: Readonly<Record<string, number>>;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** One raw line of output. `position` grows by one per line of a service and survives restarts of Dojang. */
export interface OutputLine {
  readonly service: string;
  readonly position: number;
  readonly at: number;
  readonly stream: "stdout" | "stderr" | "system";
  readonly text: string;
}

export interface ServiceStats {
  readonly service: string;
  readonly at: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly processes: number;
  readonly threads: number;
  readonly openFiles: number;
  /** Counters grow while the service runs; where the system keeps none of a kind, it is absent. */
  readonly sockets?: number;
  readonly voluntarySwitches?: number;
  readonly involuntarySwitches?: number;
  readonly diskReadBytes?: number;
  readonly diskWriteBytes?: number;
  /** Only where the service has a network of its own. */
  readonly networkReceivedBytes?: number;
  readonly networkSentBytes?: number;
}

export type Fault =
  | { readonly kind: "stop"; readonly service: string }
  | { readonly kind: "pause"; readonly service: string }
  | { readonly kind: "kill"; readonly service: string; readonly signal?: string }
  /** Takes the service off the network. */
  | { readonly kind: "offline"; readonly service: string }
  /** Drops all traffic from one service to another. */
  | { readonly kind: "cut"; readonly from: string; readonly to: string }
  | { readonly kind: "latency"; readonly service: string; readonly delayMs: number; readonly jitterMs?: number }
  | { readonly kind: "loss"; readonly service: string; readonly fraction: number }
  /** Fills what is left of the service's volumes and temporary files. */
  | { readonly kind: "disk-full"; readonly service: string };

export interface ActiveFault {
  readonly fault: Fault;
  heal(): Promise<void>;
}

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface ExposeRequest {
  /** A listening unix socket of the control plane, in `socketDirectory(id)`. */
  readonly socketPath: string;
  /** Asked-for port inside; 0 lets the runtime choose. */
  readonly port: number;
}

export interface EnvironmentSummary {
  readonly id: string;
  readonly project: string;
  readonly run?: string;
  readonly state: "running" | "broken";
  readonly startedAt: number;
}
