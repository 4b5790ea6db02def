import { lstat } from "node:fs/promises";
import { siteContext } from "../deployments/current-release.ts";
import { ensureSite } from "../deployments/ensure-site.ts";
import type { Live } from "../deployments/open-live.ts";
import { finishRestore } from "../deployments/restore-site.ts";
import { getRelease } from "../releases/release.ts";
import { listSecrets } from "../sites/secrets.ts";
import type { Site } from "../sites/site.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { dataEnvironmentId, releaseEnvironmentId } from "../sites/site-spec.ts";
import { activeDeployment } from "../store/deployments.ts";
import { getSite } from "../store/sites.ts";

/** How sites looked when nothing was left to mend, and when that was. */
export type WholeSites = Map<string, { readonly look: string; readonly at: number }>;

/** What a look does not see (a file of the release that is gone, a variable of the machine) is seen after so long. */
const trustedMs = 5 * 60_000;

/**
 * Not while a deployment is under way, which knows better what is to run. To compare everything with what its release says costs a
 * tenth of a second of work, every few seconds: one that looks as it did when it was whole is left alone.
 */
export async function mendSite(
  live: Live,
  site: Site,
  { whole, ...doing }: Pick<SiteContext, "signal" | "say"> & { readonly whole: WholeSites },
): Promise<void> {
  if ((await activeDeployment(live.store, site.id)) !== undefined) return;
  if ((await finishRestore(live, { site, ...doing })) === "held") return;
  const known = whole.get(site.id);
  if (known !== undefined && Date.now() - known.at < trustedMs && known.look === (await lookAt(live, site))) return;
  whole.delete(site.id);
  const { mended } = await ensureSite(siteContext(live, doing), site);
  if (mended) doing.say(`${site.id}: what did not run runs again`);
  const look = await lookAt(live, site);
  if (look !== undefined) whole.set(site.id, { look, at: Date.now() });
}

/** What can be seen of it without reading a release; undefined when something is not as it should be, whatever was there before. */
async function lookAt({ store, runtime }: Live, site: Site): Promise<string | undefined> {
  const row = await getSite(store, site.id);
  const releases = [row?.currentRelease, row?.previousRelease].filter((id) => id !== undefined);
  const ids = await Promise.all(releases.map(async (id) => releaseEnvironmentId(site, await getRelease(store, id))));
  const seen: unknown[] = [releases, await listSecrets(store, site.id)];
  for (const id of [dataEnvironmentId(site), ...ids]) {
    const status = await runtime.inspect(id);
    // A site may keep no data.
    if (status === undefined && id === dataEnvironmentId(site)) continue;
    if (status?.state !== "running") return undefined;
    for (const { name, state, exitCode, restarts } of status.services) {
      const isDown = state === "starting" || state === "unhealthy" || (state === "exited" && exitCode !== 0);
      if (isDown) return undefined;
      seen.push([id, name, state, restarts]);
    }
    for (const { socketPath } of await runtime.published(id)) if (!(await exists(socketPath))) return undefined;
  }
  return JSON.stringify(seen);
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
