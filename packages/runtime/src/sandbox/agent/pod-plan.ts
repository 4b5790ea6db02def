import type { Fault, ServiceStats } from "../../contract.ts";
import type { SupervisedService, SupervisedStatus } from "../../supervision/supervised-entry.ts";
import type { SupervisionFault } from "../../supervision/supervision-error.ts";

import type { AskedHost } from "./egress-gate.ts";

/**
 * What the control plane tells the agent: everything it has to make, decided purely beforehand. The agent decides nothing.
 * Paths named `lower`, `source` and `from` are as the agent sees them, every other path as the guest sees it.
 */
export interface PodPlan {
  readonly id: string;
  readonly members: readonly PodMember[];
  readonly services: readonly PodService[];
  readonly volumes: readonly PodVolume[];
  readonly startTimeoutMs: number;
  /** Folders of control groups that the agent may make groups in, or none when limits are watched instead. */
  readonly groups: readonly ControlGroup[];
  /** What all members together may write on disk; watched. */
  readonly diskBytes: number;
  /** Connections to this port of the gateway go to the socket of the egress gate. */
  readonly egress?: { readonly port: number; readonly socketPath: string };
}

export interface ControlGroup {
  readonly version: 1 | 2;
  readonly controllers: readonly GroupController[];
  readonly folder: string;
}

export type GroupController = "memory" | "pids" | "cpu";

/** One set of namespaces with its own address: a service, or the workspace in which steps run. */
export interface PodMember {
  readonly name: string;
  /** `m0`: short, for interfaces and folders, whatever the name is. */
  readonly key: string;
  readonly aliases: readonly string[];
  readonly address: string;
  readonly uid: number;
  readonly gid: number;
  /** Variables of every process; an exec's own come on top. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** The root folder is read-only and made of these; everything mounted has its mount point here. */
  readonly directories: readonly string[];
  readonly links: readonly { readonly path: string; readonly to: string }[];
  readonly files: readonly PodFile[];
  /** Read-only, in order. */
  readonly shown: readonly { readonly from: string; readonly path: string }[];
  /** Folders of the member's own memory file system, writable. */
  readonly scratch: readonly { readonly path: string; readonly mode: number }[];
  readonly scratchBytes: number;
  readonly overlay?: { readonly lower: string; readonly path: string; readonly upper: "memory" | "disk"; readonly readOnly: boolean };
  readonly mounts: readonly PodMount[];
  /** Made once, inside writable places, before any guest runs. */
  readonly writtenFolders: readonly string[];
  readonly writtenFiles: readonly PodFile[];
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly pids?: number;
}

export interface PodFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

export interface PodMount {
  /** A folder or file as the agent sees it. */
  readonly from: string;
  readonly path: string;
  readonly readOnly: boolean;
}

export interface PodService extends SupervisedService {
  readonly argv: readonly string[];
  readonly ports: readonly number[];
}

export interface PodVolume {
  readonly name: string;
  /** Memory file systems have a hard size and can be made full; disk keeps more than memory has. */
  readonly kind: "memory" | "disk";
  readonly sizeBytes: number;
  /** Folders made in it, with what they are filled from. */
  readonly folders: readonly { readonly path: string; readonly mode: number; readonly template?: string }[];
}

/** Places of the agent's own view. */
export const agentPlaces = {
  plan: "/plan/plan.json",
  pod: "/pod",
  control: "/pod/control.sock",
  spool: "/pod/spool",
  disk: "/pod/disk",
  sockets: "/sockets",
  volumes: "/volumes",
  scratch: "/scratch",
  roots: "/roots",
  overlays: "/overlays",
  args: "/args",
  seccomp: "/plan/seccomp.bpf",
} as const;

/** Of the gateway: the proxy that is the only way out. */
export const egressPort = 3128;
export const gatewayAddress = "10.77.0.1";
export const networkPrefix = 16;

/** One request per connection: a line of JSON. */
export type AgentRequest =
  | { readonly op: "watch" }
  | { readonly op: "status" }
  | { readonly op: "stats" }
  | { readonly op: "flush" }
  | { readonly op: "exec"; readonly run: AgentExec }
  | { readonly op: "fault"; readonly fault: Fault }
  | { readonly op: "heal"; readonly token: string }
  | { readonly op: "connect"; readonly host: string; readonly port: number }
  | { readonly op: "expose"; readonly port: number; readonly socket: string }
  | { readonly op: "digest"; readonly path: string }
  | { readonly op: "asked"; readonly asked: AskedHost }
  | { readonly op: "egress" }
  | { readonly op: "stop" };

export interface AgentExec {
  readonly member: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly timeoutMs: number;
  readonly outputLimitBytes: number;
  /** base64 */
  readonly stdin?: string;
}

/** Lines of JSON; after `connected` the connection is the byte stream itself. */
export type AgentReply =
  | { readonly kind: "service"; readonly status: SupervisedStatus }
  | { readonly kind: "started" }
  | { readonly kind: "status"; readonly state: PodState; readonly services: readonly SupervisedStatus[] }
  | { readonly kind: "stats"; readonly stats: readonly ServiceStats[] }
  | { readonly kind: "output"; readonly stream: "stdout" | "stderr"; readonly data: string }
  | {
      readonly kind: "ended";
      readonly exitCode: number;
      readonly signal?: string;
      readonly timedOut: boolean;
      readonly truncated: boolean;
      readonly durationMs: number;
    }
  | { readonly kind: "holds"; readonly token: string }
  | { readonly kind: "connected" }
  | { readonly kind: "exposed"; readonly host: string; readonly port: number }
  | { readonly kind: "digest"; readonly digest: string; readonly sizeBytes: number }
  | { readonly kind: "asked"; readonly asked: Omit<AskedHost, "from"> & { readonly service?: string } }
  | { readonly kind: "done" }
  | { readonly kind: "fault"; readonly fault: SupervisionFault };

export type PodState = "starting" | "running" | "stopping" | "failed";
