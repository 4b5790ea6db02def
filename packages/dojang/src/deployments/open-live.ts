import { join } from "node:path";
import { Problem, type RunEvent } from "@dojang/model";
import { HostRuntime, type Runtime } from "@dojang/runtime";
import { type AccessLog, openAccessLog } from "../edge/access-log.ts";
import { type Edge, openEdge } from "../edge/edge.ts";
import { renewCertificates } from "../edge/renew-certificates.ts";
import { getRelease } from "../releases/release.ts";
import { resolveRelease } from "../releases/resolve-release.ts";
import type { Site, SiteEnvironment } from "../sites/site.ts";
import { getSite, listSites, type SiteRow, saveSite } from "../store/sites.ts";
import type { Store } from "../store/store.ts";
import { edgeSiteOf, type SiteWork } from "./site-work.ts";

/** What work on live sites needs, opened once by a process. */
export interface Live extends AsyncDisposable {
  readonly store: Store;
  readonly home: string;
  readonly runtime: HostRuntime;
  readonly preloadDirectory: string;
  readonly edge: Edge;
  readonly accessLog: AccessLog;
  /** The machine's variables: `<ENVIRONMENT>_<NAME>` are taken. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emit?: (event: RunEvent) => void;
}

export interface OpenLiveOptions {
  readonly store: Store;
  readonly home: string;
  readonly runtimes: readonly { readonly runtime: Runtime; readonly preloadDirectory: string }[];
  readonly env: Live["env"];
  readonly emit?: Live["emit"];
  readonly signal: AbortSignal;
}

export async function openLive({ store, home, runtimes, env, emit, signal }: OpenLiveOptions): Promise<Live> {
  const host = runtimes.find((each): each is { runtime: HostRuntime; preloadDirectory: string } => each.runtime instanceof HostRuntime);
  if (host === undefined) {
    throw new Problem({
      code: "runtime-unavailable",
      message: "live sites run on the host runtime, which is not here",
      fix: "see: dojang doctor",
      exit: "infrastructure",
    });
  }
  const edge = await openEdge({ home, signal });
  const accessLog = openAccessLog({ path: edge.accessLog });
  const { runtime, preloadDirectory } = host;
  return { store, home, runtime, preloadDirectory, edge, accessLog, env, emit, [Symbol.asyncDispose]: () => accessLog.close() };
}

/** A site as its row remembers it. Throws Problem `site-unknown`. */
export async function knownSite(
  { store, home }: Pick<Live, "store" | "home">,
  id: string,
): Promise<{ readonly site: Site; readonly row: SiteRow }> {
  const row = await getSite(store, id);
  if (row === undefined) {
    const known = (await listSites(store)).map((each) => each.id);
    throw new Problem({
      code: "site-unknown",
      message: `nothing was ever deployed to ${id}`,
      fix: known.length === 0 ? "`dojang deploy <environment>` makes a site" : `known sites: ${known.join(", ")}`,
      exit: "configuration",
    });
  }
  return { site: siteOfRow(row, home), row };
}

export function siteOfRow(row: SiteRow, home: string): Site {
  // Only saveSite writes definitions, with this shape.
  const definition = row.definition as SiteEnvironment;
  const { id, project, environment, directory } = row;
  return { id, project, environment, home, folder: join(home, "sites", id), directory, definition };
}

/** Work on one site, whose definition is that of the release that it is about. A release stays as it was when it was first asked for. */
export function workOn(live: Live, site: Site, signal: AbortSignal): SiteWork {
  const { store, home, runtime, preloadDirectory, edge, env, emit } = live;
  const resolved = new Map<string, ReturnType<SiteWork["resolve"]>>();
  const resolve: SiteWork["resolve"] = (id) => {
    const known = resolved.get(id);
    if (known !== undefined) return known;
    const resolving = getRelease(store, id).then((release) => resolveRelease({ store, signal, env }, release, site));
    resolved.set(id, resolving);
    // What is missing may be there the next time.
    resolving.catch(() => resolved.delete(id));
    return resolving;
  };
  return {
    context: { store, home, runtime, preloadDirectory, emit },
    site,
    edge,
    traffic: ({ since, slots }) => live.accessLog.traffic(site.id, { sinceMs: since, slots }),
    certify: (stepSignal, say) => certify(live, site, { signal: stepSignal, say }),
    resolve,
    async applyEdge({ definition }) {
      const others = (await knownToEdge(live, await listSites(store))).filter(({ id }) => id !== site.id);
      await edge.apply([...others.map((row) => edgeSiteOf(siteOfRow(row, home))), edgeSiteOf({ id: site.id, definition })]);
      await saveSite(store, { ...site, definition });
    },
  };
}

/** True when there is a new one. A certificate of an authority is asked for where there is none yet, or where it is due; one that goes on while the authority refuses is no reason to stop. */
async function certify(
  { home, edge }: Live,
  site: Site,
  { signal, say }: { readonly signal: AbortSignal; readonly say: (text: string) => void },
): Promise<boolean> {
  if (site.definition.site.tls.kind !== "acme") return false;
  const [renewal] = await renewCertificates({ home, sites: [edgeSiteOf(site)], now: Date.now(), signal });
  if (renewal === undefined || !("reason" in renewal)) return renewal?.outcome === "renewed";
  const current = await edge.certificate(site.id);
  if (current?.source === "acme" && current.notAfter > Date.now()) {
    say(`the certificate was not renewed: ${renewal.reason}; the former one is good until ${new Date(current.notAfter).toISOString()}`);
    return false;
  }
  throw new Problem({
    code: "certificate-missing",
    message: `${site.definition.site.hosts.join(", ")} got no certificate: ${renewal.reason}`,
    fix: "let the names lead to this machine and port 80 be reachable from outside; `tls: self-signed` does without an authority",
    exit: "infrastructure",
  });
}

/** Sites that visitors know: also one that shows its maintenance page. */
export async function knownToEdge({ edge }: Pick<Live, "edge">, rows: readonly SiteRow[]): Promise<readonly SiteRow[]> {
  const known = await Promise.all(rows.map(async ({ id }) => (await edge.readSlots(id)).some((release) => release !== undefined)));
  return rows.filter((_, index) => known[index]);
}
