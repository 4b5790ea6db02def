import { type Directive, directive, expression, block as group, map, raw, variable } from "./directive.ts";
import { slotCount, slotName } from "./edge-site.ts";

/**
 * Variables that every site uses. Names begin with `prefix`, because an nginx of the machine has others' variables beside them.
 *
 * id: the trace id the client sent, else the request id it sent, else nginx's own; 32 hex digits in any case.
 * key: what chooses a visitor's slot: the cookie's value, else the request's own id, which then becomes the cookie.
 * A client that writes its own cookie chooses its own slot, which harms nobody and lets a tester see the canary.
 */
export interface EdgeVariables {
  readonly dollar: string;
  readonly id: string;
  readonly parent: string;
  readonly slot: string;
  readonly cookie: string;
  /** Set by a server when its slots point to different releases. */
  readonly mixed: string;
  readonly site: string;
  readonly service: string;
  readonly stream: string;
  readonly upgrade: string;
  readonly connection: string;
  readonly host: string;
  readonly path: string;
  readonly extension: string;
  readonly language: string;
  readonly logFormat: string;
  readonly frameOptions: string;
  readonly contentTypeOptions: string;
  readonly referrerPolicy: string;
}

export const slotCookie = "dojang_slot";

export function edgeVariables(prefix: string): EdgeVariables {
  const named = (name: string) => `${prefix}_${name}`;
  return {
    dollar: named("dollar"),
    id: named("id"),
    parent: named("parent"),
    slot: named("slot"),
    cookie: named("cookie"),
    mixed: named("mixed"),
    site: named("site"),
    service: named("service"),
    stream: named("stream"),
    upgrade: named("upgrade"),
    connection: named("connection"),
    host: named("host"),
    path: named("path"),
    extension: named("extension"),
    language: named("language"),
    logFormat: named("log"),
    frameOptions: named("frame_options"),
    contentTypeOptions: named("type_options"),
    referrerPolicy: named("referrer_policy"),
  };
}

export function defineVariables(prefix: string): readonly Directive[] {
  const names = edgeVariables(prefix);
  const of = (name: string) => variable(name);
  const own = (name: string) => `${prefix}_${name}`;
  const cookieText = expression(`${slotCookie}=`, of("request_id"), "; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400", of(own("secure")));
  return [
    group("geo", [raw(`$${names.dollar}`)], [directive("default", raw('"$"'))]),
    map(expression(of("http_traceparent")), own("trace"), {
      [`~^00-(?!0{32})(?<${own("trace_sent")}>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$`]: expression(of(own("trace_sent"))),
      default: "",
    }),
    map(expression(of(own("trace")), "|", of("http_x_request_id")), names.id, {
      [`~^(?<${own("id_traced")}>[0-9a-f]{32})\\|`]: expression(of(own("id_traced"))),
      [`~^\\|(?!0{32})(?<${own("id_sent")}>[0-9a-f]{32})$`]: expression(of(own("id_sent"))),
      default: expression(of("request_id")),
    }),
    map(expression(of("request_id")), own("span"), {
      [`~^(?<${own("span_made")}>[0-9a-f]{16})`]: expression(of(own("span_made"))),
      default: "0000000000000001",
    }),
    map(expression(of(own("trace"))), names.parent, {
      "": expression("00-", of(names.id), "-", of(own("span")), "-01"),
      default: expression(of("http_traceparent")),
    }),
    map(expression(of(`cookie_${slotCookie}`)), own("key"), {
      "~^[0-9a-f]{32}$": expression(of(`cookie_${slotCookie}`)),
      default: expression(of("request_id")),
    }),
    group(
      "split_clients",
      [expression(of(own("key"))), raw(`$${names.slot}`)],
      Array.from({ length: slotCount }, (_, index) => ({
        name: index === slotCount - 1 ? "*" : `${100 / slotCount}%`,
        values: [slotName(index)],
      })),
    ),
    map(expression(of("scheme")), own("secure"), { https: "; Secure", default: "" }),
    map(expression(of(names.mixed), of(`cookie_${slotCookie}`)), names.cookie, {
      "~^1[0-9a-f]{32}$": "",
      "~^1": cookieText,
      default: "",
    }),
    map(expression(of("http_upgrade")), names.upgrade, { "~*^websocket$": "websocket", default: "" }),
    map(expression(of(names.upgrade)), names.connection, { websocket: "upgrade", default: "close" }),
    map(expression(of(names.upgrade), "|", of("http_accept")), names.stream, {
      "~^websocket": raw("1"),
      "~*text/event-stream": raw("1"),
      default: "",
    }),
    // A request line may name another host than the header does; nginx chose the site by the former.
    map(expression(of("host"), "|", of("http_host")), names.host, {
      [`~*^(?<${own("host_name")}>[^|]+)\\|\\k<${own("host_name")}>(?<${own("host_port")}>:[0-9]{1,5})?$`]: expression(
        of("host"),
        of(own("host_port")),
      ),
      default: expression(of("host")),
    }),
    // What stands behind the question mark may be a secret, and does not belong into a log.
    map(expression(of("request_uri")), names.path, {
      [`~^(?<${own("path_asked")}>[^?]*)`]: expression(of(own("path_asked"))),
      default: "",
    }),
    map(expression(of("http_accept")), names.extension, {
      "~*text/html": ".html",
      "~*json": ".json",
      "~*^text/": ".html",
      default: ".json",
    }),
    map(expression(of("http_accept_language")), names.language, { "~*^ko": "ko", default: "en" }),
    ...unlessSent({
      [names.frameOptions]: ["x_frame_options", "SAMEORIGIN"],
      [names.contentTypeOptions]: ["x_content_type_options", "nosniff"],
      [names.referrerPolicy]: ["referrer_policy", "strict-origin-when-cross-origin"],
    }),
    directive("log_format", names.logFormat, raw("escape=json"), raw(`'${logLine(names)}'`)),
  ];
}

/** Empty, and so not added, where the service itself sends the header. */
function unlessSent(headers: Readonly<Record<string, readonly [string, string]>>): readonly Directive[] {
  return Object.entries(headers).map(([target, [header, value]]) =>
    map(expression(variable(`upstream_http_${header}`)), target, { "": value, default: "" }),
  );
}

/** access-log.ts reads it. Everything is text, because nginx writes `-` where there is no number. */
function logLine(names: EdgeVariables): string {
  const fields: Readonly<Record<string, string>> = {
    at: "msec",
    id: names.id,
    site: names.site,
    slot: names.slot,
    service: names.service,
    method: "request_method",
    host: "host",
    path: names.path,
    status: "status",
    bytes: "body_bytes_sent",
    seconds: "request_time",
    upstream: "upstream_response_time",
    address: "remote_addr",
    agent: "http_user_agent",
    protocol: "server_protocol",
  };
  return `{${Object.entries(fields)
    .map(([key, name]) => `"${key}":"\${${name}}"`)
    .join(",")}}`;
}
