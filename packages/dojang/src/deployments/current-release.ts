import { Problem } from "@dojang/model";
import { getRelease } from "../releases/release.ts";
import { resolveRelease } from "../releases/resolve-release.ts";
import type { ResolvedRelease } from "../sites/resolved-release.ts";
import type { Site } from "../sites/site.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { getSite } from "../store/sites.ts";
import type { Live } from "./open-live.ts";

/** What work on a live site needs, of what a process opened. */
export function siteContext(
  { store, home, runtime, preloadDirectory, emit }: Live,
  { signal, say }: Pick<SiteContext, "signal" | "say">,
): SiteContext {
  return { store, home, runtime, preloadDirectory, emit, signal, say };
}

/** The release that a site serves, as it is there. Throws Problem `nothing-live`. */
export async function currentRelease(
  { store, env }: Pick<Live, "store" | "env">,
  site: Site,
  signal: AbortSignal,
): Promise<ResolvedRelease & { readonly site: Site }> {
  const row = await getSite(store, site.id);
  if (row?.currentRelease === undefined) throw nothingLive(site);
  return resolveRelease({ store, signal, env }, await getRelease(store, row.currentRelease), site);
}

export function nothingLive({ id, environment }: Pick<Site, "id" | "environment">): Problem {
  return new Problem({
    code: "nothing-live",
    message: `nothing is live on ${id}`,
    fix: `deploy a release first: dojang deploy ${environment}`,
    exit: "refused",
  });
}
