import { describe, expect, test } from "vitest";
import { dottedPath, type MappingFinding, toFileFindings, toWireMockErrors } from "./mapping-finding.ts";
import { parseStubMapping, parseStubMappings } from "./parse-stub-mapping.ts";
import { printStubMapping } from "./print-stub-mapping.ts";
import type { StubMapping } from "./stub-mapping.ts";

const id = "7d3ef49b-2e55-459c-95cd-b1c885ee82d8";
const other = "8d3ef49b-2e55-459c-95cd-b1c885ee82d8";

function read(value: unknown): StubMapping {
  const parsed = parseStubMapping(value, { newId: () => id });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.value;
}

/** `pointer code` of every finding of one severity. */
function found(value: unknown, severity: MappingFinding["severity"]) {
  const { findings } = parseStubMapping(value);
  return findings.filter((each) => each.severity === severity).map(({ path, code }) => `${dottedPath(path)} ${code}`);
}

describe("a stub", () => {
  test("may say nothing: it answers 200 to everything", () => {
    const nothing = { id, request: { url: { kind: "any" }, method: { kind: "any" } }, response: { status: 200 } };
    expect(read({})).toEqual(nothing);
    expect(read({ request: null, response: null, priority: null, metadata: null, postServeActions: null })).toEqual(nothing);
  });

  test("has an id of its own when it gives none", () => {
    const parsed = parseStubMapping({});
    expect(parsed.ok && parsed.value.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(read({ id: null }).id).toBe(id);
    expect(read({ id: "" }).id).toBe(id);
  });

  test("may give its id as id or uuid, the later one counts", () => {
    expect(read({ uuid: other }).id).toBe(other);
    expect(read({ id: other.toUpperCase() }).id).toBe(other);
    expect(read({ id, uuid: other }).id).toBe(other);
    expect(read({ uuid: id, id: other }).id).toBe(other);
  });

  test("is read in every spelling of scalars that WireMock reads", () => {
    expect(
      read({ name: 1, persistent: "TRUE", priority: "3", scenarioName: true, response: { status: " 201 ", body: 1.5 } }),
    ).toMatchObject({
      name: "1",
      persistent: true,
      priority: 3,
      scenarioName: "true",
      response: { status: 201, body: { kind: "body", text: "1.5" } },
    });
  });

  test("may have fields that mean nothing to anyone", () => {
    expect(found({ $schema: "x", insertionIndex: 5, dirty: true, response: { originalRequest: {}, proxyUrl: "x" } }, "error")).toEqual([]);
  });

  test("keeps name, priority, scenario, metadata and persistence", () => {
    const fields = {
      name: "n",
      persistent: false,
      priority: 1,
      scenarioName: "s",
      requiredScenarioState: "a",
      newScenarioState: "b",
      metadata: { a: [1, { b: null }] },
    };
    expect(read(fields)).toMatchObject(fields);
  });

  test("may name listeners in the old forms and the new one", () => {
    const webhook = { name: "webhook", parameters: { url: "http://x" } };
    expect(read({ postServeActions: { webhook: { url: "http://x" } } }).serveEventListeners).toEqual([
      { ...webhook, postServeAction: true },
    ]);
    expect(read({ postServeActions: [webhook] }).serveEventListeners).toEqual([{ ...webhook, postServeAction: true }]);
    const listeners = [{ name: "l", requestPhases: ["BEFORE_MATCH", "BEFORE_MATCH", "AFTER_COMPLETE"] }];
    expect(read({ serveEventListeners: listeners, postServeActions: [webhook] }).serveEventListeners).toEqual([
      { ...webhook, postServeAction: true },
      { name: "l", requestPhases: ["BEFORE_MATCH", "AFTER_COMPLETE"], parameters: {} },
    ]);
  });
});

describe("a sequence of responses", () => {
  test("gives the first as the response, too", () => {
    expect(read({ responses: [{ status: 201 }, {}], afterLast: "unmatched" })).toMatchObject({
      response: { status: 201 },
      responses: [{ status: 201 }, { status: 200 }],
      afterLast: "unmatched",
    });
  });

  test.each([
    [{ responses: [] }, "responses bad-value"],
    [{ responses: {} }, "responses wrong-type"],
    [{ responses: [{}], response: {} }, "responses bad-value"],
    [{ responses: [{}], afterLast: "again" }, "afterLast bad-value"],
    [{ afterLast: "last" }, "afterLast bad-value"],
    [{ responses: Array.from({ length: 1001 }, () => ({})) }, "responses bad-value"],
    [{ responses: [{ status: 1 }, { nonsense: 1 }] }, "responses[0].status bad-value"],
  ])("%j is refused", (stub, finding) => {
    expect(found(stub, "error")).toContain(finding);
  });
});

describe("what is refused, and where:", () => {
  test.each<[unknown, string[]]>([
    [null, [" wrong-type"]],
    [[], [" wrong-type"]],
    ["x", [" wrong-type"]],
    [{ foo: 1 }, ["foo unknown-field"]],
    [{ request: { foo: 1 }, response: { bar: 1 } }, ["request.foo unknown-field", "response.bar unknown-field"]],
    [{ request: [] }, ["request wrong-type"]],
    [{ response: "x" }, ["response wrong-type"]],
    [{ id: "abc" }, ["id bad-value"]],
    [{ id: 1 }, ["id bad-value"]],
    [{ name: {} }, ["name wrong-type"]],
    [{ persistent: "x" }, ["persistent wrong-type"]],
    [{ priority: "x" }, ["priority wrong-type"]],
    [{ priority: 1.5 }, ["priority wrong-type"]],
    [{ priority: 1e11 }, ["priority bad-value"]],
    [{ metadata: [] }, ["metadata wrong-type"]],
    [{ postServeActions: "x" }, ["postServeActions wrong-type"]],
    [{ postServeActions: [{ name: "w", requestPhases: [] }] }, ["postServeActions[0].requestPhases unknown-field"]],
    [{ serveEventListeners: {} }, ["serveEventListeners wrong-type"]],
    [{ serveEventListeners: [{}] }, ["serveEventListeners[0] bad-value"]],
    [{ serveEventListeners: [{ name: "w", requestPhases: ["SOON"] }] }, ["serveEventListeners[0].requestPhases[0] bad-value"]],
    [{ response: { status: 99 } }, ["response.status bad-value"]],
    [{ response: { status: 200.7 } }, ["response.status wrong-type"]],
    [{ response: { body: {} } }, ["response.body wrong-type"]],
    [{ response: { base64Body: "###" } }, ["response.base64Body bad-value"]],
    [{ response: { headers: { A: 1 } } }, ["response.headers.A wrong-type"]],
    [{ response: { headers: { A: [] } } }, ["response.headers.A wrong-type"]],
    [{ response: { headers: { A: "x\r\nB: y" } } }, ["response.headers.A bad-value"]],
    [{ response: { headers: [] } }, ["response.headers wrong-type"]],
    [{ response: { fault: "EMPTY" } }, ["response.fault bad-value"]],
    [{ response: { fixedDelayMilliseconds: -1 } }, ["response.fixedDelayMilliseconds bad-value"]],
    [{ response: { delayDistribution: { median: 1 } } }, ["response.delayDistribution.type bad-value"]],
    [{ response: { delayDistribution: { type: "fixed", sigma: 1 } } }, ["response.delayDistribution.sigma unknown-field"]],
    [{ response: { delayDistribution: { type: "uniform", lower: 5, upper: 2 } } }, ["response.delayDistribution bad-value"]],
    [{ response: { chunkedDribbleDelay: { numberOfChunks: 5 } } }, ["response.chunkedDribbleDelay bad-value"]],
    [
      { response: { chunkedDribbleDelay: { numberOfChunks: 0, totalDuration: 1 } } },
      ["response.chunkedDribbleDelay.numberOfChunks bad-value"],
    ],
    [{ response: { proxyBaseUrl: "nowhere" } }, ["response.proxyBaseUrl bad-value"]],
    [{ response: { transformers: "x" } }, ["response.transformers wrong-type"]],
    [{ response: { transformerParameters: [] } }, ["response.transformerParameters wrong-type"]],
  ])("%j", (value, findings) => {
    expect(found(value, "error")).toEqual(findings);
  });

  test("names the nearest field, the value seen and what to write", () => {
    const { findings } = parseStubMapping({ request: { urlPaht: "/a" }, response: { fault: "EMPTY" } });
    expect(findings.map(({ message, fix }) => `${message}; ${fix}`)).toEqual([
      "unknown field `urlPaht` of a request pattern; did you mean `urlPath`?",
      '`fault` must be one of CONNECTION_RESET_BY_PEER, EMPTY_RESPONSE, MALFORMED_RESPONSE_CHUNK, RANDOM_DATA_THEN_CLOSE, got "EMPTY"; write one of CONNECTION_RESET_BY_PEER, EMPTY_RESPONSE, MALFORMED_RESPONSE_CHUNK, RANDOM_DATA_THEN_CLOSE',
    ]);
  });

  test("JSON nested beyond all use", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 20_000; i++) deep = [deep];
    expect(found({ response: { jsonBody: deep }, metadata: { deep } }, "error")).toEqual([
      "response.jsonBody too-large",
      "metadata too-large",
    ]);
    let pattern: unknown = { equalTo: "x" };
    for (let i = 0; i < 5000; i++) pattern = { not: pattern };
    expect(found({ request: { headers: { A: pattern } } }, "error")).toHaveLength(1);
  });

  test("a bounded number of times", () => {
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`unknown ${i}`, 1]));
    expect(parseStubMapping(fields).findings.length).toBeLessThanOrEqual(200);
  });
});

describe("the response", () => {
  test.each([
    [
      { body: "a", jsonBody: {}, base64Body: "", bodyFileName: "f" },
      { kind: "body", text: "a" },
    ],
    [{ body: "" }, { kind: "body", text: "" }],
    [{ jsonBody: { a: [1, null] } }, { kind: "jsonBody", value: { a: [1, null] } }],
    [
      { jsonBody: null, base64Body: "aGk" },
      { kind: "base64Body", base64: "aGk=" },
    ],
    [{ bodyFileName: "x.json" }, { kind: "bodyFileName", name: "x.json" }],
    [{}, undefined],
  ])("%j has one body", (response, body) => {
    expect(read({ response }).response.body).toEqual(body);
  });

  test("that is given twice is warned of", () => {
    expect(found({ response: { body: "a", bodyFileName: "f" } }, "warning")).toEqual(["response.bodyFileName ignored-field"]);
  });

  test("puts header names together that differ in case only", () => {
    expect(read({ response: { headers: { A: "x", a: ["y"], B: ["1"], C: ["1", "2"] } } }).response.headers).toEqual({
      A: ["x", "y"],
      B: "1",
      C: ["1", "2"],
    });
  });

  test("has a status above 0, else 200", () => {
    expect([0, -5, null, ""].map((status) => read({ response: { status } }).response.status)).toEqual([200, 200, 200, 200]);
  });

  test("keeps delays, faults and what proxies need", () => {
    const response = {
      status: 201,
      statusMessage: "Fine",
      fixedDelayMilliseconds: 10,
      delayDistribution: { type: "lognormal" as const, median: 80, sigma: 0.4, maxValue: 100 },
      chunkedDribbleDelay: { numberOfChunks: 5, totalDuration: 1000 },
      fault: "EMPTY_RESPONSE" as const,
      proxyBaseUrl: "http://x/y",
      proxyUrlPrefixToRemove: "/z",
      additionalProxyRequestHeaders: { A: "1" },
      removeProxyRequestHeaders: ["b"],
      transformers: ["response-template"],
      transformerParameters: { a: 1 },
      fromConfiguredStub: false,
    };
    expect(read({ response: { ...response, proxyBaseUrl: " http://x/y " } }).response).toEqual(response);
    expect(read({ response: { transformers: [], transformerParameters: {}, fromConfiguredStub: true } }).response).toEqual({ status: 200 });
    expect(read({ response: { proxyBaseUrl: "{{request.url}}" } }).response.proxyBaseUrl).toBe("{{request.url}}");
  });
});

describe("a file of stubs", () => {
  test("holds one stub, or a list of them", () => {
    const one = parseStubMappings({ name: "a" });
    const many = parseStubMappings({ mappings: [{ name: "a" }, { name: "b" }], meta: { total: 2 } });
    expect([one, many].map((each) => each.ok && each.value.map(({ name }) => name))).toEqual([["a"], ["a", "b"]]);
  });

  test("is read to its end, whatever is wrong at its beginning", () => {
    const { ok, findings } = parseStubMappings({ mappings: [{ foo: 1 }, {}, { request: { url: {} } }, 7] });
    expect(ok).toBe(false);
    expect(findings.map(({ path }) => dottedPath(path))).toEqual(["mappings[0].foo", "mappings[2].request.url", "mappings[3]"]);
  });

  test("whose mappings are no list is refused", () => {
    expect(parseStubMappings({ mappings: {} }).ok).toBe(false);
  });
});

describe("findings", () => {
  const { findings } = parseStubMapping({ request: { headers: { A: { equalTo: 1 } }, url: "/a", urlPath: "/b" }, response: { foo: 1 } });

  test("become those of a file, with line and path", () => {
    const positionOf = (path: readonly (string | number)[]) => (path[0] === "request" ? { line: 3, column: 7 } : undefined);
    expect(toFileFindings(findings, "mappings/a.json", positionOf)).toMatchObject([
      { severity: "warning", place: { file: "mappings/a.json", line: 3, column: 7, path: "request.urlPath" } },
      { severity: "error", place: { file: "mappings/a.json", line: 3, path: "request.headers.A.equalTo" } },
      { severity: "error", code: "unknown-field", place: { file: "mappings/a.json", path: "response.foo" } },
    ]);
  });

  test("become WireMock's errors, which point where WireMock points", () => {
    expect(toWireMockErrors(findings)).toEqual({
      errors: [
        {
          code: 10,
          source: { pointer: "/request/headers/A" },
          title: "Error parsing JSON",
          detail: "equalTo operand must be a non-null string",
        },
        {
          code: 10,
          source: { pointer: "/response/foo" },
          title: "Error parsing JSON",
          detail: expect.stringContaining("unknown field `foo` of a response"),
        },
      ],
    });
  });

  test("about the address of a request point to the request", () => {
    const parsed = parseStubMapping({ request: { urlPattern: "/[" }, response: {} });
    expect(toWireMockErrors(parsed.findings).errors).toMatchObject([
      { source: { pointer: "/request" }, detail: expect.stringContaining("Unclosed character class near index 1") },
    ]);
  });
});

test("a listener is printed with parameters where it was given some, though they are empty", () => {
  const parsed = parseStubMapping({ serveEventListeners: [{ name: "a" }, { name: "b", parameters: {} }] });
  const printed = parsed.ok ? printStubMapping(parsed.value) : {};
  expect(printed.serveEventListeners).toEqual([{ name: "a" }, { name: "b", parameters: {} }]);
});

test("a format of dates that Java would refuse is refused in its words", () => {
  const parsed = parseStubMapping({ request: { bodyPatterns: [{ before: "2021-06-14", actualFormat: "no format" }] } });
  expect(toWireMockErrors(parsed.findings).errors).toMatchObject([
    { source: { pointer: "/request/bodyPatterns/0" }, detail: "Unknown pattern letter: o" },
  ]);
});
