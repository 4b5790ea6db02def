import { join } from "node:path";
import { type BackupPlan, Problem, type ServiceSpec } from "@dojang/model";
import type { LiveRuntime } from "@dojang/runtime";
import type { Store } from "../store/store.ts";

/** What everything here works on: one deployment environment, its running data services, and where its files are. */
export interface BackupContext {
  readonly store: Store;
  /** On which the data services run, and throwaway ones are started. */
  readonly runtime: LiveRuntime;
  /** `<project>-<environment>`. */
  readonly site: string;
  readonly project: string;
  /** The environment with the running data services. Nothing of it is needed to restore. */
  readonly environmentId: string;
  /** As they run, with their variables in place. */
  readonly services: readonly ServiceSpec[];
  readonly plan: BackupPlan;
  /** The folder that is mounted as a volume now: `<site folder>/volumes/<volume>/current`, unless the caller has another. */
  readonly volumeFolder: (volume: string) => string;
  /** The number under which guests of this site run (EnvironmentSpec.ownUser), where they have one. */
  readonly ownUser?: number;
  /** Variables and secrets of the environment: credentials of targets are among them. */
  readonly variables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
  /** The clock; Date.now unless a test has another. */
  readonly now?: () => number;
}

export function siteFolder(home: string, site: string): string {
  return join(home, "sites", site);
}

export function backupFolder(context: Pick<BackupContext, "store" | "site">, service: string): string {
  return join(siteFolder(context.store.home, context.site), "backups", service);
}

export function clockOf(context: Pick<BackupContext, "now">): number {
  return (context.now ?? Date.now)();
}

export function serviceOf(context: Pick<BackupContext, "services" | "site">, name: string): ServiceSpec {
  const found = context.services.find((service) => service.name === name);
  if (found !== undefined) return found;
  throw new Problem({
    code: "backup-service-unknown",
    exit: "configuration",
    message: `${context.site} has no service ${name} whose data could be saved; it has ${context.services.map((one) => one.name).join(", ") || "none"}`,
    fix: "name one of them under backups.services of the environment",
  });
}
