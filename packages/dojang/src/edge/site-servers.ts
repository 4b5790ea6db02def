import { isIPv6 } from "node:net";
import { block, type Directive, directive, expression, raw, variable } from "./directive.ts";
import type { EdgeSite } from "./edge-site.ts";
import type { LocationContext } from "./site-locations.ts";
import { challengeLocation, errorPages, siteHeaders, siteLocations } from "./site-locations.ts";

/** Files of the certificate that a site shows. */
export interface CertificateFiles {
  readonly chain: string;
  readonly key: string;
}

export interface ServerContext extends LocationContext {
  readonly certificate: CertificateFiles | undefined;
  readonly accessLog: string;
  readonly hasIpv6: boolean;
  /** nginx 1.25.1 and later have it as a directive of its own. */
  readonly hasHttp2Directive: boolean;
}

/** One address and port on which nginx listens. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** Where a site is listened for: redirects and challenges on HTTP, the rest on HTTPS; all on HTTP when it has no certificate. */
export function listenersOf({ definition }: EdgeSite): readonly Listener[] {
  const { address, http, https } = definition.listen;
  const plain = { address, port: http, isTls: false };
  return definition.tls.kind === "none" ? [plain] : [plain, { address, port: https, isTls: true }];
}

export function siteServers(context: ServerContext): readonly Directive[] {
  const [plain, secure] = listenersOf(context.site);
  if (plain === undefined) return [];
  if (secure === undefined) return [server(context, plain, siteContent(context, false))];
  return [server(context, plain, redirectContent(context)), server(context, secure, siteContent(context, true))];
}

/** Who asks for a host that is no site's learns nothing: the connection ends, in TLS before a certificate is shown. */
export function strangersServer(listener: Listener, options: Pick<ServerContext, "hasIpv6">): Directive {
  return block(
    "server",
    [],
    [
      ...listenDirectives(listener, options.hasIpv6, ["default_server"]),
      directive("server_name", raw("_")),
      ...(listener.isTls ? [...tlsDirectives, directive("ssl_reject_handshake", "on")] : []),
      directive("access_log", "off"),
      directive("return", 444),
    ],
  );
}

function server(context: ServerContext, listener: Listener, content: readonly Directive[]): Directive {
  const { site, names, accessLog } = context;
  const withHttp2 = listener.isTls && !context.hasHttp2Directive ? ["http2"] : [];
  return block(
    "server",
    [],
    [
      ...listenDirectives(listener, context.hasIpv6, withHttp2),
      ...(listener.isTls && context.hasHttp2Directive ? [directive("http2", "on")] : []),
      directive("server_name", ...site.definition.hosts),
      directive("set", raw(`$${names.site}`), site.id),
      directive("uninitialized_variable_warn", "off"),
      directive("server_tokens", "off"),
      directive("absolute_redirect", "off"),
      directive("client_body_timeout", "60s"),
      directive("send_timeout", "60s"),
      directive("keepalive_timeout", "65s"),
      directive("reset_timedout_connection", "on"),
      ...beforeHost,
      directive("access_log", accessLog, names.logFormat, "buffer=32k", "flush=1s"),
      ...limits(context),
      ...content,
    ],
  );
}

function siteContent(context: ServerContext, isTls: boolean): readonly Directive[] {
  const { site, folders, names, certificate } = context;
  const { definition } = site;
  const timeout = `${Math.max(1, Math.round(definition.timeoutMs / 1000))}s`;
  const hidden = [
    "X-Request-Id",
    ...Object.keys(definition.headers),
    ...(isTls && definition.hstsMs !== undefined ? ["Strict-Transport-Security"] : []),
  ];
  if (isTls && certificate === undefined) throw new Error(`site ${site.id} has no certificate`);
  return [
    ...(certificate === undefined
      ? []
      : [directive("ssl_certificate", certificate.chain), directive("ssl_certificate_key", certificate.key), ...tlsDirectives]),
    block("if", [raw("(-f"), folders.mixed, raw(")")], [directive("set", raw(`$${names.mixed}`), raw("1"))]),
    directive("client_max_body_size", definition.bodyLimitBytes),
    ...gzip,
    directive("recursive_error_pages", "on"),
    ...errorPages(context),
    ...siteHeaders(context, isTls),
    directive("proxy_http_version", "1.1"),
    directive("proxy_redirect", "off"),
    directive("proxy_connect_timeout", "5s"),
    directive("proxy_read_timeout", timeout),
    directive("proxy_send_timeout", timeout),
    directive("proxy_buffer_size", "16k"),
    directive("proxy_buffers", 8, "16k"),
    directive("proxy_busy_buffers_size", "32k"),
    // A download goes as fast as its reader; nothing of it is parked on the disk.
    directive("proxy_max_temp_file_size", raw("0")),
    directive("proxy_next_upstream", "off"),
    directive("proxy_ignore_headers", "X-Accel-Redirect"),
    ...hidden.map((name) => directive("proxy_hide_header", name)),
    ...siteLocations(context),
  ];
}

function redirectContent(context: ServerContext): readonly Directive[] {
  const { https } = context.site.definition.listen;
  const target = expression("https://", variable("host"), https === 443 ? "" : `:${https}`, variable("request_uri"));
  return [
    ...(context.site.definition.tls.kind === "acme" ? [challengeLocation(context)] : []),
    // 308 and not 301: a POST stays one.
    block("location", ["/"], [directive("return", 308, target)]),
  ];
}

function limits({ site, prefix }: ServerContext): readonly Directive[] {
  const { rateLimit, connectionLimit } = site.definition;
  return [
    directive("limit_conn", connectionZone(prefix), connectionLimit),
    directive("limit_conn_status", 429),
    ...(rateLimit === undefined
      ? []
      : [
          directive("limit_req", `zone=${rateZone(prefix, site.id)}`, `burst=${rateLimit.burst}`, "nodelay"),
          directive("limit_req_status", 429),
        ]),
  ];
}

/** Needed before nginx knows the host: it takes them from the default server of the port, so they are said there too. */
export const beforeHost: readonly Directive[] = [
  directive("merge_slashes", "off"),
  directive("client_header_timeout", "20s"),
  directive("large_client_header_buffers", 4, "16k"),
];

export function connectionZone(prefix: string): string {
  return `${prefix}_connections`;
}

export function rateZone(prefix: string, siteId: string): string {
  return `${prefix}_rate_${siteId}`;
}

const tlsDirectives: readonly Directive[] = [
  directive("ssl_protocols", "TLSv1.2", "TLSv1.3"),
  // Mozilla's intermediate list: forward secrecy and authenticated encryption alone.
  directive(
    "ssl_ciphers",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
  ),
  directive("ssl_prefer_server_ciphers", "off"),
  directive("ssl_session_timeout", "1d"),
  directive("ssl_session_tickets", "off"),
];

const gzip: readonly Directive[] = [
  directive("gzip", "on"),
  directive("gzip_vary", "on"),
  directive("gzip_proxied", "any"),
  directive("gzip_min_length", 1024),
  directive("gzip_comp_level", 4),
  directive(
    "gzip_types",
    "text/plain",
    "text/css",
    "text/javascript",
    "text/csv",
    "text/xml",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/problem+json",
    "application/manifest+json",
    "application/xml",
    "application/rss+xml",
    "application/wasm",
    "image/svg+xml",
  ),
];

function listenDirectives({ address, port, isTls }: Listener, hasIpv6: boolean, more: readonly string[]): readonly Directive[] {
  const options = [...(isTls ? ["ssl"] : []), ...more];
  if (address !== "*") return [directive("listen", isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`, ...options)];
  return [directive("listen", port, ...options), ...(hasIpv6 ? [directive("listen", `[::]:${port}`, ...options)] : [])];
}
