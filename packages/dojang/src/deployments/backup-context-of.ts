import type { BackupPlan } from "@dojang/model";
import type { BackupContext } from "../backups/backup-context.ts";
import type { ResolvedRelease } from "../sites/resolved-release.ts";
import type { SiteContext } from "../sites/site-context.ts";

import { liveVolume, siteUser } from "../sites/site-folder.ts";
import { dataEnvironmentId, dataServices } from "../sites/site-spec.ts";
import type { SiteWork } from "./site-work.ts";

/** What a site without a plan of its own is saved by, before a deployment. */
const plainPlan: Omit<BackupPlan, "services"> = {
  everyMs: 24 * 3_600_000,
  to: [],
  keep: { last: 7, daily: 7, weekly: 4 },
  pointInTime: false,
  provenWithinMs: 7 * 24 * 3_600_000,
  checks: [],
};

/** Backups of a site work with its data services as they run, whichever release started them. */
export async function backupContextOf(
  { site }: Pick<SiteWork, "site">,
  context: SiteContext,
  resolved: ResolvedRelease,
): Promise<BackupContext> {
  return {
    store: context.store,
    runtime: context.runtime,
    site: site.id,
    project: site.project,
    environmentId: dataEnvironmentId(site),
    services: dataServices({ resolved }),
    plan: site.definition.backups ?? { ...plainPlan, services: resolved.services.data.map(({ name }) => name) },
    volumeFolder: (volume) => liveVolume(site, volume),
    ownUser: await siteUser(site),
    variables: resolved.variables,
    signal: context.signal,
    onProgress: context.say,
  };
}
