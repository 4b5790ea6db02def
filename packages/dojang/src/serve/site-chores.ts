import { Problem } from "@dojang/model";
import { newestBackups } from "../backups/list-backups.ts";
import { continueDeployment } from "../deployments/continue-deployment.ts";
import { type Live, siteOfRow, workOn } from "../deployments/open-live.ts";
import { edgeSiteOf } from "../deployments/site-work.ts";
import { renewCertificates } from "../edge/renew-certificates.ts";
import { reap } from "../engine/reaper.ts";
import type { Site } from "../sites/site.ts";
import { siteVariables } from "../sites/site-variables.ts";
import { ClaimLost, whileClaimed } from "../store/claims.ts";
import { listDeployments } from "../store/deployments.ts";
import { isAlive } from "../store/process-identity.ts";
import { listSites } from "../store/sites.ts";
import { retainWatching, watchSite } from "../watching/watch-site.ts";
import { archiveSite, backUpSite, backupsClaim, type Saving } from "./back-up-site.ts";
import type { Chore } from "./keep-doing.ts";
import { mendSite, type WholeSites } from "./mend-site.ts";
import { throwTogether } from "./throw-together.ts";

export interface ChoresOptions {
  readonly live: Live;
  readonly say: (text: string) => void;
  /** The clock of backups; Date.now unless a test has another. */
  readonly now?: () => number;
}

const secondMs = 1_000;
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * What must go on without a terminal: sites come back after a restart of the machine or a kill, deployments are ended that somebody
 * began, data is saved and proven, certificates are renewed, and somebody is told. All of it is also done, or safe to be left, by
 * commands: several of these may run on one state folder, and what is costly to do twice is done by the one that claimed it.
 */
export function siteChores({ live, say, now = Date.now }: ChoresOptions): readonly Chore[] {
  const forEach = (work: (site: Site, signal: AbortSignal) => Promise<void>) => async (signal: AbortSignal) => {
    const failures: unknown[] = [];
    for (const site of await liveSites(live)) {
      signal.throwIfAborted();
      // One site's trouble is not another's.
      await work(site, signal).catch((error: unknown) => failures.push(error));
    }
    signal.throwIfAborted();
    throwTogether(failures);
  };
  // What is due is found out under the claim: who comes second finds that it was done.
  const byOne =
    (claimOf: (site: Site) => string, work: (site: Site, signal: AbortSignal) => Promise<void>) =>
    async (site: Site, signal: AbortSignal) =>
      void (await whileClaimed(live.store, { name: claimOf(site), signal }, (held) => work(site, held)).catch((error: unknown) => {
        if (!(error instanceof ClaimLost)) throw error;
        say(`${error.message}, for this one was silent for too long`);
      }));
  const whole: WholeSites = new Map();
  return [
    { name: "nginx", everyMs: 5 * secondMs, run: () => ensureEdge(live, say) },
    { name: "sites", everyMs: 10 * secondMs, run: forEach((site, signal) => mendSite(live, site, { signal, say, whole })) },
    { name: "deployments", everyMs: 5 * secondMs, run: (signal) => endDeployments(live, { signal, say }) },
    { name: "watching", everyMs: 5 * secondMs, run: forEach((site, signal) => watch(live, site, { signal, say })) },
    {
      name: "log of PostgreSQL",
      everyMs: minuteMs,
      run: forEach(byOne(logClaim, (site, signal) => archiveSite(live, site, { signal, say, now }))),
    },
    {
      name: "backups",
      everyMs: minuteMs,
      run: forEach(byOne(backupsClaim, (site, signal) => backUpSite(live, site, { signal, say, now }))),
    },
    { name: "certificates", everyMs: 10 * minuteMs, run: (signal) => renew(live, { signal, say }) },
    { name: "log of nginx", everyMs: minuteMs, run: async () => void (await live.edge.rotateLogs()) },
    { name: "old probes", everyMs: dayMs, run: () => retainWatching(live.store, Date.now()) },
  ];
}

function logClaim({ id }: Site): string {
  return `log of ${id}`;
}

type Doing = Pick<Saving, "signal" | "say">;

async function liveSites({ store, home }: Live): Promise<readonly Site[]> {
  return (await listSites(store)).filter(({ currentRelease }) => currentRelease !== undefined).map((row) => siteOfRow(row, home));
}

async function ensureEdge({ edge }: Live, say: Doing["say"]): Promise<void> {
  if ((await edge.ensure()) === "started") say("nginx was not running and is started");
}

/** Those that were handed over, approved without waiting, or whose process was killed. */
async function endDeployments(live: Live, { signal, say }: Doing): Promise<void> {
  for (const deployment of await listDeployments(live.store, { states: ["queued", "running"] })) {
    // A queued one may be of a command that is about to take it.
    const isFresh = deployment.state === "queued" && Date.now() - deployment.createdAt < 10 * secondMs;
    if (isFresh || (deployment.owner !== undefined && isAlive(deployment.owner))) continue;
    // What a killed process was running (a migration) must be gone before it is begun again.
    await reap({ store: live.store, runtimes: [live.runtime], signal });
    say(`deployment ${deployment.id} goes on from ${deployment.step ?? "its beginning"}`);
    const performed = await continueDeployment(live, deployment.id, {
      signal,
      onEvent: (event) => {
        if (event.kind === "step-ended") say(`deployment ${deployment.id}: ${event.step} ${event.state}: ${event.summary}`);
      },
    }).catch((error: unknown) => {
      // By a command that was quicker.
      if (error instanceof Problem && error.code === "deployment-ended") return undefined;
      throw error;
    });
    if (performed === undefined) continue;
    const { deployment: now, outcome } = performed;
    say(`deployment ${deployment.id}: ${outcome === "ended" ? now.state : outcome}`);
  }
}

async function watch(live: Live, site: Site, doing: Doing): Promise<void> {
  const plan = site.definition.watch;
  if (plan === undefined) return;
  const { backups } = site.definition;
  const taken = backups && (await newestBackups(live.store, site.id));
  const newest = backups?.services.map((service) => taken?.get(service));
  const { decision } = await watchSite({
    store: live.store,
    edge: live.edge,
    accessLog: live.accessLog,
    site: edgeSiteOf(site),
    plan,
    values: await siteVariables(live.store, site).catch(() => ({})),
    // The oldest of the newest: each service's data counts.
    backup:
      newest === undefined
        ? undefined
        : { newestAt: newest.includes(undefined) ? undefined : Math.min(...newest.filter((at) => at !== undefined)) },
    now: Date.now(),
    signal: doing.signal,
  });
  for (const { message } of decision.raise) doing.say(`ALERT ${site.id}: ${message}`);
}

async function renew(live: Live, { signal, say }: Doing): Promise<void> {
  const sites = await liveSites(live);
  const renewals = await renewCertificates({ home: live.home, sites: sites.map(edgeSiteOf), now: Date.now(), signal });
  for (const renewal of renewals)
    if (renewal.outcome === "failed") say(`${renewal.siteId}: its certificate was not renewed: ${renewal.reason}`);
  const [first] = sites;
  if (first === undefined || !renewals.some(({ outcome }) => outcome === "renewed")) return;
  // Every site is applied with it, and nginx told.
  await workOn(live, first, signal).applyEdge(first);
  say(`renewed: ${renewals.flatMap(({ siteId, outcome }) => (outcome === "renewed" ? [siteId] : [])).join(", ")}`);
}
