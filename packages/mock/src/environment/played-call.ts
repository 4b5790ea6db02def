import type { ServeEvent } from "../journal/serve-event.ts";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import { bodyCapBytes, type PlayedCall } from "./feed-format.ts";
import type { NearestStub } from "./nearest-stub.ts";

export interface PlayedCallFacts {
  readonly fileOf: (id: string) => string | undefined;
  /** OpenAPI documents as they lie in the project. */
  readonly documents: readonly string[];
  /** False where there is a contract that has no such operation. */
  readonly declared: boolean;
  readonly nearest: NearestStub | undefined;
}

const longestUrl = 16 * 1024;
const mostHeaders = 200;
const longestHeader = 8 * 1024;
const mostViolations = 50;

/** A served request as Dojang reads it: everything in it has a limit. */
export function playedCall(event: ServeEvent, { fileOf, documents, declared, nearest }: PlayedCallFacts): PlayedCall {
  const { request, response, timing, fault } = { ...event, fault: event.response.fault };
  const answeredBy = answererOf(event);
  const byFile = answeredBy !== event.answeredBy && answeredBy === "stub";
  return {
    id: event.id,
    requestId: requestIdOf(request.requestId),
    startedAt: request.receivedAt,
    durationMs: timing.totalTime,
    delayMs: timing.addedDelay,
    method: request.method.slice(0, 100),
    url: request.absoluteUrl.slice(0, longestUrl),
    requestHeaders: bounded(request.headers),
    requestBody: bodyOf(request.body),
    status: fault === undefined ? response.status : undefined,
    responseHeaders: fault === undefined ? bounded(response.headers) : [],
    responseBody: bodyOf(fault === undefined ? response.body : Buffer.alloc(0)),
    fault,
    answeredBy,
    stub: byFile ? { id: "__files", name: `__files${request.path.slice(0, 200)}` } : event.stub && stubText(event.stub, fileOf),
    declared,
    violations: event.violations
      .slice(0, mostViolations)
      .map((violation) => ({ ...violation, rule: ruleInProject(violation.rule, documents) })),
    nearest: nearest && { stub: stubText(nearest.stub, fileOf), differences: [...nearest.differences] },
  };
}

/** In words of the verdict: a file of the path's name is an answer of the mock. */
export function answererOf({ answeredBy, response }: ServeEvent): ServeEvent["answeredBy"] {
  return answeredBy === "nothing" && response.status < 400 ? "stub" : answeredBy;
}

export function stubText(stub: StubMapping, fileOf: PlayedCallFacts["fileOf"]): { id: string; name?: string; file?: string } {
  return { id: stub.id, name: stub.name?.slice(0, 300), file: fileOf(stub.id) };
}

/** A rule is named by its document's file alone; a reader wants to open it. */
function ruleInProject(rule: string, documents: readonly string[]): string {
  const [file = ""] = rule.split("#");
  const path = documents.find((document) => document.split("/").at(-1) === file);
  return path === undefined ? rule : `${path}${rule.slice(file.length)}`;
}

/** A W3C trace id, however it was written; anything else is no request id. */
export function requestIdOf(value: string | undefined): string | undefined {
  const plain = value?.replaceAll("-", "").toLowerCase();
  return plain !== undefined && /^[0-9a-f]{32}$/.test(plain) && !/^0+$/.test(plain) ? plain : undefined;
}

function bounded(headers: ServeEvent["request"]["headers"]): { name: string; value: string }[] {
  return headers.slice(0, mostHeaders).map(({ name, value }) => ({ name, value: value.slice(0, longestHeader) }));
}

function bodyOf(bytes: Buffer): { base64: string; sizeBytes: number } {
  return { base64: bytes.subarray(0, bodyCapBytes).toString("base64"), sizeBytes: bytes.byteLength };
}
