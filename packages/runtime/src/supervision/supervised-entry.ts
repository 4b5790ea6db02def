import type { HealthCheck, RestartPolicy, ServiceState } from "@dojang/model";
import type { OrderedService } from "./start-order.ts";

export interface SupervisedService extends OrderedService {
  readonly health?: HealthCheck;
  readonly restart: RestartPolicy;
  readonly stop: { readonly signal: string; readonly graceMs: number };
  /** Not started with the others, only by `bringUp`. */
  readonly held?: boolean;
}

export interface RunningProcess {
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: string }>;
  /** To the whole tree. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Resolves when nothing of the tree is left. */
  kill(): Promise<void>;
}

export interface SupervisedStatus {
  readonly name: string;
  readonly state: ServiceState;
  readonly restarts: number;
  readonly exitCode?: number;
  readonly lastHealthOutput?: string;
}

/** What a supervisor knows of one service. */
export interface SupervisedEntry {
  readonly service: SupervisedService;
  state: ServiceState;
  restarts: number;
  exitCode?: number;
  lastHealthOutput?: string;
  /** Set while an attempt runs or waits to be made. */
  attempt?: AbortController;
  process?: RunningProcess;
  onPurpose: boolean;
  restartPending: boolean;
  stopping?: Promise<void>;
  /** When the attempt began, nothing was missing that it could wait for. */
  hadEverything: boolean;
  /** Attempts in a row that ended without need and without having been well. */
  vainAttempts: number;
}

export function freshEntry(service: SupervisedService): [string, SupervisedEntry] {
  return [
    service.name,
    { service, state: "created", restarts: 0, onPurpose: false, restartPending: false, hadEverything: false, vainAttempts: 0 },
  ];
}

export function statusOf(entry: SupervisedEntry): SupervisedStatus {
  return {
    name: entry.service.name,
    state: entry.state,
    restarts: entry.restarts,
    exitCode: entry.exitCode,
    lastHealthOutput: entry.lastHealthOutput,
  };
}

export function hasEnded(entry: SupervisedEntry): boolean {
  return (entry.state === "exited" || entry.state === "stopped") && !entry.restartPending;
}
