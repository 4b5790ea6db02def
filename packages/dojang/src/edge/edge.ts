import { chmod, chown, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withLockFile } from "../store/lock-file.ts";
import { forgetCertificates, provideCertificate, readCertificate, type SiteCertificate } from "./certificates.ts";
import { type EdgeSite, shortKey, siteFolders, socketName } from "./edge-site.ts";
import { type FoundNginx, findNginx } from "./find-nginx.ts";
import { rotateLogs } from "./log-rotation.ts";
import { beginMaintenance, endMaintenance, isMaintained, writeProblemPages } from "./maintenance.ts";
import {
  type ConfigurationRequest,
  challengeFolder,
  distinctListeners,
  includedConfiguration,
  ownConfiguration,
} from "./nginx-configuration.ts";
import { commandFailure } from "./nginx-process.ts";
import { makeClosedFolder, makeOpenFolder } from "./open-folder.ts";
import { OwnNginx } from "./own-nginx.ts";
import { type ProbeAnswer, probeSite } from "./probe-site.ts";
import { lastRefusal, type Renewal, renewCertificates } from "./renew-certificates.ts";
import type { CertificateFiles } from "./site-servers.ts";
import { pointSlots, readSlots, removeHalfLinks, replaceLink } from "./site-slots.ts";
import {
  removeFromSystem,
  restoreSocketBase,
  type SystemNginx,
  servesBySystem,
  systemNginx,
  systemSocketBase,
  writeToSystem,
} from "./system-nginx.ts";

/**
 * What stands between the world and the releases: nginx, its configuration, its certificates, and the slots by which a release is
 * switched to. All state is in `<home>/edge`, so that any process of Dojang may open the edge, and nginx needs none of them to live.
 *
 *   configurations/<n>/   nginx.conf, listeners.json          current -> one of them; loaded: the one that nginx has
 *   s/<key>               -> ../sites/<site>/slots: a name short enough for the address of a unix socket
 *   sites/<site>/         slots/00..19, maintenance/, status/, mixed
 *   certificates/ challenges/ pages/ logs/ temp/
 *
 * Two kinds of change. Which release answers: links, at once, without nginx knowing. Which sites there are: a new configuration,
 * tested by nginx, swapped in and loaded; when nginx refuses it the former stays, on the disk and in memory.
 */
export interface Edge {
  /** Makes nginx know these sites and no others. A site of `nginx: own` waits for `start` when nginx does not run. */
  apply(sites: readonly EdgeSite[]): Promise<{ readonly changed: boolean }>;
  /** Starts our own nginx with the configuration that was applied last; nothing to do when it runs or no site needs it. */
  start(): Promise<"started" | "running" | "not-needed">;
  /** The same, and clears away what a killed nginx left: for calling again and again. */
  ensure(): Promise<"started" | "running" | "not-needed">;
  /** Ends our own nginx; the sites stay as they are, for `start`. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** The release of each of the 20 slots. Atomic for each; kept across restarts. */
  pointSlots(siteId: string, assignment: readonly string[]): Promise<void>;
  readSlots(siteId: string): Promise<readonly (string | undefined)[]>;
  /** A text is shown to visitors in place of ours. */
  setMaintenance(siteId: string, state: boolean | string): Promise<void>;
  isMaintained(siteId: string): Promise<boolean>;
  /** Removes what is kept of a site that is applied no more: slots, pages, and certificates unless they are to stay. Safe twice. */
  forget(siteId: string, options?: { readonly keepCertificates?: boolean }): Promise<void>;
  probe(
    site: EdgeSite,
    request: { readonly method: string; readonly path: string },
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<ProbeAnswer>;
  /** Renews the certificates that are due, and loads them. Nothing that fails here ends a site: the former certificate goes on. */
  renewCertificates(sites: readonly EdgeSite[], options?: { readonly force?: boolean }): Promise<readonly Renewal[]>;
  /** The certificate a site shows, and why an authority refuses a newer one; undefined when it has none. */
  certificate(siteId: string): Promise<ShownCertificate | undefined>;
  /** Puts logs that grew over the limit aside and lets nginx write new ones. */
  rotateLogs(options?: { readonly limitBytes?: number }): Promise<boolean>;
  reopenLogs(): Promise<void>;
  /** One line of JSON for each request: `openAccessLog` reads it. */
  readonly accessLog: string;
}

export interface ShownCertificate extends SiteCertificate {
  readonly refusal: string | undefined;
}

export interface EdgeOptions {
  readonly home: string;
  readonly signal: AbortSignal;
  /** The machine's own nginx, for sites of `nginx: system`. */
  readonly system?: Partial<SystemNginx>;
  readonly now?: () => number;
}

export async function openEdge(options: EdgeOptions): Promise<Edge> {
  const home = await realpath(options.home);
  const nginx = await findNginx({ signal: options.signal });
  const folder = join(home, "edge");
  await layOut(folder, nginx);
  const prefix = `dojang_${shortKey(home).slice(0, 6)}`;
  await writeProblemPages(join(folder, "pages"), prefix);
  return new NginxEdge({ ...options, home, folder, prefix, nginx });
}

interface Opened extends EdgeOptions {
  readonly folder: string;
  readonly prefix: string;
  readonly nginx: FoundNginx;
}

class NginxEdge implements Edge {
  readonly #opened: Opened;
  readonly #own: OwnNginx;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#own = new OwnNginx(opened);
  }

  get accessLog(): string {
    return join(this.#opened.folder, "logs", "access.log");
  }

  apply(sites: readonly EdgeSite[]): Promise<{ readonly changed: boolean }> {
    return this.#alone(async () => {
      const certificates = await this.#prepareSites(sites);
      const own = await this.#applyOwn(
        sites.filter(({ definition }) => definition.nginx === "own"),
        certificates,
      );
      const system = await this.#applySystem(
        sites.filter(({ definition }) => definition.nginx === "system"),
        certificates,
      );
      return { changed: own || system };
    });
  }

  start(): Promise<"started" | "running" | "not-needed"> {
    return this.ensure();
  }

  ensure(): Promise<"started" | "running" | "not-needed"> {
    return this.#alone(async () => {
      await restoreSocketBase(this.#opened.folder);
      return await this.#own.ensure();
    });
  }

  stop({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    return this.#alone(() => this.#own.stop(graceMs));
  }

  pointSlots(siteId: string, assignment: readonly string[]): Promise<void> {
    // Without the lock: a switch never waits for nginx, and whoever deploys to a site does so alone.
    return pointSlots(this.#opened.home, siteId, assignment);
  }

  readSlots(siteId: string): Promise<readonly (string | undefined)[]> {
    return readSlots(this.#opened.home, siteId);
  }

  async setMaintenance(siteId: string, state: boolean | string): Promise<void> {
    const { home, prefix } = this.#opened;
    if (state === false) return await endMaintenance({ home, siteId });
    await beginMaintenance({ home, siteId, prefix, text: state === true ? undefined : state });
  }

  forget(siteId: string, { keepCertificates = false }: { readonly keepCertificates?: boolean } = {}): Promise<void> {
    return this.#alone(async () => {
      const { home, folder } = this.#opened;
      if (!keepCertificates) await forgetCertificates(home, siteId);
      await rm(dirname(siteFolders(home, siteId).slots), { recursive: true, force: true });
      await rm(join(folder, "s", shortKey(siteId)), { force: true });
    });
  }

  isMaintained(siteId: string): Promise<boolean> {
    return isMaintained({ home: this.#opened.home, siteId });
  }

  probe(
    site: EdgeSite,
    request: { readonly method: string; readonly path: string },
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<ProbeAnswer> {
    return probeSite({ home: this.#opened.home, site, request, ...options });
  }

  async renewCertificates(sites: readonly EdgeSite[], { force = false }: { readonly force?: boolean } = {}): Promise<readonly Renewal[]> {
    const { home, signal, now = Date.now } = this.#opened;
    const renewals = await renewCertificates({ home, sites, now: now(), signal, force });
    if (renewals.some(({ outcome }) => outcome === "renewed")) await this.apply(sites);
    return renewals;
  }

  async certificate(siteId: string): Promise<ShownCertificate | undefined> {
    const { home } = this.#opened;
    const certificate = await readCertificate(home, siteId);
    return certificate && { ...certificate, refusal: await lastRefusal(home, siteId) };
  }

  rotateLogs({ limitBytes = 64 * 1024 * 1024 }: { readonly limitBytes?: number } = {}): Promise<boolean> {
    return this.#alone(async () => {
      const wasRotated = await rotateLogs(join(this.#opened.folder, "logs"), limitBytes);
      if (wasRotated) await this.reopenLogs();
      return wasRotated;
    });
  }

  async reopenLogs(): Promise<void> {
    await this.#own.reopenLogs();
    const { folder, system, signal } = this.#opened;
    if (await servesBySystem(folder)) await commandFailure(systemNginx(system).reopen, signal);
  }

  /** Folders, links and certificates of sites. */
  async #prepareSites(sites: readonly EdgeSite[]): Promise<ReadonlyMap<string, CertificateFiles>> {
    const { home, folder, now = Date.now } = this.#opened;
    const certificates = new Map<string, CertificateFiles>();
    for (const site of sites) {
      const folders = siteFolders(home, site.id);
      for (const one of [folders.slots, folders.status, folders.maintenance]) await makeOpenFolder(one);
      await makeOpenFolder(join(folder, "sites", site.id));
      await removeHalfLinks(home, site.id);
      await replaceLink(join(folder, "s", shortKey(site.id)), `../sites/${site.id}/slots`);
      const certificate = await provideCertificate(home, site, now());
      if (certificate !== undefined) certificates.set(site.id, { chain: certificate.chain, key: certificate.key });
    }
    return certificates;
  }

  #request(sites: readonly EdgeSite[], certificates: ReadonlyMap<string, CertificateFiles>, socketBase: string): ConfigurationRequest {
    const { home, folder, prefix, nginx } = this.#opened;
    const byId = [...sites].sort((a, b) => (a.id < b.id ? -1 : 1));
    return { home, sites: byId, certificates, nginx, prefix, socketBase, pages: join(folder, "pages"), accessLog: this.accessLog };
  }

  #applyOwn(sites: readonly EdgeSite[], certificates: ReadonlyMap<string, CertificateFiles>): Promise<boolean> {
    return this.#own.load({ text: ownConfiguration(this.#request(sites, certificates, "s")), listeners: distinctListeners(sites) });
  }

  async #applySystem(sites: readonly EdgeSite[], certificates: ReadonlyMap<string, CertificateFiles>): Promise<boolean> {
    if (sites.length === 0) return await removeFromSystem(this.#opened);
    const { folder, home } = this.#opened;
    const socketNames = sites.flatMap(({ definition }) => definition.routes.map(socketName));
    const socketBase = await systemSocketBase({ folder, homeKey: shortKey(home), socketNames });
    return await writeToSystem({
      ...this.#opened,
      socketBase,
      text: includedConfiguration(this.#request(sites, certificates, socketBase)),
    });
  }

  /** Processes of Dojang change the edge one after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    return withLockFile(join(this.#opened.folder, "lock"), { signal: this.#opened.signal }, work);
  }
}

async function layOut(folder: string, { user }: FoundNginx): Promise<void> {
  for (const name of ["", "s", "sites", "temp", "pages", "configurations"]) await makeOpenFolder(join(folder, name));
  await makeClosedFolder(join(folder, "logs"));
  // Visitors' addresses are in them: for nginx's workers, who open them anew, and for nobody else.
  if (user !== undefined) await chown(join(folder, "logs"), 0, user.groupId);
  await chmod(join(folder, "logs"), 0o710);
  await makeOpenFolder(challengeFolder(join(folder, "..")));
  await makeClosedFolder(join(folder, "certificates"));
}
