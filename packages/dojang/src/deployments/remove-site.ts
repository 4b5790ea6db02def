import { rm } from "node:fs/promises";
import { listSecrets, removeSecret } from "../sites/secrets.ts";
import type { Site } from "../sites/site.ts";
import { stopSiteEnvironment } from "../sites/site-environment.ts";
import { activeDeployment } from "../store/deployments.ts";
import { listLive } from "../store/ledger.ts";
import { listSites, setSiteReleases } from "../store/sites.ts";
import { knownToEdge, type Live, siteOfRow } from "./open-live.ts";
import { siteBusy } from "./site-busy.ts";
import { edgeSiteOf } from "./site-work.ts";

export interface RemoveSiteOptions {
  /** Its databases, backups and secrets go too; without it they stay, and the next deployment finds them. */
  readonly withData: boolean;
  readonly say: (text: string) => void;
}

/** Takes a site off this machine: nginx forgets it, its processes end. What was deployed stays in the records. Safe twice. */
export async function removeSite(live: Live, site: Site, { withData, say }: RemoveSiteOptions): Promise<void> {
  const { store, home, edge } = live;
  const active = await activeDeployment(store, site.id);
  if (active !== undefined) throw siteBusy(active);
  await setSiteReleases(store, { id: site.id, current: undefined, previous: undefined });
  // The site may come again, and its authority is not to be asked anew then.
  await edge.forget(site.id, { keepCertificates: true });
  const others = (await knownToEdge(live, await listSites(store))).filter(({ id }) => id !== site.id);
  await edge.apply(others.map((row) => edgeSiteOf(siteOfRow(row, home))));
  for (const { id, data } of await listLive(store, { kind: "environment" })) {
    if (data.site !== site.id) continue;
    await stopSiteEnvironment({ store, runtime: live.runtime }, id);
    say(`${id} has ended`);
  }
  if (!withData) return;
  await edge.forget(site.id);
  await rm(site.folder, { recursive: true, force: true });
  for (const { name } of await listSecrets(store, site.id)) await removeSecret(store, { site: site.id, name });
  await store.db
    .updateTable("backup")
    .set({ removed_at: Date.now() })
    .where("site", "=", site.id)
    .where("removed_at", "is", null)
    .execute();
  say(`the data, backups and secrets of ${site.id} are removed`);
}
