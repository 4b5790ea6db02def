import { backupHealth } from "../backups/backup-health.ts";
import { copyWaiting } from "../backups/copy-to-targets.ts";
import { followArchive } from "../backups/follow-archive.ts";
import { isBeingSaved, newestBackups } from "../backups/list-backups.ts";
import { proveBackup } from "../backups/prove-backup.ts";
import { pruneBackups } from "../backups/prune-backups.ts";
import { sweepUnfinished, takeBackup } from "../backups/take-backup.ts";
import type { DeploymentFacts } from "../deployments/deployment-plan.ts";
import { liveBackupContext } from "../deployments/live-backup-context.ts";
import type { Live } from "../deployments/open-live.ts";
import type { Site } from "../sites/site.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { walFolder } from "../sites/site-spec.ts";
import { whileClaimed } from "../store/claims.ts";
import { activeDeployment, listDeployments } from "../store/deployments.ts";
import { throwTogether } from "./throw-together.ts";

export interface Saving extends Pick<SiteContext, "signal" | "say"> {
  readonly now: () => number;
}

/** What whoever takes backups of a site on a schedule holds. */
export function backupsClaim({ id }: Site): string {
  return `backups of ${id}`;
}

/** Takes in PostgreSQL's log, and saves anew where no second could be restored with what is there. */
export async function archiveSite(live: Live, site: Site, doing: Saving): Promise<void> {
  if (site.definition.backups?.pointInTime !== true) return;
  const context = { ...(await liveBackupContext(live, site, doing)), now: doing.now };
  for (const service of context.plan.services) {
    if (context.services.find(({ name }) => name === service)?.program.kind !== "image") continue;
    const { findings, needsBase } = await followArchive(context, { service, walFolder: walFolder(site, service) });
    for (const text of findings) doing.say(`${site.id}: ${text}`);
    // After a restore, until the next scheduled backup, no second could be restored otherwise. The very first is a scheduled one.
    if (!needsBase || !(await newestBackups(live.store, site.id)).has(service)) continue;
    if ((await activeDeployment(live.store, site.id)) !== undefined || (await isBeingSaved(live.store, { site: site.id, service })))
      continue;
    await whileClaimed(live.store, { name: backupsClaim(site), signal: doing.signal }, async (signal) => {
      const made = await takeBackup({ ...context, signal }, { service, reason: "the archived log begins anew" });
      doing.say(`${site.id}: ${service} is saved as ${made.id}, for its log begins anew`);
    });
  }
}

/** Saves what is due, proves what was not, removes what no rule keeps, and copies what targets did not take before. */
export async function backUpSite(live: Live, site: Site, doing: Saving): Promise<void> {
  const { backups } = site.definition;
  if (backups === undefined || (await activeDeployment(live.store, site.id)) !== undefined) return;
  const context = { ...(await liveBackupContext(live, site, doing)), now: doing.now };
  await sweepUnfinished(context);
  const failures: unknown[] = [];
  for (const { service, newest, newestAgeMs, proofAgeMs } of (await backupHealth(context)).services) {
    const isDue = newestAgeMs === undefined || newestAgeMs >= backups.everyMs;
    // Well before it is too late to be told of.
    const isUnproven = newest !== undefined && newest.proof === undefined && (proofAgeMs ?? Infinity) > backups.provenWithinMs / 2;
    try {
      if (isDue) await saveService(live, site, { context, service, say: doing.say });
      else if (isUnproven) await proveService(site, { context, backup: newest.id, service, say: doing.say });
    } catch (error) {
      doing.signal.throwIfAborted();
      // One service's trouble is not another's.
      failures.push(error);
    }
  }
  await copyWaiting(context);
  throwTogether(failures);
}

interface ServiceSaving extends Pick<Saving, "say"> {
  readonly context: Awaited<ReturnType<typeof liveBackupContext>>;
  readonly service: string;
}

async function saveService({ store }: Live, site: Site, { context, service, say }: ServiceSaving): Promise<void> {
  if (await isBeingSaved(store, { site: site.id, service })) return;
  const made = await takeBackup(context, { service, reason: "scheduled" });
  say(`${site.id}: ${service} is saved as ${made.id}`);
  await pruneBackups(context, { service, needed: await neededBackups(store, site) });
}

async function proveService(site: Site, { context, service, backup, say }: ServiceSaving & { readonly backup: string }): Promise<void> {
  const proof = await proveBackup(context, { backup });
  const verdict = proof.passed ? "is proven" : `is NOT what was saved: ${proof.differences[0] ?? ""}`;
  say(`${site.id}: backup ${backup} of ${service} ${verdict}`);
}

/** What the deployments that can still be gone back from have saved. */
async function neededBackups(store: Live["store"], site: Site): Promise<readonly string[]> {
  const recent = await listDeployments(store, { site: site.id, limit: 5 });
  // Only deployments of this package have facts.
  return recent.flatMap(({ facts }) => Object.values((facts as DeploymentFacts).backups ?? {}));
}
