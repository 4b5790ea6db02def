import type { DeployJob, DeploymentEnvironment, Place, ServiceSpec } from "@dojang/model";
import type { LoadedProject } from "../config/load-project.ts";

/** One thing that production should be, and whether it is. */
export interface ChecklistFinding {
  /** Stable: `secret-weak:JWT_SECRET`, `https`. What is before the colon names the point. */
  readonly id: string;
  /** `unknown`: nothing here can tell. */
  readonly state: "ok" | "warn" | "fail" | "unknown";
  /** Never holds the value of a secret. */
  readonly seen: string;
  readonly why: string;
  /** What to do; empty when it is ok. */
  readonly fix: string;
  readonly place: Place;
}

/** What a machine and a store know, and files do not. */
export interface ChecklistFacts {
  /** The services with the environment's values in place; those of the project, with a laptop's, when absent. */
  readonly services?: readonly ServiceSpec[];
  /** The Compose file as it is written: fallbacks such as `${X:-secret}` are only seen there. */
  readonly composeText?: string;
  /** Values of the other deployment environments, by environment and name. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly machineMemoryBytes?: number;
  /** What is known of the backups of each service; absent before there is a site. */
  readonly backups?: readonly BackupFacts[];
  /** Milliseconds of the epoch. */
  readonly now: number;
}

export interface BackupFacts {
  readonly service: string;
  readonly newestAt?: number;
  /** When the newest backup that is proven was proven. */
  readonly provenAt?: number;
}

export interface ChecklistRequest {
  readonly project: Pick<LoadedProject, "file" | "services" | "composeFile">;
  readonly environment: string;
  /** Variables and secrets of the environment that have a value. */
  readonly values: Readonly<Record<string, string>>;
  readonly facts: ChecklistFacts;
}

/** What every point looks at. */
export interface Looked extends ChecklistRequest {
  readonly definition: DeploymentEnvironment;
  /** Those that run in this environment. */
  readonly services: readonly ServiceSpec[];
  readonly deployJob?: { readonly name: string; readonly job: DeployJob };
  at(path: string): Place;
  point(id: string, why: string, path: string): Point;
}

/** The three parts of a finding that do not depend on what is seen. */
export interface Point {
  ok(seen: string): ChecklistFinding;
  warn(seen: string, fix: string): ChecklistFinding;
  fail(seen: string, fix: string): ChecklistFinding;
  unknown(seen: string, fix: string): ChecklistFinding;
}

export function makePoint(id: string, why: string, place: Place): Point {
  const finding = (state: ChecklistFinding["state"]) => (seen: string, fix: string) => ({ id, state, seen, why, fix, place });
  return { ok: (seen) => finding("ok")(seen, ""), warn: finding("warn"), fail: finding("fail"), unknown: finding("unknown") };
}

export function programOf(service: ServiceSpec): string | undefined {
  if (service.program.kind !== "image") return undefined;
  const last = service.program.image.split("@")[0]?.split("/").at(-1);
  return last?.split(":")[0];
}

const sqlDatabases = ["postgres", "mysql", "mariadb", "mysql-server", "postgis", "timescaledb"];

export function isSqlDatabase(service: ServiceSpec): boolean {
  return sqlDatabases.includes(programOf(service) ?? "");
}

export function isDataStore(service: ServiceSpec): boolean {
  return (
    isSqlDatabase(service) || ["redis", "valkey", "mongo", "memcached", "rabbitmq", "elasticsearch"].includes(programOf(service) ?? "")
  );
}
