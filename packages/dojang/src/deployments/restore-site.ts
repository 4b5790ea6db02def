import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Restorable } from "../backups/lay-out-backup.ts";
import { type RestoredGeneration, restoreGeneration, switchVolume } from "../backups/restore-generation.ts";
import { bringUpSolo, takeDownSolo } from "../sites/live-release.ts";
import type { Site } from "../sites/site.ts";
import { keptFolders, liveVolume, writeWhole } from "../sites/site-folder.ts";
import { dataEnvironmentId } from "../sites/site-spec.ts";
import { activeDeployment } from "../store/deployments.ts";
import { isAlive, type ProcessIdentity, thisProcess } from "../store/process-identity.ts";
import { backupContextOf } from "./backup-context-of.ts";
import { currentRelease, siteContext } from "./current-release.ts";
import type { Live } from "./open-live.ts";
import { siteBusy } from "./site-busy.ts";
import { edgeSiteOf } from "./site-work.ts";

export interface RestoreRequest {
  readonly site: Site;
  readonly which: Restorable;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

export interface RestoredSite {
  readonly restored: RestoredGeneration;
  /** How long visitors saw the maintenance page. */
  readonly downMs: number;
  /** What was live before, by volume: folders that stay. */
  readonly former: Readonly<Record<string, string>>;
}

/** What has to be finished when this process is killed between the first and the last step of the switch. */
interface SwitchUnderWay {
  readonly service: string;
  readonly generation: string;
  readonly volumes: readonly string[];
  /** Who is at it; while that process lives nobody else is. */
  readonly owner: ProcessIdentity;
}

/**
 * Brings a site's data back: restored beside what is live and proven there, then switched to under the maintenance page. What was live
 * stays on the disk. The switch is written down before it begins; `finishRestore` ends one that was killed.
 */
export async function restoreSite(live: Live, { site, which, signal, say }: RestoreRequest): Promise<RestoredSite> {
  const active = await activeDeployment(live.store, site.id);
  if (active !== undefined) throw siteBusy(active);
  const context = siteContext(live, { signal, say });
  const current = await currentRelease(live, site, signal);
  say("restoring beside what is live, and comparing it with what was saved");
  const restored = await restoreGeneration(await backupContextOf({ site }, context, current), which);
  say(`${restored.proof.tables} tables, ${restored.proof.rows} rows: switching`);
  const under: SwitchUnderWay = {
    service: restored.service,
    generation: restored.generation,
    volumes: Object.keys(restored.volumes),
    owner: thisProcess(),
  };
  await writeWhole(noteOf(site), JSON.stringify(under));
  const startedAt = Date.now();
  const former = await finishSwitch(live, site, { under, signal, say });
  return { restored, former, downMs: Date.now() - startedAt };
}

/** "held": a process that lives is at it, and the site is its to change. */
export async function finishRestore(
  live: Live,
  { site, signal, say }: Omit<RestoreRequest, "which">,
): Promise<"none" | "held" | "finished"> {
  const text = await readFile(noteOf(site), "utf8").catch(() => undefined);
  if (text === undefined) return "none";
  // Only restoreSite writes it, whole.
  const under = JSON.parse(text) as SwitchUnderWay;
  if (isAlive(under.owner)) return "held";
  say(`${site.id}: the restore of ${under.service} that was cut off is finished`);
  await finishSwitch(live, site, { under, signal, say });
  return "finished";
}

/** Each part may have been done before. */
async function finishSwitch(
  live: Live,
  site: Site,
  { under, signal, say }: Pick<RestoreRequest, "signal" | "say"> & { readonly under: SwitchUnderWay },
): Promise<Readonly<Record<string, string>>> {
  const context = siteContext(live, { signal, say });
  const current = await currentRelease(live, site, signal);
  const data = dataEnvironmentId(site);
  await live.edge.setMaintenance(site.id, true);
  // Workers write too, and nobody's page holds them back.
  await takeDownSolo(context, site, current);
  await live.runtime.takeDown(data, under.service, { signal });
  const former: Record<string, string> = {};
  for (const volume of under.volumes) {
    const was = await switchVolume(liveVolume(site, volume), under.generation);
    if (was !== undefined && was !== under.generation) former[volume] = join(keptFolders(site).volumes, volume, was);
  }
  await live.runtime.bringUp(data, under.service, { signal });
  await bringUpSolo(context, site, current);
  await live.edge.setMaintenance(site.id, false);
  const { method, target: path } = site.definition.site.health;
  const answer = await live.edge.probe(edgeSiteOf(site), { method, path }, { signal, timeoutMs: 10_000 });
  if (answer.status === undefined || answer.status >= 500) {
    say(
      `the site answers ${answer.error ?? answer.status} after the restore: ${answer.body.slice(0, 200)}; deploy a release that fits the restored data`,
    );
  }
  await rm(noteOf(site), { force: true });
  return former;
}

function noteOf(site: Site): string {
  return join(keptFolders(site).env, "restore.json");
}
