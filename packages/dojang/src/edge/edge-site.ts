import { createHash } from "node:crypto";
import { join } from "node:path";
import type { SiteDefinition } from "@dojang/model";

/** What nginx has to know of a site. Its folders follow from the home and the id: `siteFolders`. */
export interface EdgeSite {
  /** Of the store: letters, digits, '.', '_' and '-'. */
  readonly id: string;
  readonly definition: SiteDefinition;
  /** Whether /.well-known/dojang/status answers. */
  readonly statusPage: boolean;
}

/** Shares of a site's visitors: a canary of 10 % has two. */
export const slotCount = 20;

export interface SiteFolders {
  /** Folders of sockets by release: what a slot points to. */
  readonly sockets: string;
  /** Twenty links to a folder of sockets each. */
  readonly slots: string;
  /** `on` in it means maintenance; beside it the pages that are shown. */
  readonly maintenance: string;
  /** index.ko.html, index.en.html and status.json of the status page. */
  readonly status: string;
  /** Exists while slots point to different releases: then visitors get a cookie that keeps them with one. */
  readonly mixed: string;
}

export function siteFolders(home: string, siteId: string): SiteFolders {
  if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/.test(siteId)) throw new Error(`"${siteId}" cannot be a site's id`);
  const edge = join(home, "edge", "sites", siteId);
  return {
    sockets: join(home, "sites", siteId, "sockets"),
    slots: join(edge, "slots"),
    maintenance: join(edge, "maintenance"),
    status: join(edge, "status"),
    mixed: join(edge, "mixed"),
  };
}

/** The folder with the sockets of one release. A link named `static` in it leads to the release's files. */
export function releaseSockets(home: string, siteId: string, releaseId: string): string {
  if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/.test(releaseId)) throw new Error(`"${releaseId}" cannot be a release's id`);
  return join(siteFolders(home, siteId).sockets, releaseId);
}

/** Name in the release's folder of sockets of the one that a route goes to: `api.sock`, or `api.8001.sock` where the route names a port. */
export function socketName(route: { readonly to: string; readonly port?: number | undefined }): string {
  return route.port === undefined ? `${route.to}.sock` : `${route.to}.${route.port}.sock`;
}

/** Link in a release's folder of sockets that leads to its files. */
export const staticLink = "static";

/** "00" to "19": a slot's name. */
export function slotName(index: number): string {
  return String(index).padStart(2, "0");
}

/** A short name, for paths that have to fit into the address of a unix socket and for variables of nginx. */
export function shortKey(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** Its first host, with the port where it is not the usual one: how people reach the site. */
export function siteAddress({ definition }: EdgeSite): string {
  const { listen, tls, hosts } = definition;
  const [scheme, port, usual] = tls.kind === "none" ? ["http", listen.http, 80] : ["https", listen.https, 443];
  return `${scheme}://${hosts[0] ?? "localhost"}${port === usual ? "" : `:${port}`}`;
}
