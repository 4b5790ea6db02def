import { randomUUID } from "node:crypto";
import type { Header } from "@dojang/model";
import { parseJson } from "../json/parse-json.ts";
import type { MultipartPattern, RequestPattern, StubMapping, ValuePattern } from "../mapping/stub-mapping.ts";
import { compileRequest } from "../matching/compile-request.ts";
import type { MockRequest, RequestPart } from "../request/mock-request.ts";
import { withUsualNames } from "../request/usual-names.ts";
import type { Answer } from "../serving/exchange.ts";
import type { World } from "../serving/mock-world.ts";
import { extensionFor, mimeTypeOf } from "./media-kind.ts";
import { decodedBody, recordedHeaders } from "./stub-of-event.ts";

/**
 * What `--record-mappings` does with each answer of a target: it writes a stub to `mappings` and the body to `__files`, at once and under
 * WireMock's names. A request like one that the journal holds is not written again. What was written is played from the next start on.
 */
export async function recordProxied(world: World, request: MockRequest, answer: Answer): Promise<void> {
  const pattern = patternOf(request, world.options.recordMappings?.matchHeaders ?? []);
  const matcher = compileRequest(pattern);
  if (world.journal.all().some((event) => matcher.matches(event.request))) return;
  const id = randomUUID();
  const logged = { status: answer.status, headers: answer.headers, body: answer.body };
  const body = decodedBody(logged);
  const type = answer.headers.find(({ name }) => name.toLowerCase() === "content-type")?.value;
  const name = `${pathName(request.path)}-${id.slice(0, 8)}`;
  const bodyName = `body-${name}.${extensionFor(mimeTypeOf(type), request.path, body)}`;
  const headers = recordedHeaders(logged);
  const stub: StubMapping = {
    id,
    request: pattern,
    response: {
      status: answer.status,
      body: { kind: "bodyFileName", name: bodyName },
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
    },
  };
  await world.writeRecorded(stub, { fileName: `mapping-${name}.json`, bodyName, body });
}

/** `/please/record this` is `please-record_this`. */
function pathName(path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.length === 0
    ? "(root)"
    : parts
        .join("-")
        .replace(/[^A-Za-z0-9._%-]/g, "_")
        .slice(0, 150);
}

function patternOf(request: MockRequest, matchHeaders: readonly string[]): RequestPattern {
  const names = new Set(matchHeaders.map((name) => name.toLowerCase()));
  const headers = headersOf(withUsualNames(request.headers), names);
  return {
    url: { kind: "url", value: request.url },
    method: { kind: "one", name: request.method },
    ...headers,
    ...(request.parts.length > 0
      ? { multipartPatterns: request.parts.map((part) => patternOfPart(part, names)) }
      : request.text === ""
        ? {}
        : { bodyPatterns: [bodyOf(request.header("content-type")[0], request.text)] }),
  };
}

function patternOfPart(part: RequestPart, names: ReadonlySet<string>): MultipartPattern {
  const type = part.header("content-type")[0];
  const isText = type === undefined || /text|json|xml/.test(type);
  const body: ValuePattern = isText
    ? bodyOf(type?.includes("text") ? undefined : type, part.text)
    : { kind: "binaryEqualTo", base64: part.body.toString("base64") };
  return {
    ...(part.name === undefined ? {} : { name: part.name }),
    matchingType: "ALL",
    ...headersOf(part.headers, names),
    bodyPatterns: [body],
  };
}

/** The first value of each of the names that is there. */
function headersOf(headers: readonly Header[], names: ReadonlySet<string>): { readonly headers?: Readonly<Record<string, ValuePattern>> } {
  const wanted = headers.filter(({ name }) => names.has(name.toLowerCase())).toReversed();
  if (wanted.length === 0) return {};
  return { headers: Object.fromEntries(wanted.map(({ name, value }) => [name, { kind: "equalTo", value }])) };
}

/** What claims to be JSON and is none can only be compared as text. */
function bodyOf(type: string | undefined, text: string): ValuePattern {
  if (type?.includes("json") && parseJson(text).ok) {
    return { kind: "equalToJson", value: text, given: "string", ignoreArrayOrder: true, ignoreExtraElements: true };
  }
  if (type?.includes("xml") && text.trimStart().startsWith("<")) return { kind: "equalToXml", value: text };
  return { kind: "equalTo", value: text };
}
