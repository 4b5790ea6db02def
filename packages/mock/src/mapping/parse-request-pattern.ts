import { pathTemplateVariables } from "../matching/path-template.ts";
import { checkRegex } from "../regex/safe-regex.ts";
import type { Parsed } from "./mapping-finding.ts";
import { type At, adviceFor, below, isAbsent, isRecord, MappingReader, shown } from "./mapping-reader.ts";
import { readBodyPattern, readMultiValuePattern, readValuePattern } from "./parse-value-pattern.ts";
import type { MethodPattern, MultipartPattern, RequestPattern, UrlPattern } from "./stub-mapping.ts";
import { reportRegex } from "./text-operators.ts";
import { withoutUndefined } from "./without-undefined.ts";

/** The criteria of the admin API (count, find, remove, near misses) and the `request` of a stub. `{}` matches everything. */
export function parseRequestPattern(value: unknown): Parsed<RequestPattern> {
  const reader = new MappingReader();
  return reader.result(readRequestPattern(value, undefined, reader));
}

type Fields = Readonly<Record<string, unknown>>;

const anything: RequestPattern = { url: { kind: "any" }, method: { kind: "any" } };

/** Null and a missing value are any request. */
export function readRequestPattern(value: unknown, at: At | undefined, reader: MappingReader): RequestPattern | undefined {
  if (isAbsent(value)) return anything;
  const fields = reader.object(value, at, "`request`");
  if (fields === undefined) return undefined;
  reader.onlyKnown(fields, at, knownFields, "a request pattern");
  const url = readUrl(fields, at, reader);
  const pattern: RequestPattern = {
    url,
    method: readMethod(fields.method, below(at, "method"), reader),
    ...withoutUndefined({
      scheme: readScheme(fields.scheme, below(at, "scheme"), reader),
      host: readSingle(fields, "host", at, reader),
      port: reader.integer(fields.port, below(at, "port"), { min: -1, max: 65535 }),
      clientIp: readSingle(fields, "clientIp", at, reader),
      pathParameters: readPatterns("pathParameters", fields, at, reader, readValuePattern),
      queryParameters: readPatterns("queryParameters", fields, at, reader, readMultiValuePattern),
      formParameters: readPatterns("formParameters", fields, at, reader, readMultiValuePattern),
      headers: readPatterns("headers", fields, at, reader, readMultiValuePattern),
      cookies: readPatterns("cookies", fields, at, reader, readValuePattern),
      basicAuthCredentials: readBasicAuth(fields, at, reader),
      bodyPatterns: readBodyPatterns(fields, at, reader),
      multipartPatterns: reader
        .array(fields.multipartPatterns, below(at, "multipartPatterns"), "`multipartPatterns`")
        ?.flatMap((each, index) => readMultipart(each, below(below(at, "multipartPatterns"), index), reader) ?? []),
      customMatcher: readCustomMatcher(fields.customMatcher, below(at, "customMatcher"), reader),
    }),
  };
  checkPathParameters(pattern, at, reader);
  warnOfNeverMatching(pattern, at, reader);
  return pattern;
}

const urlKinds = ["url", "urlPattern", "urlPath", "urlPathPattern", "urlPathTemplate"] as const;

/** The first of these fields that has a value counts, as in WireMock. */
function readUrl(fields: Fields, at: At | undefined, reader: MappingReader): UrlPattern {
  let found: UrlPattern | undefined;
  for (const kind of urlKinds) {
    const value = reader.text(fields[kind], below(at, kind));
    if (value === undefined) continue;
    if (found !== undefined) {
      const message = `\`${kind}\` is ignored: \`${found.kind}\` is given too, and comes first`;
      reader.warn(below(at, kind), "ignored-field", message, "keep the one that is meant");
      continue;
    }
    found = { kind, value };
    const wrong = kind === "urlPattern" || kind === "urlPathPattern" ? checkRegex(value, { dotAll: true }) : undefined;
    // WireMock reads all address fields of a request in one piece.
    if (wrong !== undefined) reportRegex(wrong, value, below(at && { ...at, unit: true }, kind), reader);
  }
  return found ?? { kind: "any" };
}

const maxMethods = 50;

function readMethod(value: unknown, at: At, reader: MappingReader): MethodPattern {
  if (isAbsent(value)) return { kind: "any" };
  if (typeof value === "string") {
    const name = value.toUpperCase();
    return name === "ANY" ? { kind: "any" } : { kind: "one", name };
  }
  const kind = isRecord(value) ? (["oneOf", "noneOf"] as const).find((each) => Object.hasOwn(value, each)) : undefined;
  if (!isRecord(value) || kind === undefined) {
    reader.error(at, "wrong-type", `\`method\` must be a name, got ${shown(value)}`, 'write "GET", or {"oneOf": ["GET", "HEAD"]}');
    return { kind: "any" };
  }
  reader.onlyKnown(value, at, new Set([kind]), "`method`");
  const names = reader.texts(value[kind], below(at, kind)) ?? [];
  if (names.length === 0 || names.length > maxMethods) {
    reader.error(below(at, kind), "bad-value", `\`${kind}\` needs 1 to ${maxMethods} methods, got ${names.length}`, "list the methods");
  }
  return { kind, names: names.map((name) => name.toUpperCase()) };
}

function readScheme(value: unknown, at: At, reader: MappingReader): string | undefined {
  const scheme = reader.text(value, at);
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    reader.warn(at, "never-matches", `\`scheme\` ${shown(scheme)} matches no request`, "write http or https");
  }
  return scheme;
}

function readSingle(fields: Fields, name: "host" | "clientIp", at: At | undefined, reader: MappingReader) {
  return isAbsent(fields[name]) ? undefined : readValuePattern(fields[name], unit(at, name), reader);
}

/** WireMock reads a pattern in one piece: its answers point to the pattern. */
function unit(parent: At | undefined, key: string | number): At {
  return { parent, key, unit: true };
}

function readPatterns<Pattern>(
  name: string,
  fields: Fields,
  at: At | undefined,
  reader: MappingReader,
  read: (value: unknown, at: At, reader: MappingReader) => Pattern | undefined,
): Readonly<Record<string, Pattern>> | undefined {
  const here = below(at, name);
  const record = reader.object(fields[name], here, `\`${name}\``);
  if (record === undefined) return undefined;
  const entries = Object.entries(record).flatMap(([key, value]): [string, Pattern][] => {
    const pattern = read(value, unit(here, key), reader);
    return pattern === undefined ? [] : [[key, pattern]];
  });
  return Object.fromEntries(entries);
}

function readBodyPatterns(fields: Fields, at: At | undefined, reader: MappingReader) {
  const here = below(at, "bodyPatterns");
  return reader
    .array(fields.bodyPatterns, here, "`bodyPatterns`")
    ?.flatMap((each, index) => readBodyPattern(each, unit(here, index), reader) ?? []);
}

/** Both spellings are read; answers spell it `basicAuthCredentials`. */
function readBasicAuth(fields: Fields, at: At | undefined, reader: MappingReader): RequestPattern["basicAuthCredentials"] {
  const name = Object.keys(fields).findLast((key) => (key === "basicAuth" || key === "basicAuthCredentials") && !isAbsent(fields[key]));
  if (name === undefined) return undefined;
  const here = below(at, name);
  const given = reader.object(fields[name], here, `\`${name}\``);
  if (given === undefined) return undefined;
  reader.onlyKnown(given, here, new Set(["username", "password"]), `\`${name}\``);
  const username = reader.text(given.username, below(here, "username"));
  const password = reader.text(given.password, below(here, "password"));
  if (username === undefined || password === undefined) {
    return reader.error(here, "bad-value", `\`${name}\` needs both a username and a password`, "add the missing one (it may be empty)");
  }
  return { username, password };
}

const multipartFields = new Set(["name", "fileName", "matchingType", "headers", "bodyPatterns"]);

function readMultipart(value: unknown, at: At, reader: MappingReader): MultipartPattern | undefined {
  const fields = reader.object(value, at, "a multipart pattern");
  if (fields === undefined) return value === undefined || value === null ? reportNullPart(at, reader) : undefined;
  reader.onlyKnown(fields, at, multipartFields, "a multipart pattern");
  const pattern: MultipartPattern = withoutUndefined({
    name: reader.text(fields.name, below(at, "name")),
    fileName: reader.text(fields.fileName, below(at, "fileName")),
    matchingType: reader.oneOf(fields.matchingType, below(at, "matchingType"), ["ALL", "ANY"]),
    headers: readPatterns("headers", fields, at, reader, readMultiValuePattern),
    bodyPatterns: readBodyPatterns(fields, at, reader),
  });
  warnOfIgnoredParts(pattern, at, reader);
  return pattern;
}

function reportNullPart(at: At, reader: MappingReader): undefined {
  return reader.error(at, "wrong-type", "a multipart pattern must be an object, got null", "leave it out");
}

/** Neither is compared by WireMock; its Java client sends a header pattern along. */
function warnOfIgnoredParts(pattern: MultipartPattern, at: At, reader: MappingReader): void {
  const headers = Object.keys(pattern.headers ?? {}).map((name) => name.toLowerCase());
  if (pattern.name !== undefined && !headers.includes("content-disposition")) {
    const fix = `add "headers": {"Content-Disposition": {"contains": "name=\\"${pattern.name}\\""}}`;
    reader.warn(below(at, "name"), "ignored-field", "the `name` of a multipart pattern is a label: it is not compared", fix);
  }
  if (pattern.fileName !== undefined && pattern.headers === undefined && pattern.bodyPatterns === undefined) {
    const message = "`fileName` is compared only beside `headers` or `bodyPatterns`";
    reader.warn(below(at, "fileName"), "ignored-field", message, 'add "bodyPatterns": []');
  }
}

function readCustomMatcher(value: unknown, at: At, reader: MappingReader): RequestPattern["customMatcher"] {
  const fields = reader.object(value, at, "`customMatcher`");
  if (fields === undefined) return undefined;
  reader.onlyKnown(fields, at, new Set(["name", "parameters"]), "`customMatcher`");
  const name = reader.text(fields.name, below(at, "name"));
  if (name === undefined) return reader.error(at, "bad-value", "`customMatcher` needs a name", "name it");
  const message = `custom matcher ${shown(name)} is a Java extension, which does not exist here: the pattern never matches`;
  reader.warn(at, "never-matches", message, "say what it compares with the other fields of the request");
  const parameters = isAbsent(fields.parameters) ? undefined : reader.jsonObject(fields.parameters, below(at, "parameters"));
  return { name, ...(parameters && { parameters }) };
}

function checkPathParameters({ url, pathParameters }: RequestPattern, at: At | undefined, reader: MappingReader): void {
  const names = Object.keys(pathParameters ?? {});
  if (names.length === 0) return;
  const here = below(at, "pathParameters");
  if (url.kind !== "urlPathTemplate") {
    reader.error(here, "bad-value", "`pathParameters` has no meaning without `urlPathTemplate`", 'write "urlPathTemplate": "/things/{id}"');
    return;
  }
  const variables = pathTemplateVariables(url.value);
  for (const name of names) {
    if (variables.includes(name)) continue;
    const message = `the template ${shown(url.value)} has no variable \`${name}\``;
    const fix = variables.length > 0 ? adviceFor(name, variables) : `add {${name}} to the template`;
    reader.error(below(here, name), "bad-value", message, fix);
  }
}

/** Mistakes that everyone makes once: the pattern is right by its form and matches nothing. */
function warnOfNeverMatching({ url, queryParameters }: RequestPattern, at: At | undefined, reader: MappingReader): void {
  if (url.kind === "any" || url.kind === "urlPattern" || url.kind === "urlPathPattern") return;
  const here = below(at, url.kind);
  if (!url.value.startsWith("/") && !url.value.startsWith("{") && !url.value.startsWith("*")) {
    reader.warn(here, "never-matches", `\`${url.kind}\` ${shown(url.value)} matches no request`, "begin it with /");
  }
  if (url.kind !== "url" && url.value.includes("?")) {
    const message = `\`${url.kind}\` is compared with the path alone, and ${shown(url.value)} has a query`;
    reader.warn(here, "never-matches", message, "move the query to `queryParameters`");
  }
  const needsQuery = Object.values(queryParameters ?? {}).some(
    ({ kind }) => kind === "equalTo" || kind === "contains" || kind === "matches",
  );
  if (url.kind === "url" && !url.value.includes("?") && needsQuery) {
    const message = "`url` is compared with path and query, so that no request with these `queryParameters` matches";
    reader.warn(here, "never-matches", message, "write `urlPath` instead of `url`");
  }
}

const knownFields: ReadonlySet<string> = new Set([
  ...urlKinds,
  "scheme",
  "host",
  "port",
  "clientIp",
  "method",
  "headers",
  "pathParameters",
  "queryParameters",
  "formParameters",
  "cookies",
  "basicAuth",
  "basicAuthCredentials",
  "bodyPatterns",
  "multipartPatterns",
  "customMatcher",
]);
