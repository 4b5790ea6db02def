import type { SiteDefinition } from "@dojang/model";
import { block, type Directive, directive, expression, map, raw, type Value, variable } from "./directive.ts";
import { type EdgeSite, type SiteFolders, shortKey, socketName, staticLink } from "./edge-site.ts";
import type { EdgeVariables } from "./edge-variables.ts";

export interface LocationContext {
  readonly site: EdgeSite;
  readonly folders: SiteFolders;
  readonly names: EdgeVariables;
  readonly prefix: string;
  /** Folder with one link per site to its slots, as an address of a unix socket can hold it. */
  readonly socketBase: string;
  /** Folder with the pages of nginx's own errors. */
  readonly pages: string;
  /** Folder with the answers to an authority's questions. */
  readonly challenges: string;
}

type Route = SiteDefinition["routes"][number];
type StaticFolder = SiteDefinition["static"][number];

/** WebSockets and event streams may be silent for this long. */
const streamTimeout = "1h";
/** Never a status of ours or a service's to be seen: it leads from a location to its twin for streams. */
const toStream = 418;
const errorStatuses = [400, 404, 413, 429, 502, 503, 504];

/** The locations of a site where it is really served: on HTTPS, or on HTTP when it has no certificate. */
export function siteLocations(context: LocationContext): readonly Directive[] {
  const { routes, static: folders } = context.site.definition;
  const isAnswered = [...routes, ...folders].some(({ path }) => path === "/");
  return [
    ...routes.flatMap((route, index) => routeLocations(context, route, index)),
    ...folders.flatMap((folder, index) => staticLocations(context, folder, index)),
    ...(isAnswered ? [] : [block("location", ["/"], [directive("return", 404)])]),
    ...(context.site.statusPage ? statusLocations(context) : []),
    ...pageLocations(context),
  ];
}

/** Maps of the site's routes that hide their path from the service. They stand outside of servers. */
export function stripMaps(context: LocationContext): readonly Directive[] {
  return context.site.definition.routes.flatMap((route, index) => {
    if (!route.strip || route.path === "/") return [];
    const rest = `${stripVariable(context, index)}_r`;
    const path = route.path.replace(/[.~]/g, "\\$&");
    // Bytes after the path stay as they were sent: %2F, doubled slashes, the query.
    return [
      map(expression(variable("request_uri")), stripVariable(context, index), {
        [`~^${path}(?<${rest}>/.*)$`]: expression(variable(rest)),
        [`~^${path}(?<${rest}q>\\?.*)?$`]: expression("/", variable(`${rest}q`)),
        default: "",
      }),
    ];
  });
}

/** Answers to an authority's questions. They are asked over HTTP and never redirected. */
export function challengeLocation(context: LocationContext): Directive {
  return block(
    "location",
    [raw("^~"), "/.well-known/acme-challenge/"],
    [
      directive("alias", `${context.challenges}/`),
      directive("default_type", "text/plain"),
      directive("disable_symlinks", "on", expression("from=", variable("document_root"))),
    ],
  );
}

/** Set on every server of a site; what a location says itself has to repeat them. */
export function siteHeaders({ site: { definition }, names }: LocationContext, isTls: boolean): readonly Directive[] {
  const own = new Set(Object.keys(definition.headers).map((name) => name.toLowerCase()));
  const security: Readonly<Record<string, Value>> = {
    "X-Content-Type-Options": expression(variable(names.contentTypeOptions)),
    "X-Frame-Options": expression(variable(names.frameOptions)),
    "Referrer-Policy": expression(variable(names.referrerPolicy)),
    ...(isTls && definition.hstsMs !== undefined ? { "Strict-Transport-Security": `max-age=${Math.round(definition.hstsMs / 1000)}` } : {}),
  };
  const headers = [...Object.entries(security).filter(([name]) => !own.has(name.toLowerCase())), ...Object.entries(definition.headers)];
  return [
    ...headers.map(([name, value]) => directive("add_header", name, value, "always")),
    directive("add_header", "X-Request-Id", expression(variable(names.id)), "always"),
    directive("add_header", "Set-Cookie", expression(variable(names.cookie)), "always"),
  ];
}

export function errorPages({ names }: LocationContext): readonly Directive[] {
  return errorStatuses.map((status) => directive("error_page", status, expression(`/.dojang/${status}`, variable(names.extension))));
}

function routeLocations(context: LocationContext, route: Route, index: number): readonly Directive[] {
  const { names, folders } = context;
  const twin = `@${context.prefix}_stream_${index}`;
  const begin = [
    directive("set", raw(`$${names.service}`), route.to),
    ...whileMaintained(folders),
    ...refuseUnstripped(context, route, index),
  ];
  const content = [
    ...begin,
    block("if", [raw(`($${names.stream})`)], [directive("return", toStream)]),
    ...errorPages(context),
    directive("error_page", toStream, raw("="), twin),
    ...proxyTo(context, route, index),
  ];
  const stream = [
    ...proxyTo(context, route, index),
    directive("proxy_buffering", "off"),
    directive("proxy_request_buffering", "off"),
    directive("proxy_read_timeout", streamTimeout),
    directive("proxy_send_timeout", streamTimeout),
    directive("send_timeout", streamTimeout),
    directive("gzip", "off"),
  ];
  return [...locationsOf(route.path, content), block("location", [twin], stream)];
}

/** `/api` is that and what is below it, and not /apix. */
function locationsOf(path: string, content: readonly Directive[]): readonly Directive[] {
  if (path === "/") return [block("location", ["/"], content)];
  return [block("location", [raw("="), path], content), block("location", [`${path}/`], content)];
}

function proxyTo(context: LocationContext, route: Route, index: number): readonly Directive[] {
  const { names, site, socketBase } = context;
  const socket = ["http://unix:", `${socketBase}/${shortKey(site.id)}/`, variable(names.slot), `/${socketName(route)}`] as const;
  const isStripped = route.strip && route.path !== "/";
  const upstream = isStripped ? expression(...socket, ":", variable(stripVariable(context, index))) : expression(...socket);
  const sent: Readonly<Record<string, Value>> = {
    Host: expression(variable(names.host)),
    "X-Forwarded-For": expression(variable("remote_addr")),
    "X-Real-IP": expression(variable("remote_addr")),
    "X-Forwarded-Proto": expression(variable("scheme")),
    "X-Forwarded-Host": expression(variable(names.host)),
    "X-Forwarded-Port": expression(variable("server_port")),
    "X-Forwarded-Prefix": isStripped ? route.path : "",
    // An empty value takes away what the client sent.
    Forwarded: "",
    "X-Request-Id": expression(variable(names.id)),
    traceparent: expression(variable(names.parent)),
    Upgrade: expression(variable(names.upgrade)),
    Connection: expression(variable(names.connection)),
  };
  return [directive("proxy_pass", upstream), ...Object.entries(sent).map(([name, value]) => directive("proxy_set_header", name, value))];
}

/** A path that means the same but is written in another way (`/%61pi`, `/x/../api`) cannot be cut off to the letter. */
function refuseUnstripped(context: LocationContext, route: Route, index: number): readonly Directive[] {
  if (!route.strip || route.path === "/") return [];
  return [block("if", [raw(`($${stripVariable(context, index)}`), raw('= "")')], [directive("return", 400)])];
}

function stripVariable(context: LocationContext, index: number): string {
  // PCRE takes 32 characters for the name of a group.
  return `${context.prefix}_${shortKey(context.site.id)}_s${index}`;
}

function whileMaintained(folders: SiteFolders): readonly Directive[] {
  return [block("if", [raw("(-f"), `${folders.maintenance}/on`, raw(")")], [directive("return", 503)])];
}

function staticLocations(context: LocationContext, folder: StaticFolder, index: number): readonly Directive[] {
  const { names, site, folders } = context;
  const from = folder.from.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
  const place = [`${folders.slots}/`, variable(names.slot), `/${[staticLink, ...from].join("/")}`] as const;
  const root = expression(...place, "/");
  const within = [
    directive("set", raw(`$${names.service}`), "static"),
    ...whileMaintained(folders),
    // .env, .git and their like are never meant to be seen.
    block("if", [raw("($uri"), raw("~"), raw('"/\\\\.(?!well-known/)")')], [directive("return", 404)]),
    directive("alias", root),
    directive("index", "index.html"),
    // A release's own links could lead anywhere on the machine.
    directive("disable_symlinks", "on", expression("from=", ...place)),
    ...siteHeaders(context, site.definition.tls.kind !== "none"),
    directive("add_header", "Cache-Control", `public, max-age=${Math.round(folder.cacheMs / 1000)}`),
  ];
  const fallback = `/.dojang/fallback-${index}`;
  const absent =
    folder.fallback === undefined
      ? [...errorPages(context), directive("error_page", 403, expression("=404"), expression("/.dojang/404", variable(names.extension)))]
      : [...errorPages(context).filter(({ values }) => values[0] !== 404), directive("error_page", 403, 404, raw("=200"), fallback)];
  const main = block("location", [folder.path === "/" ? "/" : `${folder.path}/`], [...within, ...absent]);
  const bare = block(
    "location",
    [raw("="), folder.path],
    [directive("return", 308, expression(`${folder.path}/`, variable("is_args"), variable("args")))],
  );
  return [
    ...(folder.path === "/" ? [] : [bare]),
    main,
    ...(folder.fallback === undefined ? [] : [fallbackLocation({ context, at: fallback, root, file: folder.fallback })]),
  ];
}

interface Fallback {
  readonly context: LocationContext;
  readonly at: string;
  readonly root: ReturnType<typeof expression>;
  readonly file: string;
}

function fallbackLocation({ context, at, root, file }: Fallback): Directive {
  return block(
    "location",
    [raw("="), at],
    [
      directive("internal"),
      directive("alias", expression(...root.parts, file)),
      ...siteHeaders(context, context.site.definition.tls.kind !== "none"),
      directive("add_header", "Cache-Control", "no-cache"),
      ...errorPages(context),
    ],
  );
}

function statusLocations(context: LocationContext): readonly Directive[] {
  const { folders, names } = context;
  const page = (path: string, file: ReturnType<typeof expression>, type: string) =>
    block(
      "location",
      [raw("="), path],
      [
        directive("set", raw(`$${names.service}`), "status"),
        directive("alias", file),
        directive("default_type", type),
        block("types", [], []),
        ...siteHeaders(context, context.site.definition.tls.kind !== "none"),
        directive("add_header", "Cache-Control", "no-cache"),
        directive("add_header", "Vary", "Accept-Language"),
      ],
    );
  return [
    page(
      "/.well-known/dojang/status",
      expression(`${folders.status}/index.`, variable(names.language), ".html"),
      "text/html; charset=utf-8",
    ),
    page("/.well-known/dojang/status.json", expression(`${folders.status}/status.json`), "application/json"),
  ];
}

/** Pages of errors that no service answered; ssi puts the request id into them. */
function pageLocations(context: LocationContext): readonly Directive[] {
  const { pages, folders } = context;
  const shown = [
    directive("internal"),
    directive("client_max_body_size", raw("0")),
    directive("ssi", "on"),
    directive("ssi_types", "application/problem+json"),
    directive("default_type", "text/html"),
    block("types", [], [directive("application/problem+json", "json"), directive("text/html", "html")]),
    directive("charset", "utf-8"),
    ...siteHeaders(context, context.site.definition.tls.kind !== "none"),
    directive("add_header", "Cache-Control", "no-store", "always"),
  ];
  const maintenance = [".html", ".json"].map((extension) =>
    block(
      "location",
      [raw("="), `/.dojang/503${extension}`],
      [directive("alias", `${folders.maintenance}/503${extension}`), ...shown, directive("add_header", "Retry-After", "120", "always")],
    ),
  );
  return [block("location", [raw("^~"), "/.dojang/"], [directive("alias", `${pages}/`), ...shown]), ...maintenance];
}
