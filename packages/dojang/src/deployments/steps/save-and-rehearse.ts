import { Problem } from "@dojang/model";
import { type RestoredAside, removeFolder, restoreAside } from "../../backups/prove-backup.ts";
import { takeBackup } from "../../backups/take-backup.ts";
import { getRelease } from "../../releases/release.ts";
import { sameMigrations } from "../../releases/same-migrations.ts";
import type { ResolvedRelease } from "../../sites/resolved-release.ts";
import type { SiteContext } from "../../sites/site-context.ts";
import { dataEnvironmentId } from "../../sites/site-spec.ts";
import { openThrowaway } from "../../sites/throwaway.ts";
import { approvalsOf } from "../../store/approvals.ts";
import type { Deployment } from "../../store/deployments.ts";
import { backupContextOf } from "../backup-context-of.ts";
import type { DeploymentFacts, DeploymentPlan } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during, mustPass, type SiteWork } from "../site-work.ts";
import type { StepOptions } from "./step-options.ts";

const hourMs = 3_600_000;

/** What is there is saved before anything changes. */
export function save({ work, plan }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "backup",
    title: "saving the data",
    deadlineMs: hourMs,
    async run({ deployment, facts, signal, say, keep }) {
      const services = plan.backup?.before ?? [];
      const isThere = (await work.context.runtime.inspect(dataEnvironmentId(work.site)))?.state === "running";
      if (services.length === 0) return { kind: "skipped", summary: "the deploy job has no `backup`" };
      // With no former release there may be data all the same, of a deployment that failed later on.
      if (!isThere) return { kind: "skipped", summary: "there is nothing to save yet" };
      const context = during(work, { signal, say });
      const former = await work.resolve(deployment.previousRelease ?? deployment.release);
      const backups = { ...facts.backups };
      const said: string[] = [];
      for (const service of services) {
        const made = await takeBackup(await backupContextOf(work, context, former), {
          service,
          reason: `before deployment ${deployment.id}`,
        });
        backups[service] = made.id;
        await keep({ backups });
        const lost = made.copies
          .filter(({ state }) => state === "waiting")
          .map(({ target, error }) => `${target} did not take its copy: ${error ?? ""}`);
        for (const text of lost) say(text);
        said.push(
          `${service} as ${made.id} (${Math.max(1, Math.round(made.sizeBytes / 1024))} KiB${lost.length > 0 ? `, ${lost.length} copies missing` : ""})`,
        );
      }
      return { kind: "done", summary: `saved ${said.join(", ")}` };
    },
  };
}

/**
 * On a copy that nobody else knows: the backup is restored and compared, the migration is tried, and the former release's smoke steps
 * are run on the migrated database. Whether they pass decides if code alone can go back later.
 */
export function rehearse({ work, plan }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "rehearse",
    title: "trying it all on a restored copy",
    deadlineMs: hourMs,
    async run({ deployment, facts, signal, say }) {
      const backups = Object.values(facts.backups ?? {});
      if (backups.length === 0) {
        const codeRollback = plan.migrate === undefined || (await isUnmigrated(work, deployment));
        const why = codeRollback ? "nothing is migrated" : "there was no backup to rehearse with";
        return { kind: "skipped", summary: why, facts: { codeRollback, codeRollbackWhy: why } };
      }
      const context = during(work, { signal, say });
      const resolved = await work.resolve(deployment.release);
      const former = deployment.previousRelease === undefined ? undefined : await work.resolve(deployment.previousRelease);
      const backupContext = await backupContextOf(work, context, former ?? resolved);
      const restored: RestoredAside[] = [];
      try {
        for (const backup of backups) restored.push(await restoreAside(backupContext, { backup }, { isGeneration: false }));
        const wrong = restored.flatMap(({ proof }) => proof.differences);
        if (wrong.length > 0) throw backupNotProven(deployment, wrong);
        const compared = restored.map(({ proof }) => `${proof.tables} tables, ${proof.rows} rows`).join("; ");
        const volumes = Object.assign({}, ...restored.map(({ laidOut }) => laidOut.volumes)) as Readonly<Record<string, string>>;
        if (plan.migrate === undefined)
          return {
            kind: "done",
            summary: `the backup was restored and compared (${compared})`,
            facts: { codeRollback: true, codeRollbackWhy: "nothing is migrated" },
          };
        await rehearseMigration(context, work, { resolved, volumes, step: plan.migrate });
        const verdict = await tryFormer(context, work, { former, volumes });
        const outcome = { codeRollback: verdict.works, codeRollbackWhy: verdict.why };
        const summary = `the backup was restored and compared (${compared}), the migration passed on it, ${verdict.why}`;
        // Where there is nothing to go back to nobody can lose the way.
        if (verdict.works || former === undefined || plan.approval === undefined) return { kind: "done", summary, facts: outcome };
        if (await isAccepted(context, deployment, plan.approval.count))
          return { kind: "done", summary: `${summary}; that was accepted`, facts: outcome };
        return {
          kind: "paused",
          wants: "no-way-back",
          summary: lossWindow(summary, restored),
          expiresAt: Date.now() + plan.approval.expiresMs,
          facts: outcome,
        };
      } finally {
        for (const { folder } of restored) await removeFolder(backupContext, folder);
      }
    },
  };
}

/** By the migrations that the sources of both releases hold. */
async function isUnmigrated({ context }: SiteWork, { release, previousRelease }: Deployment): Promise<boolean> {
  if (previousRelease === undefined) return false;
  return sameMigrations(await getRelease(context.store, release), await getRelease(context.store, previousRelease));
}

async function rehearseMigration(
  context: SiteContext,
  { site }: SiteWork,
  {
    resolved,
    volumes,
    step,
  }: {
    readonly resolved: ResolvedRelease;
    readonly volumes: Readonly<Record<string, string>>;
    readonly step: NonNullable<DeploymentPlan["migrate"]>;
  },
): Promise<void> {
  await using copy = await openThrowaway(context, site, { release: resolved, volumes });
  await copy.bringUp([...resolved.services.data.map(({ name }) => name), ...(step.in === undefined ? [] : [])]);
  mustPass(await copy.runSteps([step], { job: "migrate (rehearsal)" }), {
    code: "migration-fails",
    what: "the migration fails on a restored copy; the site was not touched",
    fix: "mend the migration and deploy again",
  });
}

interface FormerVerdict {
  readonly works: boolean;
  readonly why: string;
}

async function tryFormer(
  context: SiteContext,
  { site }: SiteWork,
  { former, volumes }: { readonly former: ResolvedRelease | undefined; readonly volumes: Readonly<Record<string, string>> },
): Promise<FormerVerdict> {
  if (former === undefined) return { works: false, why: "and there is no former release to go back to" };
  await using copy = await openThrowaway(context, site, { release: former, volumes });
  await copy.bringUp(former.services.data.map(({ name }) => name));
  const steps = former.project.file.environments[site.environment]?.smoke ?? [];
  try {
    const url = await copy.openSite();
    if (steps.length === 0) return await answersAtAll(url, site.definition.site.health.target, context.signal);
    mustPass(await copy.runSteps(steps, { variables: { DOJANG_URL: url }, job: `smoke of ${former.release.id} (rehearsal)` }), {
      code: "former-fails",
      what: `the smoke steps of ${former.release.id} fail on the migrated copy`,
      fix: "",
    });
    return { works: true, why: `and ${former.release.id}'s smoke steps pass on the migrated copy: code alone can go back` };
  } catch (error) {
    context.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    return { works: false, why: `but ${former.release.id} does not work on the migrated copy: ${message}` };
  }
}

async function answersAtAll(url: string, path: string, signal: AbortSignal): Promise<FormerVerdict> {
  const answer = await fetch(new URL(path, url), { signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) });
  await answer.body?.cancel();
  const works = answer.status < 400;
  return { works, why: `and the former release, which has no smoke steps, answers ${path} with ${answer.status} on the migrated copy` };
}

async function isAccepted({ store }: SiteContext, deployment: Deployment, count: number): Promise<boolean> {
  const words = await approvalsOf(store, deployment);
  return words.filter(({ topic, decision }) => topic === "no-way-back" && decision === "approved").length >= count;
}

function lossWindow(summary: string, restored: readonly RestoredAside[]): string {
  const oldest = Math.min(...restored.map(({ laidOut }) => laidOut.backup.finishedAt));
  return `${summary}. Once migrated, only a down-migration or a restore goes back; a restore loses what is written after ${new Date(oldest).toISOString()}. Approve to go on all the same`;
}

function backupNotProven({ id }: Deployment, wrong: readonly string[]): Problem {
  return new Problem({
    code: "backup-not-proven",
    message: `the backup of deployment ${id} was restored and differs from what was saved: ${wrong.slice(0, 5).join("; ")}`,
    fix: "`dojang backups` shows it; nothing was deployed, and nothing should be before a backup can be trusted",
    exit: "infrastructure",
  });
}
