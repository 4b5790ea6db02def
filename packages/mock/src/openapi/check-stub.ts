import { Buffer } from "node:buffer";
import type { Finding } from "@dojang/model";
import type { ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import { parseQuery } from "../request/parse-query.ts";
import type { DocumentParts } from "./document-parts.ts";
import { type DocumentNode, placeOf } from "./documents/document-node.ts";
import type { OpenApiDocument } from "./documents/openapi-document.ts";
import { isExempt } from "./is-exempt.ts";
import { judgeResponse, type ResponseToJudge } from "./messages/judge-response.ts";
import type { Fault } from "./messages/judge-values.ts";
import type { Operation } from "./reading/operation.ts";
import type { ServedPaths } from "./routing/served-paths.ts";

interface Checking {
  readonly paths: ServedPaths;
  readonly parts: ReadonlyMap<OpenApiDocument, DocumentParts>;
}

/**
 * What a stub promises that no document allows. Only what is sure is said: a stub for several operations is refused when it is wrong
 * for all of them, and what is known only when a request comes (templates, files, patterns of URLs, targets, faults) is not judged.
 */
export function checkStub(stub: StubMapping, checking: Checking): readonly Finding[] {
  if (isExempt(stub)) return [];
  const operations = operationsFor(stub, checking.paths);
  if (operations === "any") return [];
  if ("message" in operations) return [finding(stub, "request.url", { code: "stub-undeclared", ...operations })];
  const responses = stub.responses ?? [stub.response];
  return responses.flatMap((response, index) => {
    const place = stub.responses === undefined ? "response" : `responses[${index}]`;
    return checkResponse({ stub, response, place }, operations, checking);
  });
}

type Undeclared = { readonly message: string; readonly fix: string; readonly rule: DocumentNode | undefined };

/** The operations that a stub can answer; `any` when that cannot be told. */
function operationsFor(stub: StubMapping, paths: ServedPaths): readonly Operation[] | "any" | Undeclared {
  const { url, host } = stub.request;
  if (url.kind === "any" || url.kind === "urlPattern" || url.kind === "urlPathPattern") return "any";
  const literalHost = host?.kind === "equalTo" ? host.value.toLowerCase() : "";
  if (host !== undefined && (literalHost === "" || (paths.namesHosts && !paths.knowsHost(literalHost)))) return "any";
  const [path = "", search = ""] = url.value.replace(/#.*$/, "").split("?", 2);
  const byMethod =
    url.kind === "urlPathTemplate"
      ? paths.overlapping(path)
      : new Map(
          [...paths.operations({ host: literalHost, path, query: parseQuery(search) })].map(([method, operation]) => [method, [operation]]),
        );
  if (byMethod.size === 0) {
    const nearest = paths.nearest(path);
    return {
      message: `no document declares the path ${path}${nearest === undefined ? "" : `; nearest is ${nearest}`}`,
      fix: "correct the path or declare it",
      rule: undefined,
    };
  }
  return ofMethods(stub, path, byMethod);
}

function ofMethods(
  stub: StubMapping,
  path: string,
  byMethod: ReadonlyMap<string, readonly Operation[]>,
): readonly Operation[] | "any" | Undeclared {
  const { method } = stub.request;
  const declared = [...byMethod.keys()];
  const wanted = method.kind === "any" ? declared : method.kind === "one" ? [method.name] : method.names;
  const asked = method.kind === "noneOf" ? declared.filter((name) => !wanted.includes(name)) : wanted;
  // OPTIONS belongs to the server, and HEAD to whoever declares GET.
  if (asked.includes("OPTIONS") && !byMethod.has("OPTIONS")) return "any";
  const found = asked.flatMap((name) => byMethod.get(name) ?? (name === "HEAD" ? headOf(byMethod) : []));
  if (found.length > 0) return found;
  const some = [...byMethod.values()][0]?.[0];
  return {
    message: `${path} is declared with ${declared.join(", ")}, not with ${asked.join(", ") || "another method"}`,
    fix: "correct the method or declare it",
    rule: some?.node,
  };
}

function headOf(byMethod: ReadonlyMap<string, readonly Operation[]>): readonly Operation[] {
  return (byMethod.get("GET") ?? []).map((operation) => ({ ...operation, method: "HEAD" }));
}

function checkResponse(
  { stub, response, place }: { readonly stub: StubMapping; readonly response: ResponseDefinition; readonly place: string },
  operations: readonly Operation[],
  { parts }: Checking,
): readonly Finding[] {
  const known = knownResponse(response);
  if (known === undefined) return [];
  const judged = operations.map((operation) => {
    const own = parts.get(operation.document);
    return { operation, faults: own === undefined ? [] : judgeResponse(operation, known, own) };
  });
  const nearest = judged.reduce<(typeof judged)[number] | undefined>(
    (best, each) => (best === undefined || each.faults.length < best.faults.length ? each : best),
    undefined,
  );
  return (nearest?.faults ?? []).map((fault) =>
    finding(stub, stubPath(place, fault, response), {
      code: "stub-breaks-contract",
      message: `${fault.at} ${fault.message}`,
      fix: "correct the stub or the document",
      rule: fault.rule,
    }),
  );
}

/** What is sure about an answer before a request has come; undefined when nothing is. */
function knownResponse(response: ResponseDefinition): ResponseToJudge | undefined {
  if (response.fault !== undefined || response.proxyBaseUrl !== undefined) return undefined;
  // Other transformers are somebody's own, and may change everything.
  if (response.transformers?.some((name) => name !== "response-template") === true) return undefined;
  const given = Object.entries(response.headers ?? {}).map(([name, value]) => [name.toLowerCase(), [value].flat().join(", ")] as const);
  const unknown = new Set(given.flatMap(([name, value]) => (value.includes("{{") ? [name] : [])));
  const bodyUnknown = unknown.has("content-type") || given.some(([name]) => name === "content-encoding");
  return {
    status: response.status,
    headers: new Map(given.filter(([name]) => !unknown.has(name))),
    unknownHeaders: unknown,
    body: bodyUnknown ? undefined : knownBody(response),
  };
}

function knownBody({ body }: ResponseDefinition): Buffer | undefined {
  switch (body?.kind) {
    case undefined:
      return Buffer.alloc(0);
    case "body":
      return body.text.includes("{{") ? undefined : Buffer.from(body.text, "utf8");
    case "jsonBody": {
      const text = JSON.stringify(body.value);
      return text.includes("{{") ? undefined : Buffer.from(text, "utf8");
    }
    case "base64Body":
      return Buffer.from(body.base64, "base64");
    case "bodyFileName":
      return undefined;
  }
}

function stubPath(place: string, { at }: Fault, { body }: ResponseDefinition): string {
  if (at === "status") return `${place}.status`;
  if (at.startsWith("header.")) return `${place}.headers.${at.slice("header.".length)}`;
  const [, ...keys] = at.split("/");
  return [`${place}.${body?.kind ?? "body"}`, ...(body?.kind === "jsonBody" ? keys : [])].join(".");
}

function finding(
  stub: StubMapping,
  path: string,
  {
    code,
    message,
    fix,
    rule,
  }: { readonly code: string; readonly message: string; readonly fix: string; readonly rule: DocumentNode | undefined },
): Finding {
  const line = rule?.file.position(rule.pointer)?.line;
  const where = rule === undefined ? "" : ` (${placeOf(rule)}${line === undefined ? "" : `, line ${line}`})`;
  const urlPath = path === "request.url" ? `request.${stub.request.url.kind}` : path;
  return {
    severity: "error",
    code,
    place: { file: stub.name === undefined ? `stub ${stub.id}` : `stub "${stub.name}" (${stub.id})`, path: urlPath },
    message: `${message}${where}`,
    fix: `${fix}; a stub that breaks the contract on purpose says so: metadata: { dojang: { contract: ignore } }`,
  };
}
