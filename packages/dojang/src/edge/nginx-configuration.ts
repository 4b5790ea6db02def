import { Problem } from "@dojang/model";
import { block, type Directive, directive, expression, printDirectives, raw, variable } from "./directive.ts";
import { type EdgeSite, siteFolders } from "./edge-site.ts";
import { defineVariables, edgeVariables } from "./edge-variables.ts";
import { mimeTypes } from "./mime-types.ts";
import { stripMaps } from "./site-locations.ts";
import {
  beforeHost,
  type CertificateFiles,
  connectionZone,
  type Listener,
  listenersOf,
  rateZone,
  type ServerContext,
  siteServers,
  strangersServer,
} from "./site-servers.ts";

export interface NginxFacts {
  readonly version: readonly [number, number, number];
  /** False where the kernel has no IPv6, and listening on it would fail. */
  readonly hasIpv6: boolean;
  /** Who the workers are when nginx is started by root. */
  readonly user: { readonly name: string; readonly group: string; readonly groupId: number } | undefined;
  /** How many files a process may have open at most. */
  readonly openFiles: number;
}

export interface ConfigurationRequest {
  readonly home: string;
  readonly sites: readonly EdgeSite[];
  readonly certificates: ReadonlyMap<string, CertificateFiles>;
  readonly nginx: NginxFacts;
  /** Begins every name that is shared inside one nginx: letters, digits and `_`. */
  readonly prefix: string;
  readonly socketBase: string;
  readonly pages: string;
  readonly accessLog: string;
}

/** The whole configuration of an nginx of our own. Relative paths in it begin at the edge's folder. */
export function ownConfiguration(request: ConfigurationRequest): string {
  const edge = `${request.home}/edge`;
  const { user, openFiles } = request.nginx;
  return printDirectives(
    [
      ...(user === undefined ? [] : [directive("user", user.name, user.group)]),
      directive("worker_rlimit_nofile", openFiles),
      directive("worker_processes", "auto"),
      directive("worker_shutdown_timeout", "30m"),
      directive("pid", `${edge}/nginx.pid`),
      directive("error_log", `${edge}/logs/error.log`, "warn"),
      // Addresses of unix sockets are relative to it, and so short enough.
      directive("working_directory", edge),
      block("events", [], [directive("worker_connections", Math.min(8192, Math.floor(openFiles / 2)))]),
      block(
        "http",
        [],
        [
          block("types", [], mimeTypes),
          directive("default_type", "application/octet-stream"),
          directive("access_log", "off"),
          directive("server_names_hash_bucket_size", 512),
          directive("variables_hash_max_size", 4096),
          directive("sendfile", "on"),
          directive("tcp_nopush", "on"),
          directive("server_tokens", "off"),
          ...beforeHost,
          ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => directive(`${kind}_temp_path`, `${edge}/temp/${kind}`)),
          directive("ssl_session_cache", `shared:${request.prefix}_tls:4m`),
          ...content(request, true),
        ],
      ),
    ],
    edgeVariables(request.prefix).dollar,
  );
}

/** What another nginx includes inside its `http`. It answers strangers itself. */
export function includedConfiguration(request: ConfigurationRequest): string {
  return printDirectives(content(request, false), edgeVariables(request.prefix).dollar);
}

function content(request: ConfigurationRequest, answersStrangers: boolean): readonly Directive[] {
  const { prefix, sites, nginx } = request;
  if (request.home.includes("$")) throw unusableHome(request.home);
  requireOwnHosts(sites);
  const contexts = sites.map((site) => serverContext(request, site));
  return [
    ...defineVariables(prefix),
    directive("limit_conn_zone", expression(variable("binary_remote_addr")), `zone=${connectionZone(prefix)}:4m`),
    ...sites.flatMap((site) => limitZone(prefix, site)),
    ...contexts.flatMap(stripMaps),
    ...(answersStrangers ? distinctListeners(sites).map((listener) => strangersServer(listener, nginx)) : []),
    ...contexts.flatMap(siteServers),
  ];
}

function serverContext(request: ConfigurationRequest, site: EdgeSite): ServerContext {
  const { home, prefix, nginx } = request;
  const [major, minor, patch] = nginx.version;
  return {
    site,
    folders: siteFolders(home, site.id),
    names: edgeVariables(prefix),
    prefix,
    socketBase: request.socketBase,
    pages: request.pages,
    challenges: challengeFolder(home),
    certificate: request.certificates.get(site.id),
    accessLog: request.accessLog,
    hasIpv6: nginx.hasIpv6,
    hasHttp2Directive: major > 1 || (major === 1 && (minor > 25 || (minor === 25 && patch >= 1))),
  };
}

export function challengeFolder(home: string): string {
  return `${home}/edge/challenges`;
}

/** nginx counts whole requests per second or per minute; slower than one a minute is one a minute. */
function limitZone(prefix: string, site: EdgeSite): readonly Directive[] {
  const { rateLimit } = site.definition;
  if (rateLimit === undefined) return [];
  const rate = Number.isInteger(rateLimit.rate) ? `${rateLimit.rate}r/s` : `${Math.max(1, Math.round(rateLimit.rate * 60))}r/m`;
  return [
    directive("limit_req_zone", expression(variable("binary_remote_addr")), `zone=${rateZone(prefix, site.id)}:4m`, raw(`rate=${rate}`)),
  ];
}

export function distinctListeners(sites: readonly EdgeSite[]): readonly Listener[] {
  const all = new Map<string, Listener>();
  for (const listener of sites.flatMap(listenersOf)) all.set(`${listener.address} ${listener.port}`, listener);
  return [...all.values()];
}

/** nginx would warn and serve whichever comes first. */
function requireOwnHosts(sites: readonly EdgeSite[]): void {
  const owners = new Map<string, string>();
  const tls = new Map<number, { readonly isTls: boolean; readonly site: string }>();
  for (const site of sites) {
    for (const { port, isTls } of listenersOf(site)) {
      const other = tls.get(port);
      if (other !== undefined && other.isTls !== isTls) throw portOfTwoKinds(port, other.site, site.id);
      tls.set(port, { isTls, site: site.id });
      for (const host of new Set(site.definition.hosts)) {
        const owner = owners.get(`${host}:${port}`);
        if (owner !== undefined) throw hostTaken(`${host}:${port}`, owner, site.id);
        owners.set(`${host}:${port}`, site.id);
      }
    }
  }
}

function hostTaken(host: string, owner: string, site: string): Problem {
  return new Problem({
    code: "edge-host-taken",
    message: `${host} is asked for by two sites: ${owner} has it, ${site} wants it`,
    fix: "give one of them another name in `site.hosts`, or another port in `site.listen`",
    exit: "configuration",
  });
}

function portOfTwoKinds(port: number, first: string, second: string): Problem {
  return new Problem({
    code: "edge-port-of-two-kinds",
    message: `port ${port} is HTTPS for one site and HTTP for another: ${first} and ${second}`,
    fix: "give one of them other ports in `site.listen`",
    exit: "configuration",
  });
}

function unusableHome(home: string): Problem {
  return new Problem({
    code: "edge-home-unusable",
    message: `nginx cannot be told of a folder with a dollar sign in its name: ${home}`,
    fix: "set DOJANG_HOME to a folder without one",
    exit: "configuration",
  });
}
