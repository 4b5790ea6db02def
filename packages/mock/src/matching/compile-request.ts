import type { MethodPattern, MultipartPattern, MultiValuePattern, RequestPattern, ValuePattern } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { hostAsSent } from "../request/print-request.ts";
import { typesWithUsualCharset } from "../request/usual-charsets.ts";
import { compilePart } from "./compile-part.ts";
import { compileUrl, type UrlMatcher } from "./compile-url.ts";
import { lazy } from "./lazy.ts";
import type { Notice, RequestMatcher } from "./matcher.ts";
import { compileMultiValue, compileValue } from "./values/compile-value.ts";
import { textDistance } from "./values/text-distance.ts";

/**
 * How a request pattern becomes a matcher. A pattern is a list of conditions in WireMock's order, which is also one of rising
 * cost: where the request goes (scheme, host, port, client, URL, method), then path parameters, headers, query, form, cookies,
 * body, parts. A condition knows whether it holds and how far a request is from it.
 *
 * Compiling is lazy: injecting ten thousand stubs builds only closures, and a condition compiles its patterns when the
 * conditions before it first held for some request.
 *
 * The distance of a request is the mean of the conditions' distances. As in WireMock the conditions after the method count only
 * when all before them hold; the URL, host and port weigh 10, scheme, client and method 3, all others 1, asked for or not.
 */
export function compileRequest(pattern: RequestPattern): RequestMatcher {
  const url = compileUrl(pattern.url);
  const first = addressConditions(pattern, url);
  const second = contentConditions(pattern, url);
  const asked = [...first, ...second].filter(({ isAsked }) => isAsked);
  return {
    pattern,
    matches(request, notice) {
      for (const condition of asked) if (!condition.holds(request, notice)) return false;
      // Custom matchers are Java extensions: there is none here to agree.
      return pattern.customMatcher === undefined;
    },
    distance(request) {
      const near = weigh(first, request);
      if (!first.every((condition) => !condition.isAsked || condition.holds(request))) return near.sum / near.weight;
      const far = weigh(second, request);
      const everythingHolds = second.every((condition) => !condition.isAsked || condition.holds(request));
      if (pattern.customMatcher && everythingHolds) return 0.5;
      return (near.sum + far.sum) / (near.weight + far.weight);
    },
    pathParameters: (request) => url.template?.parse(request.path),
  };
}

interface Condition {
  readonly weight: number;
  /** False where the pattern says nothing: such a condition always holds, and still has its weight. */
  readonly isAsked: boolean;
  holds(request: MockRequest, notice?: Notice): boolean;
  distance(request: MockRequest): number;
}

function weigh(conditions: readonly Condition[], request: MockRequest): { readonly sum: number; readonly weight: number } {
  let sum = 0;
  let weight = 0;
  for (const condition of conditions) {
    weight += condition.weight;
    if (condition.isAsked) sum += condition.weight * condition.distance(request);
  }
  return { sum, weight };
}

function addressConditions(pattern: RequestPattern, url: UrlMatcher): readonly Condition[] {
  const { scheme, host, port, clientIp, method } = pattern;
  return [
    scheme === undefined ? notAsked(3) : yesOrNo(3, (request) => request.scheme === scheme),
    host === undefined ? notAsked(10) : oneValue(10, host, hostAsSent),
    port === undefined ? notAsked(10) : yesOrNo(10, (request) => request.port === port),
    clientIp === undefined ? notAsked(3) : oneValue(3, clientIp, (request) => request.clientIp),
    pattern.url.kind === "any"
      ? notAsked(10)
      : { weight: 10, isAsked: true, holds: (request) => url.matches(request), distance: (request) => url.distance(request) },
    method.kind === "any" ? notAsked(3) : yesOrNo(3, methodTest(method)),
  ];
}

export function methodTest(method: MethodPattern): (request: Pick<MockRequest, "method">) => boolean {
  switch (method.kind) {
    case "any":
      return () => true;
    case "one":
      return method.name === "GET_OR_HEAD"
        ? (request) => request.method === "GET" || request.method === "HEAD"
        : (request) => request.method === method.name;
    case "oneOf":
      return (request) => method.names.includes(request.method);
    case "noneOf":
      return (request) => !method.names.includes(request.method);
  }
}

function contentConditions(pattern: RequestPattern, url: UrlMatcher): readonly Condition[] {
  const { pathParameters, headers, queryParameters, formParameters, cookies, bodyPatterns, multipartPatterns } = pattern;
  const auth = pattern.basicAuthCredentials;
  return [
    all(pathParameters, (name, each) => oneValue(1, each, (request) => url.template?.parse(request.path)?.[name])),
    allOf([
      // With credentials, a pattern of the Authorization header gives way to them.
      ...Object.entries(headers ?? {})
        .filter(([name]) => !auth || name !== "Authorization")
        .map(([name, each]) => header(name, each)),
      ...(auth ? [basicAuth(auth)] : []),
    ]),
    all(queryParameters, (name, each) => manyValues(each, (request) => request.query.get(name) ?? none)),
    all(formParameters, (name, each) => manyValues(each, (request) => request.form.get(name) ?? none)),
    all(cookies, (name, each) => cookie(name, each)),
    allOf((bodyPatterns ?? []).map((each) => body(each))),
    multipartPatterns?.length ? allOf([isMultipart, ...multipartPatterns.map(multipart)]) : notAsked(1),
  ];
}

const none: readonly string[] = [];

function notAsked(weight: number): Condition {
  return { weight, isAsked: false, holds: () => true, distance: () => 0 };
}

function yesOrNo(weight: number, holds: (request: MockRequest) => boolean): Condition {
  return { weight, isAsked: true, holds, distance: (request) => (holds(request) ? 0 : 1) };
}

function oneValue(weight: number, pattern: ValuePattern, read: (request: MockRequest) => string | undefined): Condition {
  const matcher = lazy(() => compileValue(pattern));
  return {
    weight,
    isAsked: true,
    holds: (request, notice) => matcher().matches(read(request), notice),
    distance: (request) => matcher().distance(read(request)),
  };
}

function manyValues(pattern: MultiValuePattern, read: (request: MockRequest) => readonly string[]): Condition {
  const matcher = lazy(() => compileMultiValue(pattern));
  return {
    weight: 1,
    isAsked: true,
    holds: (request, notice) => matcher().matches(read(request), notice),
    distance: (request) => matcher().distance(read(request)),
  };
}

/** A Content-Type is asked for as it was sent or as WireMock would have read it. */
function header(name: string, pattern: MultiValuePattern): Condition {
  const sent = manyValues(pattern, (request) => request.header(name));
  if (name.toLowerCase() !== "content-type") return sent;
  const usual = manyValues(pattern, typesWithUsualCharset);
  return {
    ...sent,
    holds: (request, notice) => sent.holds(request, notice) || usual.holds(request),
    distance: (request) => Math.min(sent.distance(request), usual.distance(request)),
  };
}

/** A cookie that is not there fits only the pattern `absent`, and nothing that is built of it. */
function cookie(name: string, pattern: ValuePattern): Condition {
  const matcher = lazy(() => compileMultiValue(pattern));
  return {
    weight: 1,
    isAsked: true,
    holds(request, notice) {
      const values = request.cookies.get(name);
      return values === undefined ? pattern.kind === "absent" : matcher().matches(values, notice);
    },
    distance(request) {
      const values = request.cookies.get(name);
      return values === undefined ? (pattern.kind === "absent" ? 0 : 1) : matcher().distance(values);
    },
  };
}

/** `Basic` in any case, then exactly the credentials. */
function basicAuth({ username, password }: { readonly username: string; readonly password: string }): Condition {
  const credentials = Buffer.from(`${username}:${password}`, "utf8").toString("base64");
  const fits = (value: string) => value.slice(0, 6).toLowerCase() === "basic " && value.slice(6) === credentials;
  return {
    weight: 1,
    isAsked: true,
    holds: (request) => request.header("authorization").some(fits),
    distance: (request) => Math.min(1, ...request.header("authorization").map((value) => textDistance(`Basic ${credentials}`, value))),
  };
}

/** An empty body is an absent one to patterns of text. */
function body(pattern: ValuePattern): Condition {
  const matcher = lazy(() => compileValue(pattern));
  const read = (request: MockRequest) => (pattern.kind === "binaryEqualTo" ? request.body : request.text === "" ? undefined : request.text);
  return {
    weight: 1,
    isAsked: true,
    holds: (request, notice) => matcher().matches(read(request), notice),
    distance: (request) => matcher().distance(read(request)),
  };
}

/** Of a multipart pattern that is asked of something else: all of it fails. */
const isMultipart: Condition = { ...yesOrNo(0, (request) => request.parts.length > 0), distance: () => 0 };

function multipart(pattern: MultipartPattern): Condition {
  const matcher = compilePart(pattern);
  return {
    weight: 1,
    isAsked: true,
    holds: (request) => matcher.matches(request.parts),
    distance: (request) => (request.parts.length > 0 && matcher.matches(request.parts) ? 0 : 1),
  };
}

function all<Pattern>(
  patterns: Readonly<Record<string, Pattern>> | undefined,
  compile: (name: string, pattern: Pattern) => Condition,
): Condition {
  return allOf(Object.entries(patterns ?? {}).map(([name, pattern]) => compile(name, pattern)));
}

/** All of them, weighing 1 together; far away by their mean. */
function allOf(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return notAsked(1);
  const weight = conditions.reduce((sum, condition) => sum + condition.weight, 0);
  return {
    weight: 1,
    isAsked: true,
    holds(request, notice) {
      for (const condition of conditions) if (!condition.holds(request, notice)) return false;
      return true;
    },
    distance: (request) => conditions.reduce((sum, condition) => sum + condition.weight * condition.distance(request), 0) / weight,
  };
}
