import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { Problem } from "@dojang/model";
import { listBackups } from "../backups/list-backups.ts";
import { checkProduction } from "../checklist/check-production.ts";
import type { BackupFacts, ChecklistFinding } from "../checklist/checklist-point.ts";
import type { LoadedProject } from "../config/load-project.ts";
import { readSecrets } from "../sites/secrets.ts";
import { siteId } from "../sites/site.ts";
import { getSite } from "../store/sites.ts";
import type { Store } from "../store/store.ts";

export interface ChecklistQuestion {
  readonly store: Store;
  /** As it is without a site's variables. */
  readonly project: LoadedProject;
  readonly environment: string;
  /** The environment's own services, with its variables in place, where they are known. */
  readonly services?: LoadedProject["services"];
}

/** The production checklist with what this installation knows: secrets, other environments, backups, the machine. */
export async function productionChecklist({
  store,
  project,
  environment,
  services,
}: ChecklistQuestion): Promise<readonly ChecklistFinding[]> {
  const names = Object.keys(project.file.environments);
  const values = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await environmentValues({ store, project, environment: name })] as const)),
  );
  const { [environment]: own = {}, ...others } = values;
  const isLive = (await getSite(store, siteId(project.name, environment)))?.currentRelease !== undefined;
  const planned = project.file.environments[environment]?.backups?.services ?? [];
  return checkProduction({
    project,
    environment,
    values: own,
    facts: {
      services,
      composeText: project.composeFile === undefined ? undefined : await readFile(project.composeFile, "utf8").catch(() => undefined),
      others,
      machineMemoryBytes: totalmem(),
      // Before anything lives there, there is nothing that could have been saved.
      backups: !isLive
        ? undefined
        : await Promise.all(planned.map((service) => backupFacts(store, { site: siteId(project.name, environment), service }))),
      now: Date.now(),
    },
  });
}

/** Variables and secrets of an environment that have a value. */
export async function environmentValues({
  store,
  project,
  environment,
}: Pick<ChecklistQuestion, "store" | "project" | "environment">): Promise<Readonly<Record<string, string>>> {
  const definition = project.file.environments[environment];
  if (definition === undefined) return {};
  return { ...definition.values, ...(await readSecrets(store, siteId(project.name, environment), definition.secrets)) };
}

async function backupFacts(store: Store, of: { readonly site: string; readonly service: string }): Promise<BackupFacts> {
  const backups = await listBackups(store, of);
  const proven = backups.find(({ proof }) => proof?.passed === true);
  return { service: of.service, newestAt: backups[0]?.finishedAt, provenAt: proven?.proof?.at };
}

export interface ChecklistGate {
  readonly environment: string;
  /** Services that the deployment itself saves, and proves, before it changes anything: their backups may still be missing. */
  readonly savedFirst: readonly string[];
}

/** One line for people; throws `checklist-failed` with every point that fails. */
export function passChecklist(findings: readonly ChecklistFinding[], { environment, savedFirst }: ChecklistGate): string {
  const comes = new Set(savedFirst.flatMap((service) => [`backup-fresh:${service}`, `backup-proven:${service}`]));
  const failed = findings.filter(({ id, state }) => state === "fail" && !comes.has(id));
  if (failed.length > 0) {
    throw new Problem({
      code: "checklist-failed",
      message: `${environment} is not ready for people: ${failed.map(({ id, seen }) => `${id}: ${seen}`).join("; ")}`,
      fix: failed.map(({ fix }) => fix).join("; "),
      exit: "refused",
      findings: failed.map(({ id, seen, fix, place }) => ({ severity: "error", code: id, message: seen, fix, place })),
    });
  }
  const count = (state: ChecklistFinding["state"]) => findings.filter((finding) => finding.state === state).length;
  return `checklist: ${count("ok")} points in order, ${count("warn")} warnings, ${count("unknown")} unknown`;
}
