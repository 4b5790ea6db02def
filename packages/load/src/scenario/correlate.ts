import type { Exchange } from "./har.ts";
import type { Capture, HeaderTemplate, RequestTemplate } from "./scenario.ts";

/**
 * Makes requests that can be sent again from recorded ones: an id or a token that an answer gave and a later request carried becomes a
 * capture and a placeholder; whatever else the requests said, they say again. Cookies are the session's own and are left out.
 */
export interface CorrelateOptions {
  /** Requests keep their pace when it was at least this slow; faster is a program's pace. */
  readonly leastThinkMs: number;
}

interface Found {
  readonly name: string;
  readonly value: string;
  readonly capture: Capture;
  /** The exchange whose answer has it. */
  readonly from: number;
}

const hopHeaders = new Set([
  "host",
  "connection",
  "content-length",
  "cookie",
  "traceparent",
  "tracestate",
  "x-request-id",
  "accept-encoding",
  "transfer-encoding",
  "keep-alive",
  "proxy-connection",
  "upgrade-insecure-requests",
  "user-agent",
  "if-none-match",
  "if-modified-since",
]);

export function correlate(exchanges: readonly Exchange[], { leastThinkMs }: CorrelateOptions): readonly RequestTemplate[] {
  const used = usedValues(exchanges);
  const replace = (text: string, at: number): string => {
    // Longer values first: one may be part of another.
    const known = used.filter((found) => found.from < at).toSorted((a, b) => b.value.length - a.value.length);
    return known.reduce(
      (written, { name, value }) => replaceWhole(written, value, `\${${name}}`),
      text.replaceAll("${", () => "$${"),
    );
  };
  return exchanges.map((exchange, index): RequestTemplate => {
    const before = exchanges[index - 1];
    const pause = before === undefined ? 0 : exchange.at - (before.at + before.durationMs);
    return {
      name: requestName(
        exchange,
        used.filter((found) => found.from < index),
      ),
      method: exchange.method,
      url: replace(decodeURI(`${exchange.url.pathname}${exchange.url.search}`), index),
      headers: exchange.headers.flatMap(({ name, value }): HeaderTemplate[] =>
        name.startsWith(":") || hopHeaders.has(name.toLowerCase()) ? [] : [{ name, value: replace(value, index) }],
      ),
      ...(exchange.body === undefined || exchange.body === "" ? {} : { body: replace(exchange.body, index) }),
      captures: used.filter((found) => found.from === index).map((found) => found.capture),
      checks: [{ kind: "status", oneOf: [exchange.status] }],
      ...(pause >= leastThinkMs ? { thinkMs: [Math.round(pause * 0.5), Math.round(pause * 1.5)] as const } : {}),
    };
  });
}

/** Values of answers that later requests carry, each at the first answer that has it. */
function usedValues(exchanges: readonly Exchange[]): readonly Found[] {
  const found: Found[] = [];
  const values = new Set<string>();
  const names = new Set<string>();
  for (const [from, exchange] of exchanges.entries()) {
    const later = exchanges.slice(from + 1).map(requestText);
    // Something the visitor said before is not the server's: it is said again as it is.
    const said = exchanges
      .slice(0, from + 1)
      .map(requestText)
      .join("\n");
    for (const { value, capture } of answerValues(exchange)) {
      if (values.has(value) || hasWhole(said, value) || !later.some((text) => hasWhole(text, value))) continue;
      values.add(value);
      const name = freeName(capture.as, names);
      names.add(name);
      found.push({ name, value, capture: { ...capture, as: name }, from });
    }
  }
  return found;
}

function requestText({ url, headers, body }: Exchange): string {
  const sent = headers.filter(({ name }) => !hopHeaders.has(name.toLowerCase())).map(({ value }) => value);
  return [decodeURI(`${url.pathname}${url.search}`), ...sent, body ?? ""].join("\n");
}

const mostValues = 500;

function answerValues({ responseBody, responseHeaders }: Exchange): readonly { readonly value: string; readonly capture: Capture }[] {
  const values: { value: string; capture: Capture }[] = [];
  const walk = (node: unknown, path: string, name: string): void => {
    if (values.length >= mostValues) return;
    if (Array.isArray(node)) for (const [index, item] of node.slice(0, 20).entries()) walk(item, `${path}[${index}]`, name);
    else if (typeof node === "object" && node !== null)
      for (const [key, item] of Object.entries(node))
        walk(item, /^[A-Za-z_$][\w$-]*$/.test(key) ? `${path}.${key}` : `${path}['${key.replaceAll(/['\\]/g, "\\$&")}']`, key);
    else if (isDistinct(node, name)) values.push({ value: String(node), capture: { as: variableName(name), from: { json: path } } });
  };
  try {
    walk(JSON.parse(responseBody ?? ""), "$", "value");
  } catch {
    // No JSON: headers only.
  }
  for (const { name, value } of responseHeaders) {
    const short = /^(location|etag|x-csrf-token|x-xsrf-token)$/i.test(name);
    if (short && isDistinct(value, name)) values.push({ value, capture: { as: variableName(name), from: { header: name } } });
  }
  return values;
}

/** Ids and tokens, and not words that happen to come again: "true", "open", "2024". */
function isDistinct(value: unknown, name: string): boolean {
  if (typeof value === "number") return Number.isInteger(value) && /(^|[_-])ids?$|Id$/.test(name);
  if (typeof value !== "string" || value.length < 4 || value.length > 4096) return false;
  return (
    /(^|[_-])ids?$|Id$|token|secret|session|csrf|key$/i.test(name) || (value.length >= 8 && /\d/.test(value) && /^[\w.~+/=-]+$/.test(value))
  );
}

function replaceWhole(text: string, value: string, by: string): string {
  return text.replaceAll(wholePattern(value), () => by);
}

function hasWhole(text: string, value: string): boolean {
  return wholePattern(value).test(text);
}

/** Not inside of a longer word or number. */
function wholePattern(value: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9_-])${value.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![A-Za-z0-9_-])`, "g");
}

function requestName({ method, url }: Exchange, known: readonly Found[]): string {
  const path = known.reduce((written, { value, name }) => replaceWhole(written, value, `:${name}`), decodeURI(url.pathname));
  return `${method} ${path}`;
}

function variableName(key: string): string {
  const name = key.replaceAll(/[^\w]/g, "_");
  return /^[A-Za-z_]/.test(name) ? name : `v${name}`;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}${number}`;
    if (!taken.has(name)) return name;
  }
}
