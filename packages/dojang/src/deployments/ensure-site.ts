import { getRelease } from "../releases/release.ts";
import { resolveRelease } from "../releases/resolve-release.ts";
import { ensureData, type LiveData } from "../sites/live-data.ts";
import { bringUpSolo, type LiveRelease, startRelease, takeDownSolo } from "../sites/live-release.ts";
import type { ResolvedRelease } from "../sites/resolved-release.ts";
import type { Site } from "../sites/site.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { getSite } from "../store/sites.ts";

export interface EnsuredSite {
  readonly data: LiveData | undefined;
  readonly current: LiveRelease | undefined;
  readonly previous: LiveRelease | undefined;
  /** Whether anything had to be done. */
  readonly mended: boolean;
}

/**
 * Brings a site back to what the store says it serves: after a restart of the machine, or when a supervisor was killed. Data first, then
 * the current release with its workers, then the former one without, warm for a rollback. What runs is left alone, so it may be asked
 * every minute; not while a deployment of the site is under way, which knows better.
 */
export async function ensureSite(context: SiteContext, site: Site): Promise<EnsuredSite> {
  const row = await getSite(context.store, site.id);
  if (row?.currentRelease === undefined) return { data: undefined, current: undefined, previous: undefined, mended: false };
  const current = await resolve(context, site, row.currentRelease);
  const data = await ensureData(context, site, current);
  const previous = row.previousRelease === undefined ? undefined : await resolve(context, site, row.previousRelease).catch(() => undefined);
  // Before the current one's workers are started: those of the former must not run beside them.
  if (previous !== undefined) await takeDownSolo(context, site, previous);
  const live = await startRelease(context, site, current, { held: current.services.solo, data });
  await bringUpSolo(context, site, current);
  const warm = previous && (await keepWarm(context, site, { previous, data }));
  return { data, current: live, previous: warm, mended: data.did !== "left" || live.did !== "left" || warm?.did === "started" };
}

/** What visitors have does not depend on it: a former release that cannot be started is said and left. */
async function keepWarm(
  context: SiteContext,
  site: Site,
  { previous, data }: { readonly previous: ResolvedRelease; readonly data: LiveData },
): Promise<LiveRelease | undefined> {
  try {
    return await startRelease(context, site, previous, { held: previous.services.solo, data });
  } catch (error) {
    context.signal.throwIfAborted();
    context.say(`${site.id}: ${previous.release.id} cannot be kept warm: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function resolve(context: SiteContext, site: Site, id: string): Promise<ResolvedRelease> {
  return resolveRelease(context, await getRelease(context.store, id), site);
}
