import type { MultiValuePattern, RequestPattern, ValuePattern } from "../mapping/stub-mapping.ts";
import { methodTest } from "../matching/compile-request.ts";
import { compileUrl } from "../matching/compile-url.ts";
import { compileMultiValue, compileValue } from "../matching/values/compile-value.ts";
import type { MockRequest } from "../request/mock-request.ts";
import type { PreparedStub, StubStore } from "../stubs/stub-store.ts";

/** Why no stub answered a request: the one that came closest, and in what it differs, in words. */
export interface NearestStub {
  readonly stub: PreparedStub["stub"];
  readonly differences: readonly string[];
}

/** Looking further costs more than it tells. */
const mostCompared = 2_000;
const mostDifferences = 8;
const longestQuote = 120;

export function nearestStub(stubs: StubStore, request: MockRequest): NearestStub | undefined {
  let nearest: PreparedStub | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const prepared of stubs.prepared().slice(0, mostCompared)) {
    const distance = prepared.matcher.distance(request);
    if (distance >= least) continue;
    nearest = prepared;
    least = distance;
  }
  if (nearest === undefined) return undefined;
  const { stub } = nearest;
  const scenario = stubs.scenarios().find(({ name }) => name === stub.scenarioName);
  const isElsewhere = stub.requiredScenarioState !== undefined && scenario?.state !== stub.requiredScenarioState;
  const state = isElsewhere
    ? [`scenario ${scenario?.name}: expected state ${quoted(stub.requiredScenarioState)}, is ${quoted(scenario?.state)}`]
    : [];
  const differences = [...differencesOf(stub.request, request), ...state].slice(0, mostDifferences);
  return { stub, differences: differences.length > 0 ? differences : ["it matches by itself: its turns are over, or another won"] };
}

function* differencesOf(pattern: RequestPattern, request: MockRequest): Generator<string> {
  if (!methodTest(pattern.method)(request)) yield `method: expected ${methodText(pattern)}, got ${request.method}`;
  if (pattern.scheme !== undefined && pattern.scheme !== request.scheme) yield `scheme: expected ${pattern.scheme}, got ${request.scheme}`;
  if (pattern.port !== undefined && pattern.port !== request.port) yield `port: expected ${pattern.port}, got ${request.port}`;
  if (pattern.host !== undefined) yield* one("host", pattern.host, request.host);
  const { url } = pattern;
  if (url.kind !== "any" && !compileUrl(url).matches(request)) {
    const whole = url.kind === "url" || url.kind === "urlPattern";
    yield `${whole ? "url" : "path"}: expected ${quoted(url.value)} (${url.kind}), got ${quoted(whole ? request.url : request.path)}`;
  }
  for (const [name, each] of Object.entries(pattern.headers ?? {})) yield* many(`header ${name}`, each, request.header(name));
  for (const [name, each] of Object.entries(pattern.queryParameters ?? {})) yield* many(`query ${name}`, each, request.query.get(name));
  for (const [name, each] of Object.entries(pattern.formParameters ?? {})) yield* many(`form ${name}`, each, request.form.get(name));
  for (const [name, each] of Object.entries(pattern.cookies ?? {})) yield* many(`cookie ${name}`, each, request.cookies.get(name));
  if (pattern.basicAuthCredentials !== undefined && request.header("authorization").length === 0)
    yield `header Authorization: expected the credentials of ${pattern.basicAuthCredentials.username}, got none`;
  for (const each of pattern.bodyPatterns ?? []) {
    const matcher = compileValue(each);
    if (!matcher.matches(request.body)) yield `body: expected ${cut(matcher.describe())}, got ${quoted(request.text) || "none"}`;
  }
}

function* one(what: string, pattern: ValuePattern, value: string | undefined): Generator<string> {
  const matcher = compileValue(pattern);
  if (!matcher.matches(value)) yield `${what}: expected ${cut(matcher.describe())}, got ${value === undefined ? "none" : quoted(value)}`;
}

function* many(what: string, pattern: MultiValuePattern, values: readonly string[] = []): Generator<string> {
  const matcher = compileMultiValue(pattern);
  if (matcher.matches(values)) return;
  yield `${what}: expected ${cut(matcher.describe())}, got ${values.length === 0 ? "none" : values.map(quoted).join(", ")}`;
}

function methodText({ method }: RequestPattern): string {
  if (method.kind === "any") return "any";
  if (method.kind === "one") return method.name;
  return `${method.kind === "oneOf" ? "" : "none of "}${method.names.join(", ")}`;
}

function quoted(text: string | undefined): string {
  return JSON.stringify(cut(text ?? ""));
}

function cut(text: string): string {
  return text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
}
