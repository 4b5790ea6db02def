import type { RequestPattern, StubMapping, UrlPattern, ValuePattern } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { hostAsSent } from "../request/print-request.ts";
import { typesWithUsualCharset } from "../request/usual-charsets.ts";
import { methodTest } from "./compile-request.ts";
import { compileUrl } from "./compile-url.ts";
import { type DiffLine, line, section, spacer } from "./diff-line.ts";
import { explainBody } from "./explain-body.ts";
import { explainHeaders, explainNamed, operatorOf } from "./explain-fields.ts";
import { explainParts } from "./explain-parts.ts";
import { compileMultiValue, compileValue } from "./values/compile-value.ts";

export interface Diff {
  readonly stubName: string | undefined;
  readonly lines: readonly DiffLine[];
}

/**
 * What of a stub a request fits and what not, in WireMock's order. `scenarioState` is the state its scenario is in. Where
 * WireMock itself gives a wrong account (it calls matching bodies, client addresses and scenario states mismatches), this does not.
 */
export function explainMiss(
  stub: Pick<StubMapping, "name" | "request" | "scenarioName" | "requiredScenarioState">,
  request: MockRequest,
  scenarioState?: string,
): Diff {
  const pattern = stub.request;
  return {
    stubName: stub.name,
    lines: [
      ...explainAddress(pattern, request),
      ...explainUrl(pattern.url, request),
      ...explainHeaders(
        pattern,
        (name) => request.header(name),
        (name) => (name.toLowerCase() === "content-type" ? typesWithUsualCharset(request) : request.header(name)),
      ),
      ...explainPathParameters(pattern, request),
      ...explainNamed(pattern.queryParameters, "Query", "Query", (name) => request.query.get(name) ?? []),
      ...explainNamed(pattern.formParameters, "Form", "Form data", (name) => request.form.get(name) ?? []),
      ...explainCookies(pattern, request),
      ...(pattern.bodyPatterns ?? []).flatMap((each) => explainBody(each, request.body, request.text)),
      ...explainParts(pattern.multipartPatterns ?? [], request.parts),
      ...(pattern.customMatcher ? [section(`[custom matcher: ${pattern.customMatcher.name}]`)] : []),
      ...explainScenario(stub, scenarioState),
    ],
  };
}

function explainAddress({ host, port, clientIp, scheme, method }: RequestPattern, request: MockRequest): readonly DiffLine[] {
  const single = (attribute: string, pattern: ValuePattern, actual: string) => {
    const matcher = compileValue(pattern);
    return line(attribute, `${operatorOf(matcher, "")}${matcher.describe()}`.trim(), actual, matcher.matches(actual));
  };
  const methodName = method.kind === "any" ? "ANY" : method.kind === "one" ? method.name : `${method.kind}: [${method.names.join(", ")}]`;
  return [
    ...(host ? [single("Host", host, hostAsSent(request))] : []),
    ...(port === undefined ? [] : [line("Port", String(port), String(request.port), port === request.port)]),
    ...(clientIp ? [explainClientIp(clientIp, request.clientIp)] : []),
    ...(scheme === undefined ? [] : [line("Scheme", scheme, request.scheme, scheme === request.scheme)]),
    line("HTTP method", methodName, request.method, methodTest(method)(request)),
  ];
}

/** WireMock names the operator of this one pattern, equality too. */
function explainClientIp(pattern: ValuePattern, actual: string): DiffLine {
  const matcher = compileValue(pattern);
  return line("ClientIp", `${pattern.kind} ${matcher.describe()}`, actual, matcher.matches(actual));
}

const urlLabels = {
  any: "",
  url: "",
  urlPattern: "[regex] ",
  urlPath: "[path] ",
  urlPathPattern: "[path regex] ",
  urlPathTemplate: "[path template] ",
};

function explainUrl(url: UrlPattern, request: MockRequest): readonly DiffLine[] {
  const value = url.kind === "any" ? "(always)" : url.value;
  const matches = compileUrl(url).matches(request);
  const plain = line("URL", `${urlLabels[url.kind]}${value}`, request.url, matches);
  const advice = matches ? "" : `${questionMarkAdvice(url)}${slashAdvice(url)}`;
  return [plain.message === undefined ? plain : { ...plain, message: `${plain.message}${advice}` }, spacer];
}

function questionMarkAdvice(url: UrlPattern): string {
  if (url.kind !== "urlPattern" && url.kind !== "urlPathPattern") return "";
  const at = url.value.indexOf("?");
  const isEscaped = at === -1 || (at >= 2 && url.value[at - 1] === "\\");
  return isEscaped ? "" : '. When using a regex, "?" should be "\\?"';
}

function slashAdvice(url: UrlPattern): string {
  return url.kind === "any" || url.value.startsWith("/") ? "" : ". URLs must start with a /";
}

function explainPathParameters({ url, pathParameters }: RequestPattern, request: MockRequest): readonly DiffLine[] {
  const values = url.kind === "urlPathTemplate" ? compileUrl(url).template?.parse(request.path) : undefined;
  if (values === undefined || Object.keys(pathParameters ?? {}).length === 0) return [];
  const lines = Object.entries(values).flatMap(([name, value]) => {
    const pattern = pathParameters?.[name];
    if (pattern === undefined) return [];
    const matcher = compileValue(pattern);
    const expected = `Path parameter: ${name}${operatorOf(matcher, " = ")}${matcher.describe()}`;
    return [line("Path parameter", expected, value, matcher.matches(value))];
  });
  return [...lines, spacer];
}

function explainCookies({ cookies }: RequestPattern, request: MockRequest): readonly DiffLine[] {
  const lines = Object.entries(cookies ?? {}).map(([name, pattern]) => {
    const values = request.cookies.get(name) ?? [];
    const matcher = compileValue(pattern);
    const matches = values.length === 0 ? pattern.kind === "absent" : compileMultiValue(pattern).matches(values);
    return line("Cookie", `Cookie: ${name}${operatorOf(matcher, "=")}${matcher.describe()}`, values[0] ?? "", matches);
  });
  return lines.length === 0 ? [] : [...lines, spacer];
}

function explainScenario(
  { scenarioName, requiredScenarioState }: Pick<StubMapping, "scenarioName" | "requiredScenarioState">,
  state: string | undefined,
): readonly DiffLine[] {
  if (scenarioName === undefined || requiredScenarioState === undefined) return [];
  const say = (it: string | undefined) => `[Scenario '${scenarioName}' state: ${it ?? "null"}]`;
  return [line("Scenario", say(requiredScenarioState), say(state), state === requiredScenarioState)];
}
