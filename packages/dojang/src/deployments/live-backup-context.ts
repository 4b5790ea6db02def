import type { BackupContext } from "../backups/backup-context.ts";
import { getRelease } from "../releases/release.ts";
import { resolveRelease } from "../releases/resolve-release.ts";
import type { Site } from "../sites/site.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { getSite } from "../store/sites.ts";
import { backupContextOf } from "./backup-context-of.ts";
import { type Live, nothingLive } from "./open-live.ts";

/** Backups of a site as it is live. Throws `nothing-live`. */
export async function liveBackupContext(live: Live, site: Site, of: Pick<SiteContext, "signal" | "say">): Promise<BackupContext> {
  const { store, home, runtime, preloadDirectory, env } = live;
  const row = await getSite(store, site.id);
  if (row?.currentRelease === undefined) throw nothingLive(site);
  const resolved = await resolveRelease({ store, env, signal: of.signal }, await getRelease(store, row.currentRelease), site);
  return backupContextOf({ site }, { store, home, runtime, preloadDirectory, ...of }, resolved);
}
