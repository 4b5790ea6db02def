import type { ServiceSpec } from "@dojang/model";
import type { BackupFigures, BackupKind, BackupWal } from "../store/backup-tables.ts";
import type { BackupContext } from "./backup-context.ts";
import type { TarWriter } from "./tar-writer.ts";

/**
 * How one kind of data is saved and brought back. `save` asks the running service; `place` says where an entry of the archive goes
 * in the volumes of a service that is not running; `settle` does what only the running server can do, and waits until it holds what was
 * asked for; `measure` counts again what `save` counted.
 */
export interface BackupEngine {
  readonly kind: BackupKind;
  /** Whether `measure` asks a server that was started on the restored volumes, or reads them as they lie. */
  readonly provenBy: "server" | "files";
  save(request: SaveRequest): Promise<Saved>;
  /** Undefined for what has no place in a volume: it is laid out aside, for `settle`. */
  place(path: string, service: ServiceSpec): EntryPlace | undefined;
  settle?(server: RestoredServer): Promise<void>;
  measure(server: RestoredServer): Promise<BackupFigures>;
  /** What is left to do to the volumes when the server is down again. */
  finish?(server: RestoredServer): Promise<void>;
}

export interface SaveRequest {
  readonly context: BackupContext;
  readonly service: ServiceSpec;
  readonly backupId: string;
  readonly tar: TarWriter;
  readonly signal: AbortSignal;
}

export interface Saved {
  readonly figures: BackupFigures;
  readonly wal?: BackupWal;
}

export type EntryPlace = { readonly volume: string; readonly path: string };

/** A service that was started on what was restored, in an environment of its own. */
export interface RestoredServer {
  readonly context: BackupContext;
  readonly environmentId: string;
  readonly service: ServiceSpec;
  /** The folders that are its volumes, by name. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Entries of the archive that have no place in a volume (a dump), in a folder of their own. */
  readonly aside: string;
  readonly signal: AbortSignal;
}
