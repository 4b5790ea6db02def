import { getRelease } from "../../releases/release.ts";
import { bringUpSolo, startRelease, stopRelease, takeDownSolo } from "../../sites/live-release.ts";
import type { SiteContext } from "../../sites/site-context.ts";
import { getSite, setSiteReleases } from "../../store/sites.ts";
import type { DeploymentFacts } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during, type SiteWork } from "../site-work.ts";
import type { StepOptions } from "./step-options.ts";
import { allSlots, probeUntilWell } from "./switch-traffic.ts";

/**
 * Makes the former release serve again, whatever was done: starts it where it no longer runs, sends everybody to it, gives it back its
 * workers, removes the new one. Where the database was migrated and the former release was seen not to work on it, going back would
 * make things worse: a release that is live then stays, and people are told.
 */
export function takeBack({ work }: Pick<StepOptions, "work">): DeploymentStep<DeploymentFacts> {
  return {
    name: "take-back",
    title: "going back to the former release",
    deadlineMs: 30 * 60_000,
    async run({ deployment, facts, signal, say, keep }) {
      const { release, previousRelease } = deployment;
      const context = during(work, { signal, say });
      if (facts.live !== true) return { kind: "done", summary: await removeUnmet(context, work, release) };
      if (previousRelease === undefined || previousRelease === release) {
        await work.edge.setMaintenance(work.site.id, true);
        await remove(context, work.site, release);
        await setSiteReleases(context.store, { id: work.site.id, current: undefined, previous: undefined });
        return { kind: "done", summary: "there is no former release: the maintenance page is shown" };
      }
      if (facts.migrated === true && facts.codeRollback === false) {
        await keep({ stays: true });
        await work.edge.pointSlots(work.site.id, allSlots(release));
        await setSiteReleases(context.store, { id: work.site.id, current: release, previous: previousRelease });
        return { kind: "done", summary: staysBecause(work, { release, facts }) };
      }
      const former = await work.resolve(previousRelease);
      // It is warm; where it is not (its processes were killed, the machine restarted), it is started again.
      await startRelease(context, work.site, former, { held: facts.soloMoved === true ? former.services.solo : [] });
      await work.edge.pointSlots(work.site.id, allSlots(previousRelease));
      await work.applyEdge(former.site);
      if (facts.soloMoved === true) {
        await takeDownSolo(context, work.site, await work.resolve(release));
        await bringUpSolo(context, work.site, former);
      }
      await setSiteReleases(context.store, { id: work.site.id, current: previousRelease, previous: undefined });
      const answer = await probeUntilWell(work, signal);
      await remove(context, work.site, release);
      return { kind: "done", summary: `${previousRelease} serves everybody again, ${release} was removed; ${answer}` };
    },
  };
}

/** Stopping needs no variables: also one that could not even be resolved is removed. */
async function remove(context: SiteContext, site: SiteWork["site"], release: string): Promise<void> {
  await stopRelease(context, site, await getRelease(context.store, release));
}

/** Nobody met it: it goes, unless the site has come to use it meanwhile. */
async function removeUnmet(context: SiteContext, { site }: SiteWork, release: string): Promise<string> {
  const row = await getSite(context.store, site.id);
  if (row?.currentRelease === release || row?.previousRelease === release) return `${release} is used by the site and was left`;
  await remove(context, site, release);
  return row?.currentRelease === undefined
    ? `${release} was removed; nothing is live`
    : `${row.currentRelease} served all the time; ${release} was removed`;
}

function staysBecause({ site }: SiteWork, { release, facts }: { readonly release: string; readonly facts: DeploymentFacts }): string {
  const ways = Object.values(facts.backups ?? {}).map((id) => `dojang restore ${site.environment} --backup ${id}`);
  const way = ways.length === 0 ? "" : `, or go back with its data: ${ways.join("; ")}`;
  return `${release} stays, for the former release does not work on the migrated database (${facts.codeRollbackWhy ?? ""}): mend it by another deployment${way}`;
}
