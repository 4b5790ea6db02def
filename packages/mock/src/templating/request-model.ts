import type { MockRequest, RequestPart } from "../request/mock-request.ts";
import { hostAsSent } from "../request/print-request.ts";
import { hashMapOrder } from "./values/java-hash.ts";
import { BeanValue, ListValue, listOrSingle, MapValue, type Value } from "./values/value.ts";

/** `request` of templates. Nothing of the request is parsed before a template asks for it. */
export function requestModel(request: MockRequest, pathParameters?: Readonly<Record<string, string>>): BeanValue {
  const line = requestLine(request, pathParameters);
  const own: [string, () => Value][] = [
    ["id", () => request.id],
    ["requestLine", () => line],
    ["headers", once(() => headersOf(request.headers))],
    ["cookies", once(() => new MapValue(singles(request.cookies)))],
    ["body", () => request.text],
    ["parts", once(() => partsOf(request))],
    ["bodyAsBase64", once(() => request.body.toString("base64"))],
    ["multipart", () => isMultipart(request)],
    ["binary", () => !isText(request.header("Content-Type")[0])],
  ];
  const members = new Map([
    ...own,
    ...["method", "scheme", "host", "port", "url", "query", "path", "pathSegments", "baseUrl", "clientIp"].map((name) =>
      member(line, name),
    ),
  ]);
  // `path` prints text but is the list of segments there.
  members.set("path", members.get("pathSegments") ?? (() => null));
  const written = [
    "id",
    "requestLine",
    "headers",
    "cookies",
    "body",
    "parts",
    "method",
    "pathSegments",
    "path",
    "url",
    "query",
    "scheme",
    "host",
    "port",
    "baseUrl",
    "bodyAsBase64",
    "binary",
    "multipart",
    "clientIp",
  ];
  const javaClass = `${PACKAGE}.RequestTemplateModel`;
  return new BeanValue({ members, javaClass, text: () => objectText(javaClass, request.id), json: () => shape(members, written) });
}

function requestLine(request: MockRequest, pathParameters: Readonly<Record<string, string>> | undefined): BeanValue {
  const path = once(() => pathOf(request, pathParameters));
  const members = new Map<string, () => Value>([
    ["method", once(() => methodOf(request.method))],
    ["scheme", () => request.scheme],
    ["host", () => hostAsSent(request)],
    ["port", () => request.port],
    ["query", once(() => new MapValue(inHashOrder(singles(request.query))))],
    ["url", () => request.url],
    ["clientIp", () => request.clientIp],
    ["path", () => pathText(path())],
    ["baseUrl", () => baseUrl(request)],
    ["pathSegments", path],
  ]);
  const javaClass = `${PACKAGE}.RequestLine`;
  return new BeanValue({
    members,
    javaClass,
    text: () => objectText(javaClass, request.id),
    json: () => shape(members, [...members.keys()]),
  });
}

function member(bean: BeanValue, name: string): [string, () => Value] {
  return [name, bean.members.get(name) ?? (() => null)];
}

function once(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function shape(members: ReadonlyMap<string, () => Value>, names: readonly string[]): MapValue {
  return new MapValue(new Map(names.map((name) => [name, members.get(name)?.() ?? null])));
}

/** Java prints a class and an address; the address here is as meaningless, but the same for the same request. */
function objectText(javaClass: string, id: string): string {
  return `${javaClass}@${id.slice(0, 8)}`;
}

const PACKAGE = "com.github.tomakehurst.wiremock.extension.responsetemplating";

function methodOf(name: string): BeanValue {
  const members = new Map<string, () => Value>([
    ["name", () => name],
    ["value", () => name],
    ["expected", () => name],
  ]);
  const javaClass = "com.github.tomakehurst.wiremock.http.RequestMethod";
  return new BeanValue({ members, javaClass, text: () => name, identity: `method ${name}`, json: () => name });
}

function singles(values: ReadonlyMap<string, readonly string[]>): Map<string, Value> {
  return new Map([...values].map(([name, all]) => [name, listOrSingle(all)]));
}

function inHashOrder(map: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map(hashMapOrder([...map.keys()]).map((key) => [key, map.get(key) ?? null]));
}

/** Names in any case, sorted; written as they came first. */
function headersOf(headers: MockRequest["headers"]): MapValue {
  const byName = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const { name, value } of headers) {
    const known = byName.get(name.toLowerCase());
    if (known) known.values.push(value);
    else byName.set(name.toLowerCase(), { name, values: [value] });
  }
  const sorted = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return new MapValue(new Map(sorted.map(([, { name, values }]) => [name, listOrSingle(values)])), {
    anyCase: true,
    javaClass: "java.util.TreeMap",
  });
}

function isMultipart(request: MockRequest): boolean {
  return (request.header("Content-Type")[0] ?? "").toLowerCase().startsWith("multipart/");
}

const TEXT_TYPES = /text|json|xml|html|yaml|csv|x-www-form-urlencoded/;

function isText(contentType: string | undefined): boolean {
  return contentType !== undefined && TEXT_TYPES.test(contentType.split(";")[0] ?? "");
}

/** By name; parts of multipart/related are `part-0`, `part-1`… whatever they are called. */
function partsOf(request: MockRequest): MapValue {
  const related = (request.header("Content-Type")[0] ?? "").includes("multipart/related");
  const parts = new Map<string, Value>();
  let unnamed = 0;
  for (const part of request.parts) {
    const name = related ? `part-${unnamed++}` : (part.name ?? "null");
    if (!parts.has(name)) parts.set(name, partModel(name, part));
  }
  return new MapValue(inHashOrder(parts));
}

function partModel(name: string, part: RequestPart): BeanValue {
  const headers = once(() => headersOf(part.headers.map(({ name: key, value }) => ({ name: key.toLowerCase(), value }))));
  const members = new Map<string, () => Value>([
    ["name", () => name],
    ["headers", headers],
    ["body", () => part.text],
    ["bodyAsBase64", once(() => part.body.toString("base64"))],
    ["binary", () => !isText(part.header("Content-Type")[0])],
  ]);
  const headerText = () => {
    const map = headers();
    return map instanceof MapValue
      ? [...map.entries].map(([key, value]) => `${key}=${value instanceof ListValue ? value.items[0] : ""}`).join(", ")
      : "";
  };
  return new BeanValue({
    members,
    javaClass: `${PACKAGE}.RequestPartTemplateModel`,
    text: () => `[name='${name}', headers={${headerText()}}, body=${part.text}]`,
    json: () => shape(members, [...members.keys()]),
  });
}

function pathOf(request: MockRequest, pathParameters: Readonly<Record<string, string>> | undefined): Value {
  const named = Object.entries(pathParameters ?? {});
  const text = named.length > 0 ? request.path : decodePath(request.path);
  const segments = text.split("/").filter((segment) => segment !== "");
  if (named.length === 0) return new ListValue(segments, "path", text);
  const indexed = segments.map((segment, at): [string, Value] => [String(at), segment]);
  return new MapValue(new Map([...indexed, ...named]), { style: "path", text });
}

function pathText(path: Value): Value {
  return path instanceof ListValue || path instanceof MapValue ? path.text : null;
}

/** As java.net.URI decodes a path: bytes of UTF-8, what is none becomes a replacement character. */
function decodePath(path: string): string {
  return path.replace(/(?:%[0-9a-fA-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString());
}

function baseUrl({ scheme, host, port }: MockRequest): string {
  const usual = (scheme === "http" && port === 80) || (scheme === "https" && port === 443);
  return `${scheme}://${host}${usual ? "" : `:${port}`}`;
}
