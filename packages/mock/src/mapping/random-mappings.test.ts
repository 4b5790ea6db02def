import { describe, expect, test } from "vitest";
import { compileRequest } from "../matching/compile-request.ts";
import { exampleRequest } from "../request/example-request.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { createStubStore } from "../stubs/create-stub-store.ts";
import { parseRequestPattern } from "./parse-request-pattern.ts";
import { parseStubMapping, parseStubMappings } from "./parse-stub-mapping.ts";
import { parseValuePattern } from "./parse-value-pattern.ts";
import { printStubMapping } from "./print-stub-mapping.ts";

/** mulberry32: the same numbers for the same seed, so that a failure can be repeated. */
function randomOf(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

type Random = (limit: number) => number;

function oneOf<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[random(choices.length)];
  if (chosen === undefined) throw new Error("nothing to choose from");
  return chosen;
}

const names = [
  ...[
    "id",
    "uuid",
    "name",
    "request",
    "response",
    "responses",
    "afterLast",
    "persistent",
    "priority",
    "scenarioName",
    "metadata",
    "mappings",
  ],
  ...["requiredScenarioState", "newScenarioState", "postServeActions", "serveEventListeners", "insertionIndex", "$schema", "parameters"],
  ...[
    "url",
    "urlPattern",
    "urlPath",
    "urlPathPattern",
    "urlPathTemplate",
    "method",
    "host",
    "port",
    "scheme",
    "clientIp",
    "headers",
    "cookies",
  ],
  ...["pathParameters", "queryParameters", "formParameters", "basicAuth", "bodyPatterns", "multipartPatterns", "customMatcher", "username"],
  ...["status", "body", "jsonBody", "base64Body", "bodyFileName", "fault", "fixedDelayMilliseconds", "delayDistribution", "type", "median"],
  ...[
    "equalTo",
    "contains",
    "matches",
    "doesNotMatch",
    "equalToJson",
    "matchesJsonPath",
    "matchesJsonSchema",
    "equalToXml",
    "matchesXPath",
  ],
  ...["before", "after", "absent", "and", "or", "not", "hasExactly", "includes", "binaryEqualTo", "expression", "caseInsensitive", "oneOf"],
  ...["__proto__", "constructor", "toString", "", "a b", "é", "0"],
];
const texts = [
  "",
  "x",
  "/a",
  "/a/{b}",
  "GET",
  "(",
  "[a-z",
  "\\",
  "{",
  "<a",
  "<a/>",
  "$.a",
  "//a",
  "now",
  "now +1 days",
  "true",
  "12",
  "\0",
  "\ud800",
];

function anything(random: Random, depth: number): unknown {
  const kind = depth > 6 ? random(6) : random(12);
  if (kind < 3) return oneOf(random, texts);
  if (kind === 3) return oneOf(random, [0, -1, 1.5, 1e300, 200, 5]);
  if (kind === 4) return random(2) === 0;
  if (kind === 5) return null;
  if (kind < 8) return Array.from({ length: random(4) }, () => anything(random, depth + 1));
  // JSON.parse, not a literal: `__proto__` becomes a field of its own.
  return JSON.parse(
    `{${Array.from({ length: random(6) }, () => `${JSON.stringify(oneOf(random, names))}: ${JSON.stringify(anything(random, depth + 1))}`).join(",")}}`,
  );
}

describe("arbitrary JSON", () => {
  test.each([1, 2, 3, 4])("is read or refused with findings, and nothing else ever happens (seed %i)", (seed) => {
    const random = randomOf(seed);
    for (let i = 0; i < 3000; i++) {
      const json = anything(random, 0);
      for (const parse of [parseStubMapping, parseStubMappings, parseRequestPattern, parseValuePattern]) {
        const parsed = parse(json);
        const errors = parsed.findings.filter(({ severity }) => severity === "error");
        expect(errors.length > 0, JSON.stringify(json)).toBe(!parsed.ok);
      }
      exampleRequest(json);
    }
  });
});

/** A stub that is right, of all that stubs are made of. */
function stub(random: Random): { [name: string]: unknown } {
  return {
    ...maybe(random, "name", "n"),
    ...maybe(random, "priority", random(9)),
    ...maybe(random, "persistent", random(2) === 0),
    ...maybe(random, "scenarioName", "s"),
    ...maybe(random, "newScenarioState", "b"),
    ...maybe(random, "metadata", { a: anything(random, 5) }),
    request: {
      method: oneOf<unknown>(random, ["GET", "ANY", "post", { oneOf: ["GET"] }, "GET_OR_HEAD"]),
      ...oneOf<object>(random, [
        {},
        { url: "/a?x=1" },
        { urlPath: "/a" },
        { urlPattern: "/.*" },
        { urlPathPattern: "/a.*" },
        { urlPathTemplate: "/{b}" },
      ]),
      ...maybe(random, "headers", { A: multi(random), b: multi(random) }),
      ...maybe(random, "queryParameters", { x: multi(random) }),
      ...maybe(random, "formParameters", { f: multi(random) }),
      ...maybe(random, "cookies", { c: value(random, 0) }),
      ...maybe(random, "bodyPatterns", [value(random, 0), { binaryEqualTo: "aGk" }]),
      ...maybe(random, "multipartPatterns", [{ matchingType: "ALL", bodyPatterns: [value(random, 0)] }]),
      ...maybe(random, "basicAuth", { username: "u", password: "p" }),
      ...maybe(random, "host", value(random, 0)),
    },
    ...(random(4) === 0 ? { responses: [response(random), response(random)] } : { response: response(random) }),
  };
}

function maybe(random: Random, name: string, given: unknown): { [name: string]: unknown } {
  return random(3) === 0 ? { [name]: given } : {};
}

function response(random: Random): { [name: string]: unknown } {
  return {
    ...maybe(random, "status", 100 + random(900)),
    ...oneOf<object>(random, [{}, { body: "x" }, { jsonBody: [1, { a: null }] }, { base64Body: "aGk=" }, { bodyFileName: "f" }]),
    ...maybe(random, "headers", { A: ["1", "2"], b: "x" }),
    ...maybe(random, "transformerParameters", { a: anything(random, 5) }),
    ...maybe(random, "delayDistribution", { type: "lognormal", median: 1, sigma: 0.5 }),
  };
}

function multi(random: Random): unknown {
  return random(4) === 0 ? { [oneOf(random, ["hasExactly", "includes"])]: [value(random, 0)] } : value(random, 0);
}

function value(random: Random, depth: number): unknown {
  switch (random(depth > 2 ? 10 : 13)) {
    case 0:
      return { equalTo: oneOf(random, texts), ...maybe(random, "caseInsensitive", true) };
    case 1:
      return { contains: oneOf(random, texts) };
    case 2:
      return { doesNotMatch: "[a-z]+" };
    case 3:
      return { equalToJson: anything(random, 4), ...maybe(random, "ignoreArrayOrder", true) };
    case 4:
      return { before: oneOf(random, ["now", "now +3 days", "2020-01-01", "x"]), ...maybe(random, "truncateActual", "first day of month") };
    case 5:
      return { absent: true };
    case 6:
      return { matchesJsonSchema: { type: "object" }, ...maybe(random, "schemaVersion", "V7") };
    case 7:
      return { matchesXPath: "//a", ...maybe(random, "xPathNamespaces", { p: "urn:p" }) };
    case 8:
      return { equalToXml: "<a/>", ...maybe(random, "namespaceAwareness", "NONE"), ...maybe(random, "enablePlaceholders", true) };
    case 9:
      return { matchesJsonPath: "$.a" };
    case 10:
      return { not: value(random, depth + 1) };
    case 11:
      return { matchesXPath: { expression: "//a", ...(value(random, depth + 1) as object) } };
    default:
      return { [oneOf(random, ["and", "or"])]: [value(random, depth + 1), value(random, depth + 1)] };
  }
}

describe("a right stub", () => {
  test.each([1, 2, 3])("read from what was printed is the same (seed %i)", (seed) => {
    const random = randomOf(seed);
    for (let i = 0; i < 500; i++) {
      const json = stub(random);
      // A string of JSON that is none is rightly refused.
      const parsed = parseStubMapping(json);
      if (!parsed.ok) {
        expect(parsed.findings.map(({ message }) => message).join()).toMatch(/is no JSON/);
        continue;
      }
      const again = parseStubMapping(JSON.parse(JSON.stringify(printStubMapping(parsed.value))));
      expect(again.ok && again.value, JSON.stringify(json)).toEqual(parsed.value);
    }
  });
});

function bytes(random: Random, length: number): Buffer {
  return Buffer.from(
    Array.from({ length }, () => (random(3) === 0 ? random(256) : oneOf(random, [...Buffer.from('-X\r\n";=&%+ a1{}<>/')]))),
  );
}

describe("random requests", () => {
  test.each([1, 2, 3])("are matched by random stubs without harm (seed %i)", (seed) => {
    const random = randomOf(seed);
    const store = createStubStore();
    for (let i = 0; i < 200; i++) {
      const parsed = parseStubMapping(stub(random));
      if (parsed.ok) store.add(parsed.value);
    }
    for (let i = 0; i < 300; i++) {
      const type = oneOf(random, [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=X",
        "text/plain; charset=utf-16",
        "application/json",
        "",
      ]);
      const request = receiveRequest({
        method: oneOf(random, ["GET", "post", ""]),
        target: `${oneOf(random, ["/", "", "http://", "/a?", "*"])}${bytes(random, random(40)).toString("latin1")}`,
        rawHeaders: [
          "Host",
          bytes(random, 8).toString("latin1"),
          "Cookie",
          bytes(random, 40).toString("latin1"),
          "Content-Type",
          type,
          "odd",
        ],
        httpVersion: "1.1",
        scheme: "http",
        body: bytes(random, random(300)),
      });
      store.find(request);
      for (const { matcher } of store.prepared().slice(0, 20)) {
        const distance = matcher.distance(request);
        expect(distance >= 0 || Number.isNaN(distance)).toBe(true);
      }
      compileRequest({ url: { kind: "any" }, method: { kind: "any" } }).matches(request);
      JSON.stringify([request.query, request.cookies, request.form, request.parts, request.absoluteUrl, request.text, request.requestId]);
    }
  });
});
