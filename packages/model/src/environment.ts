/**
 * What an environment is made of, after every file was read, interpolated and checked.
 * Runtimes take this and nothing else: no runtime reads dojang.yml or a Compose file.
 * Every path on the host is absolute. Every duration is milliseconds, every size bytes.
 */
export type EnvironmentKind = "preview" | "staging" | "production" | "job";

export interface EnvironmentSpec {
  /** Unique on the machine, `[a-z0-9-]{1,40}`: chosen by the caller, who writes it to the ledger first. */
  readonly id: string;
  readonly project: string;
  readonly kind: EnvironmentKind;
  /** The run that owns it, or undefined for `dojang up`. */
  readonly run?: string;
  readonly services: readonly ServiceSpec[];
  /** The checkout in which steps run. Without it only services can be exec'd into. */
  readonly workspace?: WorkspaceSpec;
  /** Named volumes of the environment: made empty with it, gone with it. */
  readonly volumes: readonly string[];
  /**
   * Volumes that are not the environment's own, by name: a folder of the host, or a link to one, that is there before it and stays
   * when it goes. Made when missing. Where the link leads is looked at whenever a service starts. Only a LiveRuntime has them.
   */
  readonly keptVolumes?: Readonly<Record<string, string>>;
  /**
   * Environments of the same number run as a user of their own, whom those of other numbers cannot look at; 1 to 60,000, only
   * where Dojang may choose users. The guests' common user when absent.
   */
  readonly ownUser?: number;
  /** Services of other environments, by the names they are reached by here. Only a LiveRuntime has them. */
  readonly neighbours?: readonly NeighbourSpec[];
  readonly egress: EgressPolicy;
  /** Hosts answered by the control plane (recorder, mocks): name -> expose() address is added to /etc/hosts. */
  readonly extraHosts: Readonly<Record<string, string>>;
  /** PEM of the environment's certificate authority, trusted by every service and step. */
  readonly certificateAuthorityPem?: string;
  readonly trusted: boolean;
  readonly limits: Limits;
  /** How long all services together may take to become healthy. */
  readonly startTimeoutMs: number;
}

/** A service that runs elsewhere on this machine. */
export interface NeighbourSpec {
  readonly names: readonly string[];
  readonly host: string;
  /** Where it really listens, by the port that Compose speaks of; ports that are not listed are the same. */
  readonly ports: Readonly<Record<number, number>>;
}

/** No route out exists; "allow" means a proxy that lets only these hosts through and logs every host asked for. `*.x.y` matches subdomains. */
export type EgressPolicy = { readonly kind: "none" } | { readonly kind: "allow"; readonly hosts: readonly string[] };

export interface WorkspaceSpec {
  /** A finished tree on the host that is never written to; each environment sees its own writable copy of it. */
  readonly tree: string;
  /** Where steps see it. */
  readonly mountAt: string;
}

export interface Limits {
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly pids?: number;
  readonly diskBytes?: number;
}

export interface ServiceSpec {
  readonly name: string;
  /** Further names by which the other services reach it (container_name, hostname, network aliases, links). */
  readonly aliases: readonly string[];
  readonly program: ProgramSpec;
  readonly environment: Readonly<Record<string, string>>;
  /** Ports the service listens on; `published` is the host port Compose asked for, kept for messages and `up`. */
  readonly ports: readonly PortSpec[];
  readonly mounts: readonly MountSpec[];
  readonly dependsOn: readonly Dependency[];
  readonly health?: HealthCheck;
  readonly restart: RestartPolicy;
  readonly limits: Limits;
  readonly stop: { readonly signal: string; readonly graceMs: number };
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly readOnly: boolean;
  readonly extraHosts: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export type ProgramSpec =
  | {
      /** A published image: `postgres:16-alpine`. A runtime without images maps it to a program of the host and says which. */
      readonly kind: "image";
      readonly image: string;
      readonly entrypoint?: readonly string[];
      readonly command?: readonly string[];
    }
  | {
      /** Built from source. A runtime with images uses `dockerfile`; one without uses `recipe`. */
      readonly kind: "build";
      readonly context: string;
      readonly dockerfile?: string;
      readonly target?: string;
      readonly args: Readonly<Record<string, string>>;
      readonly entrypoint?: readonly string[];
      readonly command?: readonly string[];
      readonly recipe: BuildRecipe;
    };

/** How a service is built and started without Docker: from `services:` of dojang.yml, else read from its Dockerfile and lock file. */
export interface BuildRecipe {
  readonly language: "node" | "python" | "other";
  /** Shell commands, run in order in a writable copy of the context, with egress through the allow-list proxy. */
  readonly build: readonly string[];
  /** argv that starts the service in `directory`. The Compose file's `entrypoint` and `command` are already in it. */
  readonly command: readonly string[];
  /** Where the context is seen inside the service: the Dockerfile's WORKDIR, else /app. */
  readonly directory: string;
  /** ENV lines of the Dockerfile's last stage. */
  readonly environment: Readonly<Record<string, string>>;
  /** Said to the user: "from services.api of dojang.yml", "read from Dockerfile:12". */
  readonly origin: string;
}

export interface PortSpec {
  readonly container: number;
  readonly published?: number;
  readonly protocol: "tcp" | "udp";
}

export type MountSpec =
  | { readonly kind: "volume"; readonly volume: string; readonly target: string; readonly readOnly: boolean }
  | { readonly kind: "bind"; readonly source: string; readonly target: string; readonly readOnly: boolean }
  | { readonly kind: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  /** Compose secrets and configs: content by value, never a host path the guest could swap. */
  | { readonly kind: "file"; readonly target: string; readonly content: string; readonly mode: number };

export interface Dependency {
  readonly service: string;
  readonly condition: "started" | "healthy" | "completed";
  readonly required: boolean;
}

export interface HealthCheck {
  readonly probe:
    | { readonly kind: "command"; readonly command: readonly string[] }
    | { readonly kind: "shell"; readonly command: string }
    | { readonly kind: "http"; readonly method: string; readonly path: string; readonly port: number }
    | { readonly kind: "tcp"; readonly port: number };
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
  /** How often it is probed during the start period; `intervalMs` when absent. */
  readonly startIntervalMs?: number;
}

export type RestartPolicy =
  | { readonly kind: "no" | "always" | "unless-stopped" }
  | { readonly kind: "on-failure"; readonly maxRetries?: number };
