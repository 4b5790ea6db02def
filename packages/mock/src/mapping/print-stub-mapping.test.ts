import { describe, expect, test } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { parseStubMapping } from "./parse-stub-mapping.ts";
import { prettyJson } from "./pretty-json.ts";
import { printStubMapping } from "./print-stub-mapping.ts";

const id = "7d3ef49b-2e55-459c-95cd-b1c885ee82d8";

function print(json: unknown): unknown {
  const parsed = parseStubMapping(json, { newId: () => id });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  const printed = printStubMapping(parsed.value);
  expect(parseStubMapping(JSON.parse(JSON.stringify(printed)))).toMatchObject({ ok: true, value: parsed.value });
  return printed;
}

test("a stub is printed with WireMock's fields in WireMock's order", () => {
  const stub = {
    newScenarioState: "b",
    metadata: { team: "x" },
    serveEventListeners: [{ name: "webhook", requestPhases: ["AFTER_COMPLETE"], parameters: { url: "http://x" } }],
    postServeActions: { webhook: { url: "http://y" } },
    scenarioName: "s",
    requiredScenarioState: "a",
    persistent: true,
    priority: 1,
    name: "n",
    response: {
      transformerParameters: { a: 1 },
      transformers: ["response-template"],
      fault: "EMPTY_RESPONSE",
      proxyUrlPrefixToRemove: "/p",
      proxyBaseUrl: "http://z",
      chunkedDribbleDelay: { totalDuration: 1000, numberOfChunks: 5 },
      delayDistribution: { upper: 2, lower: 1, type: "uniform" },
      fixedDelayMilliseconds: 10,
      removeProxyRequestHeaders: ["b"],
      additionalProxyRequestHeaders: { B: "2" },
      headers: { A: ["x"], C: ["1", "2"] },
      body: "text",
      statusMessage: "Fine",
    },
    request: {
      basicAuth: { username: "u", password: "p" },
      multipartPatterns: [
        { bodyPatterns: [{ contains: "x" }], headers: { A: { contains: "x" } }, matchingType: "ALL", fileName: "f", name: "m" },
      ],
      customMatcher: { parameters: { a: 1 }, name: "c" },
      bodyPatterns: [{ equalToJson: { a: 1 } }],
      cookies: { c: { absent: true } },
      formParameters: { f: { equalTo: "x" } },
      queryParameters: { q: { hasExactly: [{ equalTo: "1" }] } },
      headers: { H: { equalTo: "x" } },
      pathParameters: { a: { equalTo: "1" } },
      method: "POST",
      urlPathTemplate: "/{a}",
      clientIp: { equalTo: "10.0.0.1" },
      port: 8080,
      host: { equalTo: "x" },
      scheme: "http",
    },
  };
  expect(JSON.stringify(print(stub), null, 1)).toBe(
    JSON.stringify(
      {
        id,
        name: "n",
        request: {
          scheme: "http",
          host: { equalTo: "x" },
          port: 8080,
          clientIp: { equalTo: "10.0.0.1" },
          urlPathTemplate: "/{a}",
          method: "POST",
          headers: { H: { equalTo: "x" } },
          pathParameters: { a: { equalTo: "1" } },
          queryParameters: { q: { hasExactly: [{ equalTo: "1" }] } },
          formParameters: { f: { equalTo: "x" } },
          cookies: { c: { absent: true } },
          bodyPatterns: [{ equalToJson: { a: 1 } }],
          customMatcher: { name: "c", parameters: { a: 1 } },
          multipartPatterns: [
            { name: "m", fileName: "f", matchingType: "ALL", headers: { A: { contains: "x" } }, bodyPatterns: [{ contains: "x" }] },
          ],
          basicAuthCredentials: { username: "u", password: "p" },
        },
        response: {
          status: 200,
          statusMessage: "Fine",
          body: "text",
          headers: { A: "x", C: ["1", "2"] },
          additionalProxyRequestHeaders: { B: "2" },
          removeProxyRequestHeaders: ["b"],
          fixedDelayMilliseconds: 10,
          delayDistribution: { type: "uniform", lower: 1, upper: 2 },
          chunkedDribbleDelay: { numberOfChunks: 5, totalDuration: 1000 },
          proxyBaseUrl: "http://z",
          proxyUrlPrefixToRemove: "/p",
          fault: "EMPTY_RESPONSE",
          transformers: ["response-template"],
          transformerParameters: { a: 1 },
        },
        uuid: id,
        persistent: true,
        priority: 1,
        scenarioName: "s",
        requiredScenarioState: "a",
        newScenarioState: "b",
        metadata: { team: "x" },
        postServeActions: [{ name: "webhook", parameters: { url: "http://y" } }],
        serveEventListeners: [{ name: "webhook", requestPhases: ["AFTER_COMPLETE"], parameters: { url: "http://x" } }],
      },
      null,
      1,
    ),
  );
});

test("an empty stub is printed with what WireMock always answers", () => {
  expect(print({})).toEqual({ id, request: { method: "ANY" }, response: { status: 200 }, uuid: id });
});

test("a sequence is printed instead of its first response", () => {
  expect(print({ responses: [{ status: 201 }, { body: "x" }], afterLast: "first" })).toEqual({
    id,
    request: { method: "ANY" },
    responses: [{ status: 201 }, { status: 200, body: "x" }],
    afterLast: "first",
    uuid: id,
  });
});

describe("patterns are printed as they were given:", () => {
  test.each([
    [{ equalTo: "x", caseInsensitive: true }],
    [{ equalToJson: '{"a": 1}', ignoreArrayOrder: true, ignoreExtraElements: false }],
    [{ equalToJson: { a: [1, null] } }],
    [{ matchesJsonSchema: "{}", schemaVersion: "V7" }],
    [{ before: "now +3 days", actualFormat: "unix", truncateActual: "first day of month", applyTruncationLast: true }],
    [{ matchesXPath: "//a", xPathNamespaces: { p: "urn:p" } }],
    [{ matchesXPath: { expression: "//a", equalTo: "x" } }],
    [{ or: [{ contains: "a" }, { not: { matches: "b" } }] }],
    [{ matchesPathTemplate: "/a/{b}" }],
    [{ anything: "anything" }],
    [{ doesNotContain: "x" }],
    [{ binaryEqualTo: "aGk=" }],
  ])("%j", (pattern) => {
    expect(print({ request: { bodyPatterns: [pattern] } })).toMatchObject({ request: { bodyPatterns: [pattern] } });
  });

  test("save for what WireMock spells its own way", () => {
    const bodyPatterns = [{ absent: false }, { after: "now" }, { matchesJsonSchema: { type: "object" } }, { equalTo: "a", contains: "b" }];
    expect(print({ request: { method: "get", bodyPatterns } })).toMatchObject({
      request: {
        method: "GET",
        bodyPatterns: [
          { absent: true },
          { after: "now +0 seconds" },
          { matchesJsonSchema: '{\n  "type" : "object"\n}', schemaVersion: "V202012" },
          { equalTo: "a" },
        ],
      },
    });
  });
});

test("pretty JSON is that of WireMock", () => {
  expect(prettyJson({ a: 1, b: [], c: {}, d: [1, { e: "x" }, [2]], f: null, g: "\n" })).toBe(
    '{\n  "a" : 1,\n  "b" : [ ],\n  "c" : { },\n  "d" : [ 1, {\n    "e" : "x"\n  }, [ 2 ] ],\n  "f" : null,\n  "g" : "\\n"\n}',
  );
});

test("numbers keep their digits and keys their order, which JavaScript alone would lose", () => {
  const text =
    '{"response":{"jsonBody":{"9":1.50,"10":12345678901234567890}},"request":{"bodyPatterns":[{"equalToJson":{"b":1.0,"2":1e2,"1":0}}]}}';
  const read = parseJson(text);
  const parsed = read.ok ? parseStubMapping(read.value, { newId: () => id }) : undefined;
  if (!parsed?.ok) throw new Error("refused");
  const printed = prettyJson(printStubMapping(parsed.value));
  expect(printed).toContain('"jsonBody" : {\n      "9" : 1.50,\n      "10" : 12345678901234567890\n    }');
  expect(printed).toContain('"equalToJson" : {\n        "b" : 1.0,\n        "2" : 100,\n        "1" : 0\n      }');
});
