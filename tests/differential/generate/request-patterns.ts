import type { Json, JsonObject } from "../json.ts";
import type { WireRequest } from "../wire-request.ts";
import type { Random } from "./random.ts";
import { bodyPattern, type PatternWithValues, textPattern } from "./value-patterns.ts";

/** A request pattern, and requests near it: most members are met, some are not. */
export interface PatternWithRequests {
  readonly pattern: JsonObject;
  readonly requests: readonly WireRequest[];
}

const paths = [
  "/",
  "/things",
  "/things/1",
  "/things/1/parts/2",
  "/a%20b",
  "/things/",
  "//things",
  "/a+b",
  "/%C3%BC",
  "/things/x/y",
  "/thing;v=1",
];
const queries = [
  "",
  "",
  "?",
  "?a=1",
  "?a=1&b=2",
  "?b=2&a=1",
  "?a=1&a=2",
  "?a",
  "?a=",
  "?q=a%20b",
  "?q=a+b",
  "?a[]=1",
  "?a=%26&b=%3D",
  "?ü=1",
];
const urls: readonly (readonly [string, string])[] = [
  ["url", "/things"],
  ["url", "/things?a=1"],
  ["url", "/a%20b"],
  ["url", "/"],
  ["urlPath", "/things"],
  ["urlPath", "/things/1"],
  ["urlPath", "/a%20b"],
  ["urlPath", "/a b"],
  ["urlPattern", "/things.*"],
  ["urlPattern", "/things\\?a=[0-9]+"],
  ["urlPattern", "/(things|a%20b)"],
  ["urlPathPattern", "/things/[0-9]+"],
  ["urlPathPattern", "/.*"],
  ["urlPathPattern", "/things"],
  ["urlPathTemplate", "/things/{id}"],
  ["urlPathTemplate", "/things/{id}/parts/{part}"],
  ["urlPathTemplate", "/{any}"],
  ["urlPathTemplate", "/things"],
  ["urlPathTemplate", "/things/{+rest}"],
  ["urlPathTemplate", "/{.ext}"],
];
const methods = ["GET", "GET", "POST", "PUT", "DELETE", "ANY", "PATCH", "OPTIONS", "HEAD", "TRACE", "PURGE", "GET_OR_HEAD"];
const headerNames = ["X-One", "x-two", "Accept", "Content-Type"];
const mediaTypes = [
  "application/json",
  "text/plain",
  "text/plain; charset=iso-8859-1",
  "application/x-www-form-urlencoded",
  "application/xml",
];

/** What can be written into a header line. */
function headerText(value: string): string {
  return value.replace(/[\r\n]/g, " ");
}

export function requestPattern(random: Random): PatternWithRequests {
  const pattern: { [key: string]: Json } = {};
  const wanted: { headers: [string, string][]; query: [string, string][]; cookies: [string, string][]; body?: string } = {
    headers: [],
    query: [],
    cookies: [],
  };
  const alternatives: ((request: WireRequest) => WireRequest)[] = [];
  const method = random.oneOf(methods);
  if (!random.once(4)) pattern.method = method;
  const url = random.oneOf(urls);
  if (!random.once(6)) pattern[url[0]] = url[1];
  if (url[0] === "urlPathTemplate" && url[1].includes("{id}") && random.once(2)) {
    const { pattern: value, values } = textPattern(random);
    pattern.pathParameters = { id: value };
    alternatives.push((request) => ({ ...request, url: `/things/${encodeURIComponent(random.oneOf(values))}` }));
  }
  if (random.once(2)) {
    const name = random.oneOf(headerNames);
    const value = multiValue(random);
    pattern.headers = { [random.once(4) ? name.toUpperCase() : name]: value.pattern };
    for (const text of random.some(1 + random.upTo(2), () => random.oneOf(value.values))) wanted.headers.push([name, headerText(text)]);
  }
  if (random.once(3)) {
    const value = multiValue(random);
    const name = random.oneOf(["a", "q", "ü", "a[]"]);
    pattern.queryParameters = { [name]: value.pattern };
    for (const text of random.some(1 + random.upTo(3), () => random.oneOf(value.values))) wanted.query.push([name, text]);
  }
  if (random.once(4)) {
    const value = textPattern(random);
    pattern.cookies = { session: value.pattern };
    wanted.cookies.push(["session", headerText(random.oneOf(value.values)).replaceAll(";", "")]);
  }
  if (random.once(6)) {
    pattern[random.once(5) ? "basicAuthCredentials" : "basicAuth"] = { username: "user", password: "secret" };
    const credentials = random.oneOf(["user:secret", "user:other", "user"]);
    wanted.headers.push(["Authorization", `${random.oneOf(["Basic", "Basic", "basic"])} ${Buffer.from(credentials).toString("base64")}`]);
  }
  if (random.once(10)) pattern.host = textPattern(random, 0).pattern;
  if (random.once(12)) pattern.host = { equalTo: random.oneOf(["mock.test", "MOCK.test", "other.test"]) };
  if (random.once(12)) pattern.port = random.oneOf([8080, 80, 1]);
  if (random.once(12)) pattern.scheme = random.oneOf(["http", "https"]);
  if (random.once(12)) pattern.clientIp = { equalTo: random.oneOf(["127.0.0.1", "10.0.0.1"]) };
  if (random.once(5)) {
    const value = multiValue(random);
    pattern.formParameters = { field: value.pattern };
    wanted.headers.push(["Content-Type", "application/x-www-form-urlencoded"]);
    wanted.body = random.some(1 + random.upTo(2), () => `field=${encodeURIComponent(random.oneOf(value.values))}`).join("&");
  } else if (random.once(3)) {
    const patterns = random.some(1 + random.upTo(2), () => bodyPattern(random, 0));
    pattern.bodyPatterns = patterns.map((one) => one.pattern);
    wanted.body = random.oneOf(patterns.flatMap((one) => one.values));
    if (random.once(2)) wanted.headers.push(["Content-Type", random.oneOf(mediaTypes)]);
  } else if (random.upTo(5) === 1) {
    const part = multipartPattern(random);
    pattern.multipartPatterns = [part.pattern];
    wanted.headers.push(["Content-Type", 'multipart/form-data; boundary="edge"']);
    wanted.body = part.body;
  }
  const requests = random.some(3, () => nearRequest(random, { pattern: pattern.method === undefined ? "ANY" : method, url, wanted }));
  const [first] = requests;
  const more = first === undefined ? [] : alternatives.map((change) => change(first));
  return { pattern, requests: [...requests, ...more] };
}

interface Near {
  readonly pattern: string;
  readonly url: readonly [string, string];
  readonly wanted: {
    readonly headers: readonly (readonly [string, string])[];
    readonly query: readonly (readonly [string, string])[];
    readonly cookies: readonly (readonly [string, string])[];
    readonly body?: string;
  };
}

function nearRequest(random: Random, { pattern, url, wanted }: Near): WireRequest {
  const usual = { ANY: "POST", GET_OR_HEAD: random.oneOf(["GET", "HEAD"]) }[pattern] ?? pattern;
  const method = random.once(5) ? random.oneOf(["GET", "POST", "PUT", "DELETE", "PURGE"]) : usual;
  const likely = url[0] === "url" ? url[1] : url[0] === "urlPath" ? url[1].replace(" ", "%20") : random.oneOf(paths);
  const path = random.once(3) ? random.oneOf(paths) : likely;
  const pairs = wanted.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  const query = pairs !== "" && !random.once(4) ? `?${pairs}` : path.includes("?") ? "" : random.oneOf(queries);
  const keep = <T>(all: readonly T[]) => all.filter(() => !random.once(6));
  const cookies = keep(wanted.cookies).map(([name, value]) => `${name}=${value}`);
  const headers = [...keep(wanted.headers), ...(cookies.length > 0 ? [["Cookie", cookies.join("; ")] as const] : [])];
  return { method, url: `${path}${query}`, headers, ...(wanted.body !== undefined && !random.once(8) ? { body: wanted.body } : {}) };
}

function multiValue(random: Random): PatternWithValues {
  if (!random.once(4)) return textPattern(random);
  const inner = random.some(1 + random.upTo(2), () => textPattern(random, 0));
  return {
    pattern: { [random.oneOf(["hasExactly", "includes"])]: inner.map((one) => one.pattern) },
    values: inner.flatMap((one) => one.values),
  };
}

function multipartPattern(random: Random): { readonly pattern: JsonObject; readonly body: string } {
  const value = bodyPattern(random, 0);
  const name = random.oneOf(["file", "text"]);
  const parts = random.some(1 + random.upTo(2), () => {
    const fileName = random.once(2) ? '; filename="a.txt"' : "";
    const type = random.oneOf(["", "Content-Type: text/plain\r\n", "Content-Type: application/json\r\n"]);
    return `--edge\r\nContent-Disposition: form-data; name="${random.oneOf([name, "other"])}"${fileName}\r\n${type}\r\n${random.oneOf(value.values)}\r\n`;
  });
  return {
    pattern: {
      ...random.maybe(2, () => ({ name })),
      ...random.maybe(4, () => ({ fileName: "a.txt" })),
      ...random.maybe(2, () => ({ matchingType: random.oneOf(["ALL", "ANY"]) })),
      ...random.maybe(4, () => ({ headers: { "Content-Type": { contains: "text" } } })),
      ...random.maybe(2, () => ({ bodyPatterns: [value.pattern] })),
    },
    body: `${parts.join("")}--edge--\r\n`,
  };
}
