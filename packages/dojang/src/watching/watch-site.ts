import { statfs } from "node:fs/promises";
import type { WatchPlan } from "@dojang/model";
import { backdatedMs } from "../capture/certificate-text.ts";
import type { AccessLog } from "../edge/access-log.ts";
import type { Edge, ShownCertificate } from "../edge/edge.ts";
import { type EdgeSite, siteAddress } from "../edge/edge-site.ts";
import type { Store } from "../store/store.ts";
import { applyDecision, listAlerts, openAlerts, retainAlerts } from "./alert-records.ts";
import { type AlertDecision, decideAlerts, type SiteFacts } from "./decide-alerts.ts";
import { type Probe, type ProbeResult, probeName, probesOf, runProbe } from "./probe.ts";
import { latestResults, probeHours, recordProbe, retainProbes } from "./probe-results.ts";
import { isPageOlder, writeStatusPages } from "./status-page.ts";
import { type TellSummary, tellAlerts } from "./tell-alerts.ts";

export interface WatchOptions {
  readonly store: Store;
  readonly edge: Pick<Edge, "probe" | "certificate" | "isMaintained">;
  readonly accessLog: Pick<AccessLog, "traffic">;
  readonly site: EdgeSite;
  readonly plan: WatchPlan;
  /** Values of the environment's variables and secrets, for the addresses of `alerts`. */
  readonly values: Readonly<Record<string, string>>;
  /** When the newest backup was made; undefined when none are planned. */
  readonly backup: { readonly newestAt: number | undefined } | undefined;
  readonly now: number;
  readonly signal: AbortSignal;
  /** Share of the disk of DOJANG_HOME that is left; asked of the machine unless given. */
  readonly diskLeft?: number;
}

export interface WatchSummary {
  readonly probed: readonly ProbeResult[];
  readonly decision: AlertDecision;
  readonly told: TellSummary;
}

const trafficMs = 5 * 60_000;
const shownMs = 90 * 86_400_000;
/** A page without news is written again after this long: it says when it was looked last, and whether the site is worked on. */
const pageAgeMs = 15_000;

/**
 * One look at a site: probes that are due, then what is known, then what is new about it, then who is to be told, then the status page. To
 * be called every few seconds; a call that is left out, or made twice, does no harm. Does not throw because of the site or of a target.
 */
export async function watchSite(options: WatchOptions): Promise<WatchSummary> {
  const { store, edge, site, plan, now, signal } = options;
  const isMaintained = await edge.isMaintained(site.id);
  const probes = probesOf(plan, site);
  const probed = isMaintained ? [] : await runDue(options, probes);
  const facts = await gatherFacts(options, probes, isMaintained);
  const decision = decideAlerts({ plan, facts, open: await openAlerts(store, site.id), now });
  await applyDecision(store, { site: site.id, decision, targets: plan.alerts, now });
  const told = await tellAlerts({
    store,
    site: site.id,
    address: siteAddress(site),
    targets: plan.alerts,
    values: options.values,
    now,
    signal,
  });
  const isNews = probed.length > 0 || decision.raise.length > 0 || decision.resolve.length > 0;
  if (plan.statusPage && (isNews || (await isPageOlder(store.home, site.id, pageAgeMs)))) await renewStatusPage(options, facts);
  return { probed, decision, told };
}

/** Forgets what nobody asks for any more: once a day is enough. */
export async function retainWatching(store: Store, now: number): Promise<void> {
  await retainProbes(store, now);
  await retainAlerts(store, now);
}

async function runDue({ store, edge, site, now, signal }: WatchOptions, probes: readonly Probe[]): Promise<readonly ProbeResult[]> {
  const ran = await Promise.all(
    probes.map(async (probe) => {
      const [last] = await latestResults(store, { site: site.id, probe: probeName(probe), limit: 1 });
      if (last !== undefined && last.at + probe.everyMs > now) return undefined;
      const result = await runProbe({ edge, site, probe, now, signal });
      await recordProbe(store, site.id, result);
      return result;
    }),
  );
  return ran.filter((result) => result !== undefined);
}

async function gatherFacts(options: WatchOptions, probes: readonly Probe[], isMaintained: boolean): Promise<SiteFacts> {
  const { store, edge, accessLog, site, plan, now, backup } = options;
  return {
    probes: await Promise.all(
      probes.map(async (probe) => {
        const name = probeName(probe);
        return { name, results: await latestResults(store, { site: site.id, probe: name, limit: plan.failures }) };
      }),
    ),
    traffic: await accessLog.traffic(site.id, { sinceMs: now - trafficMs }),
    certificate: site.definition.tls.kind === "none" ? undefined : certificateFacts(site, await edge.certificate(site.id)),
    backup,
    diskLeft: options.diskLeft ?? (await diskLeft(store.home)),
    isMaintained,
  };
}

function certificateFacts(site: EdgeSite, shown: ShownCertificate | undefined): SiteFacts["certificate"] {
  if (shown === undefined) return undefined;
  const isStandIn = site.definition.tls.kind === "acme" && shown.source === "own";
  return {
    beginsAt: shown.notBefore,
    endsAt: shown.notAfter,
    standInSince: isStandIn ? shown.notBefore + backdatedMs : undefined,
    refusal: shown.refusal,
  };
}

/** For users without privileges: what is kept for root is not left. */
async function diskLeft(folder: string): Promise<number> {
  const { bavail, blocks } = await statfs(folder);
  return blocks === 0 ? 1 : bavail / blocks;
}

async function renewStatusPage({ store, site, now }: WatchOptions, facts: SiteFacts): Promise<void> {
  await writeStatusPages(store.home, site.id, {
    name: site.definition.hosts[0] ?? site.id,
    at: now,
    isMaintained: facts.isMaintained,
    probes: facts.probes.map(({ name, results }) => ({ name, isOk: results[0]?.ok })),
    hours: await probeHours(store, site.id, now - shownMs - 3_600_000),
    alerts: (await listAlerts(store, { site: site.id, onlyOpen: false, limit: 200 })).filter(({ raisedAt }) => raisedAt > now - shownMs),
  });
}
