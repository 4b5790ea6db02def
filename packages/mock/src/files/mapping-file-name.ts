import type { MethodPattern, StubMapping, UrlPattern } from "../mapping/stub-mapping.ts";

/** Renders a template of file names (`--filename-template`) with the fields of a stub. */
export type RenderName = (template: string, model: Readonly<Record<string, unknown>>) => string;

/**
 * The file that a stub is written to when it came from none: `name-id.json`, or `method-url-id.json` for a stub without a name,
 * with everything left out that is neither letter, digit, `_`, `-` nor `.`. The same names as WireMock gives.
 */
export function mappingFileName(stub: StubMapping): string {
  const { id, name } = stub;
  const head = name ? name : `${methodName(stub.request.method)}-${urlText(stub.request.url)}`;
  return `${slug(head).slice(0, maxHeadLength)}-${id}.json`;
}

/** As the template says; `.json` is added to a name that would not be read again. */
export function templatedFileName(stub: StubMapping, template: string, render: RenderName): string {
  const rendered = slug(render(template, fileNameModel(stub)));
  return /\.(json|ya?ml)$/.test(rendered) ? rendered : `${rendered}.json`;
}

function fileNameModel(stub: StubMapping): Readonly<Record<string, unknown>> {
  const { id, name, priority, scenarioName, requiredScenarioState, newScenarioState, request, response, metadata } = stub;
  return {
    id,
    name,
    url: urlText(request.url),
    method: methodName(request.method),
    priority,
    scenarioName,
    requiredScenarioState,
    newScenarioState,
    request,
    response,
    metadata,
  };
}

function slug(text: string): string {
  return text
    .replaceAll(" ", "-")
    .replace(/[^A-Za-z0-9_.-]/g, "")
    .toLowerCase();
}

function urlText(url: UrlPattern): string {
  return url.kind === "any" ? "always" : url.value;
}

function methodName(method: MethodPattern): string {
  if (method.kind === "any") return "ANY";
  return method.kind === "one" ? method.name : method.names.join("-");
}

/** File systems take 255 bytes. */
const maxHeadLength = 200;
