import { randomUUID } from "node:crypto";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import type { Header } from "@dojang/model";
import type { LoggedResponse, ServeEvent } from "../journal/serve-event.ts";
import { parseJson } from "../json/parse-json.ts";
import type {
  MultiValuePattern,
  RequestPattern,
  ResponseBody,
  ResponseDefinition,
  StubMapping,
  ValuePattern,
} from "../mapping/stub-mapping.ts";
import { charsetOf, decodeBytes } from "../request/decode-text.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { isTextType, mimeTypeOf } from "./media-kind.ts";
import type { RecordedBodyPattern, RecordSpec } from "./record-spec.ts";

/** The stub that answers such a request as it was answered: WireMock's rules, for patterns as for names. */
export function stubOfEvent(event: ServeEvent, spec: RecordSpec): StubMapping {
  return {
    id: randomUUID(),
    name: stubName(event.request.path),
    request: recordedPattern(event.request, spec),
    // What nothing answered has an answer of the mock's own, which is no part of the recorded system.
    response: event.answeredBy === "nothing" ? { status: event.response.status } : recordedResponse(event.response),
    ...(spec.persist ? { persistent: true } : {}),
  };
}

/** `/things/one two/` is `things_one-two`: what is neither letter, digit, `_`, `-` nor `.` is left out. */
export function stubName(path: string): string {
  return decoded(path)
    .replaceAll("/", "_")
    .replace(/\s/g, "-")
    .normalize("NFD")
    .replace(/[^A-Za-z0-9_.-]/g, "")
    .toLowerCase()
    .replace(/^_+|_+$/g, "")
    .slice(0, 200);
}

/** With its parameters apart when there are any, so that their order does not matter. */
function recordedPattern(request: MockRequest, spec: RecordSpec): RequestPattern {
  const query: Record<string, MultiValuePattern> = {};
  for (const [name, values] of request.query) {
    query[name] = { kind: "hasExactly", patterns: values.map((value) => ({ kind: "equalTo", value })) };
  }
  const headers: Record<string, ValuePattern> = {};
  for (const { name, caseInsensitive } of spec.captureHeaders) {
    const value = request.header(name)[0];
    if (value !== undefined) headers[name] = { kind: "equalTo", value, ...(caseInsensitive === undefined ? {} : { caseInsensitive }) };
  }
  const hasQuery = request.query.size > 0;
  return {
    url: hasQuery ? { kind: "urlPath", value: request.path } : { kind: "url", value: request.url },
    method: { kind: "one", name: request.method },
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(hasQuery ? { queryParameters: query } : {}),
    ...(request.body.length === 0 ? {} : { bodyPatterns: [recordedBody(request, spec.bodyPattern)] }),
  };
}

function recordedBody(request: MockRequest, pattern: RecordedBodyPattern): ValuePattern {
  const { matcher, ignoreArrayOrder, ignoreExtraElements, caseInsensitive } = pattern;
  const type = mimeTypeOf(request.header("content-type")[0]);
  const value = request.text;
  const equalTo = (caseless: boolean | undefined): ValuePattern => ({
    kind: "equalTo",
    value,
    ...(caseless === undefined ? {} : { caseInsensitive: caseless }),
  });
  if (matcher === "equalTo") return equalTo(caseInsensitive);
  if (matcher === "equalToXml") return value.trimStart().startsWith("<") ? { kind: "equalToXml", value } : equalTo(undefined);
  if (matcher === "equalToJson" || type?.includes("json") === true) {
    // What claims to be JSON and is none can only be compared as text.
    if (!parseJson(value).ok) return equalTo(undefined);
    const automatic = matcher === "auto" ? true : undefined;
    return {
      kind: "equalToJson",
      value,
      given: "string",
      ...definedFlags({ ignoreArrayOrder: ignoreArrayOrder ?? automatic, ignoreExtraElements: ignoreExtraElements ?? automatic }),
    };
  }
  if (type?.includes("xml") === true) return { kind: "equalToXml", value };
  // Its boundary is another one each time.
  if (type === "multipart/form-data") return { kind: "anything" };
  if (type !== undefined && !isTextType(type)) return { kind: "binaryEqualTo", base64: request.body.toString("base64") };
  return equalTo(caseInsensitive ?? false);
}

function recordedResponse(response: LoggedResponse): ResponseDefinition {
  const headers = recordedHeaders(response);
  const body = recordedAnswerBody(response);
  return {
    status: response.status,
    ...(body === undefined ? {} : { body }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
}

/** Without those that say how the body was sent. */
export function recordedHeaders(response: LoggedResponse): Readonly<Record<string, string | string[]>> {
  const headers: Record<string, string | string[]> = {};
  const names = new Map<string, string>();
  for (const { name, value } of response.headers) {
    const lower = name.toLowerCase();
    if (framing.has(lower)) continue;
    const spelt = names.get(lower) ?? name;
    names.set(lower, spelt);
    const before = headers[spelt];
    headers[spelt] = before === undefined ? value : [...(typeof before === "string" ? [before] : before), value];
  }
  return headers;
}

function recordedAnswerBody(response: LoggedResponse): ResponseBody | undefined {
  if (response.body.length === 0) return undefined;
  const body = decodedBody(response);
  const contentType = headerValue(response.headers, "content-type");
  if (isTextType(mimeTypeOf(contentType))) return { kind: "body", text: decodeBytes(body, charsetOf(contentType)) };
  return { kind: "base64Body", base64: body.toString("base64") };
}

/** As it was before it was compressed: stubs are compressed anew for whoever wants that. */
export function decodedBody({ headers, body }: LoggedResponse): Buffer {
  const coding = headerValue(headers, "content-encoding")?.trim().toLowerCase();
  try {
    if (coding === "gzip" || coding === "x-gzip") return gunzipSync(body, decodeLimit);
    if (coding === "br") return brotliDecompressSync(body, decodeLimit);
    if (coding === "deflate") return inflateSync(body, decodeLimit);
  } catch {
    // Not what it claims to be: kept as it came.
  }
  return body;
}

function headerValue(headers: readonly Header[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name)?.value;
}

function definedFlags(flags: Readonly<Record<"ignoreArrayOrder" | "ignoreExtraElements", boolean | undefined>>) {
  const { ignoreArrayOrder, ignoreExtraElements } = flags;
  return {
    ...(ignoreArrayOrder === undefined ? {} : { ignoreArrayOrder }),
    ...(ignoreExtraElements === undefined ? {} : { ignoreExtraElements }),
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const framing = new Set(["content-encoding", "content-length", "transfer-encoding"]);
const decodeLimit = { maxOutputLength: 268_435_456 };
