import type { BackupContext } from "../backups/backup-context.ts";
import type { Site } from "../sites/site.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { backupContextOf } from "./backup-context-of.ts";
import { currentRelease, siteContext } from "./current-release.ts";
import type { Live } from "./open-live.ts";

/** Backups of a site as it is live. Throws `nothing-live`. */
export async function liveBackupContext(live: Live, site: Site, of: Pick<SiteContext, "signal" | "say">): Promise<BackupContext> {
  return backupContextOf({ site }, siteContext(live, of), await currentRelease(live, site, of.signal));
}
