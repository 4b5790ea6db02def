import type { HealthCheck, ServiceSpec } from "@dojang/model";
import type { MachineFacts } from "./machine-facts.ts";

/**
 * What an image or a recipe becomes on this machine: everything a runtime needs to start one service, decided purely.
 *
 * Order. A runtime makes `writableDirectories` and `dataDirectory`, fills an empty data directory from the template,
 * writes `files`, then runs `argv` in `workingDirectory`. All paths are as the service sees them.
 */
export interface ProgramPlan {
  /** "PostgreSQL 18.4 (npm)", "node dist/server.js". */
  readonly describe: string;
  /** The image asked for; undefined for a build. When set, `substitution` is to be reported once. */
  readonly asked?: string;
  readonly argv: readonly string[];
  /** The whole environment of the process, PATH and the spec's own variables included. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Host folders and files that must be visible at the same path. /usr, /bin, /lib*, /etc/ssl are taken for granted. */
  readonly readOnlyPaths: readonly string[];
  /** Folders that must exist and be writable for the service, empty at each start. */
  readonly writableDirectories: readonly string[];
  /** Written before each start: generated configuration, wrapper commands. */
  readonly files: readonly PlannedFile[];
  readonly data?: DataPlan;
  readonly template?: TemplatePlan;
  /** The port the image listens on when the spec says nothing. */
  readonly defaultPort?: number;
  /** Taken when the spec has no health check, only to know when the service can be used by those who wait for it. */
  readonly health?: HealthCheck;
  readonly stopSignal: string;
}

export interface PlannedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** Where the image keeps its data. A volume mounted at `mountTarget` or a parent holds the data directory. */
export interface DataPlan {
  readonly mountTarget: string;
  /** As given in the request: the plan's argv names this path. */
  readonly directory: string;
  readonly mode: number;
}

/**
 * A first-start that is done once per key and copied afterwards. Steps run in order as the user that will own the data,
 * with `dataDirectory` seen at the same path and empty before the first step. A data directory that is not empty keeps
 * what it has and no template is applied, as the images' entrypoints do.
 */
export interface TemplatePlan {
  /** Hex; covers program, version, user, database, password and arguments, never the path of the data directory. */
  readonly key: string;
  readonly steps: readonly TemplateStep[];
  /** initdb looks its user up: /etc/passwd must hold an entry for the uid that runs the steps. */
  readonly needsPasswdEntry: boolean;
}

export interface TemplateStep {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface ProgramRequest {
  readonly service: ServiceSpec;
  readonly machine: MachineFacts;
  /** Where it is to listen; without a port, the image's own. */
  readonly listen: { readonly host: string; readonly port?: number };
  /** The service's data directory as it sees it. */
  readonly dataDirectory: string;
  /** A writable folder of the service, for sockets, pid files and generated configuration, as it sees it. */
  readonly runDirectory: string;
  /** Nothing of it is kept beyond the environment: databases may then skip waiting for the disk. */
  readonly disposable?: boolean;
  /** Maps a path that Compose speaks of to where the service sees it; identity where mounts are real. */
  readonly seen?: (path: string) => string;
}

/** Where a runtime should put the data of an image that has a fixed place for it: `/var/lib/postgresql/data`. */
export interface ImageLayout {
  readonly dataTarget: string;
  readonly defaultPort: number;
}
