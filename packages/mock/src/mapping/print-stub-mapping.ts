import { parseJson } from "../json/parse-json.ts";
import { printMultiValuePattern, printValuePattern } from "./print-value-pattern.ts";
import {
  type Json,
  type JsonObject,
  type MethodPattern,
  type MultipartPattern,
  noParameters,
  type RequestPattern,
  type ResponseDefinition,
  type ServeEventListenerDefinition,
  type StubMapping,
} from "./stub-mapping.ts";
import { withoutUndefined } from "./without-undefined.ts";

/**
 * Stubs as WireMock 3.13 answers and writes them, with its order of fields: the id at the head and once more as `uuid`, the
 * method always, what was not given left out. What the parser reads back is equal to what was printed.
 */
export function printStubMapping(stub: StubMapping): JsonObject {
  const actions = stub.serveEventListeners?.filter(({ postServeAction }) => postServeAction);
  const listeners = stub.serveEventListeners?.filter(({ postServeAction }) => !postServeAction);
  return withoutUndefined({
    id: stub.id,
    name: stub.name,
    request: printRequestPattern(stub.request),
    response: stub.responses ? undefined : printResponseDefinition(stub.response),
    responses: stub.responses?.map(printResponseDefinition),
    afterLast: stub.afterLast,
    uuid: stub.id,
    persistent: stub.persistent,
    priority: stub.priority,
    scenarioName: stub.scenarioName,
    requiredScenarioState: stub.requiredScenarioState,
    newScenarioState: stub.newScenarioState,
    metadata: stub.metadata,
    postServeActions: actions?.length ? actions.map(printListener) : undefined,
    serveEventListeners: listeners?.length ? listeners.map(printListener) : undefined,
  });
}

export function printRequestPattern(pattern: RequestPattern): JsonObject {
  return withoutUndefined({
    scheme: pattern.scheme,
    host: pattern.host && printValuePattern(pattern.host),
    port: pattern.port,
    // In WireMock's order, in which `url` comes before the address of the client and the other kinds after it.
    ...(pattern.url.kind === "url" && { url: pattern.url.value }),
    clientIp: pattern.clientIp && printValuePattern(pattern.clientIp),
    ...(pattern.url.kind !== "any" && pattern.url.kind !== "url" && { [pattern.url.kind]: pattern.url.value }),
    method: printMethod(pattern.method),
    headers: printAll(pattern.headers, printMultiValuePattern),
    pathParameters: printAll(pattern.pathParameters, printValuePattern),
    queryParameters: printAll(pattern.queryParameters, printMultiValuePattern),
    formParameters: printAll(pattern.formParameters, printMultiValuePattern),
    cookies: printAll(pattern.cookies, printValuePattern),
    bodyPatterns: pattern.bodyPatterns?.map(printValuePattern),
    customMatcher: pattern.customMatcher && withoutUndefined(pattern.customMatcher),
    multipartPatterns: pattern.multipartPatterns?.map(printMultipart),
    basicAuthCredentials: pattern.basicAuthCredentials && { ...pattern.basicAuthCredentials },
  });
}

export function printResponseDefinition(response: ResponseDefinition): JsonObject {
  return withoutUndefined({
    status: response.status,
    statusMessage: response.statusMessage,
    ...printBody(response),
    headers: response.headers,
    additionalProxyRequestHeaders: response.additionalProxyRequestHeaders,
    removeProxyRequestHeaders: response.removeProxyRequestHeaders,
    fixedDelayMilliseconds: response.fixedDelayMilliseconds,
    delayDistribution: response.delayDistribution && withoutUndefined(response.delayDistribution),
    chunkedDribbleDelay: response.chunkedDribbleDelay && { ...response.chunkedDribbleDelay },
    proxyBaseUrl: response.proxyBaseUrl,
    proxyUrlPrefixToRemove: response.proxyUrlPrefixToRemove,
    fault: response.fault,
    transformers: response.transformers?.length ? response.transformers : undefined,
    transformerParameters: Object.keys(response.transformerParameters ?? {}).length > 0 ? response.transformerParameters : undefined,
    fromConfiguredStub: response.fromConfiguredStub === false ? false : undefined,
  });
}

function printBody({ body }: ResponseDefinition): JsonObject {
  switch (body?.kind) {
    case undefined:
      return {};
    case "body":
      return body.json === true ? printJsonText(body.text) : { body: body.text };
    case "jsonBody":
      return { jsonBody: body.value };
    case "base64Body":
      return { base64Body: body.base64 };
    case "bodyFileName":
      return { bodyFileName: body.name };
  }
}

/** What a template made of JSON may be JSON no more. */
function printJsonText(text: string): JsonObject {
  const parsed = parseJson(text);
  return parsed.ok ? { jsonBody: parsed.value as Json } : { body: text };
}

function printMethod(method: MethodPattern): Json {
  if (method.kind === "any") return "ANY";
  return method.kind === "one" ? method.name : { [method.kind]: method.names };
}

function printMultipart(pattern: MultipartPattern): JsonObject {
  return withoutUndefined({
    name: pattern.name,
    fileName: pattern.fileName,
    matchingType: pattern.matchingType,
    headers: printAll(pattern.headers, printMultiValuePattern),
    bodyPatterns: pattern.bodyPatterns?.map(printValuePattern),
  });
}

function printListener({ name, requestPhases, parameters }: ServeEventListenerDefinition): JsonObject {
  return withoutUndefined({ name, requestPhases, parameters: parameters === noParameters ? undefined : parameters });
}

function printAll<Pattern>(
  patterns: Readonly<Record<string, Pattern>> | undefined,
  print: (pattern: Pattern) => JsonObject,
): JsonObject | undefined {
  return patterns && Object.fromEntries(Object.entries(patterns).map(([name, pattern]) => [name, print(pattern)]));
}
