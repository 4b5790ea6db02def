import { describe, expect, test } from "vitest";
import { dottedPath } from "./mapping-finding.ts";
import { parseRequestPattern } from "./parse-request-pattern.ts";
import { parseValuePattern } from "./parse-value-pattern.ts";

function read(value: unknown) {
  const parsed = parseValuePattern(value);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.value;
}

function found(value: unknown) {
  return parseValuePattern(value).findings.map(({ severity, path, code }) => `${severity} ${dottedPath(path)} ${code}`);
}

describe("a pattern", () => {
  test.each([
    [{ equalTo: "x" }, { kind: "equalTo", value: "x" }],
    [
      { equalTo: "x", caseInsensitive: true },
      { kind: "equalTo", value: "x", caseInsensitive: true },
    ],
    [
      { equalTo: "x", caseInsensitive: "yes" },
      { kind: "equalTo", value: "x", caseInsensitive: false },
    ],
    [{ contains: "" }, { kind: "contains", value: "" }],
    [{ doesNotContain: "x" }, { kind: "doesNotContain", value: "x" }],
    [{ matches: "[a-z]+" }, { kind: "matches", value: "[a-z]+" }],
    [{ doesNotMatch: "\\d" }, { kind: "doesNotMatch", value: "\\d" }],
    [{ absent: true }, { kind: "absent" }],
    [{ absent: "(absent)" }, { kind: "absent" }],
    [{ anything: "x" }, { kind: "anything" }],
    [{ matchesPathTemplate: "/a/{b}" }, { kind: "matchesPathTemplate", value: "/a/{b}" }],
    [{ equalToJson: { a: [1] } }, { kind: "equalToJson", value: '{"a":[1]}', given: "json" }],
    [{ equalToJson: null }, { kind: "equalToJson", value: "null", given: "json" }],
    [
      { equalToJson: '{"a": 1}', ignoreArrayOrder: true, ignoreExtraElements: "true" },
      { kind: "equalToJson", value: '{"a": 1}', given: "string", ignoreArrayOrder: true, ignoreExtraElements: true },
    ],
    [{ matchesJsonSchema: "{}" }, { kind: "matchesJsonSchema", schema: "{}", given: "string", schemaVersion: "V202012" }],
    [
      { matchesJsonSchema: { type: "object", enum: [] }, schemaVersion: "V7" },
      { kind: "matchesJsonSchema", schema: '{\n  "type" : "object",\n  "enum" : [ ]\n}', given: "string", schemaVersion: "V7" },
    ],
    [{ before: "now +3 days" }, { kind: "before", value: "now +3 days" }],
    [{ after: "now" }, { kind: "after", value: "now +0 seconds" }],
    [
      { before: "now", expectedOffset: -3, expectedOffsetUnit: "DAYS" },
      { kind: "before", value: "now -3 days" },
    ],
    [
      { equalToDateTime: "2020-01-01", actualFormat: "unix", truncateActual: "FIRST_DAY_OF_MONTH", truncateExpected: "Last day of year" },
      {
        kind: "equalToDateTime",
        value: "2020-01-01",
        actualFormat: "unix",
        truncateExpected: "last day of year",
        truncateActual: "first day of month",
      },
    ],
    [
      { before: "garbage", applyTruncationLast: true },
      { kind: "before", value: "garbage", applyTruncationLast: true },
    ],
    [
      { before: "2020", applyTruncationLast: false },
      { kind: "before", value: "2020" },
    ],
    [{ not: { equalTo: "x" } }, { kind: "not", pattern: { kind: "equalTo", value: "x" } }],
    [
      { or: [{ contains: "a" }, { and: [{ absent: true }, { contains: "b" }] }] },
      {
        kind: "or",
        patterns: [
          { kind: "contains", value: "a" },
          { kind: "and", patterns: [{ kind: "absent" }, { kind: "contains", value: "b" }] },
        ],
      },
    ],
    [{ matchesJsonPath: "$.a" }, { kind: "matchesJsonPath", expression: "$.a" }],
    [
      { matchesJsonPath: { expression: "$.a", equalTo: "x", caseInsensitive: true } },
      { kind: "matchesJsonPath", expression: "$.a", inner: { kind: "equalTo", value: "x", caseInsensitive: true } },
    ],
    [
      { matchesXPath: "//a", xPathNamespaces: {} },
      { kind: "matchesXPath", expression: "//a" },
    ],
    [
      { matchesXPath: { expression: "//p:a/text()", contains: "x" }, xPathNamespaces: { p: "urn:p" } },
      { kind: "matchesXPath", expression: "//p:a/text()", inner: { kind: "contains", value: "x" }, xPathNamespaces: { p: "urn:p" } },
    ],
    [{ equalToXml: "<a/>" }, { kind: "equalToXml", value: "<a/>" }],
    [
      {
        equalToXml: "<a/>",
        enablePlaceholders: true,
        placeholderOpeningDelimiterRegex: "\\[",
        placeholderClosingDelimiterRegex: "]",
        exemptedComparisons: ["NAMESPACE_URI"],
        ignoreOrderOfSameNode: false,
        namespaceAwareness: "NONE",
      },
      {
        kind: "equalToXml",
        value: "<a/>",
        enablePlaceholders: true,
        placeholderOpeningDelimiterRegex: "\\[",
        placeholderClosingDelimiterRegex: "]",
        exemptedComparisons: ["NAMESPACE_URI"],
        ignoreOrderOfSameNode: false,
        namespaceAwareness: "NONE",
      },
    ],
  ])("%j is read", (json, pattern) => {
    expect(read(json)).toEqual(pattern);
    expect(found(json)).toEqual([]);
  });
});

describe("what is refused:", () => {
  test.each<[unknown, string[]]>([
    ["x", ["error  bad-pattern"]],
    [null, ["error  bad-pattern"]],
    [[], ["error  bad-pattern"]],
    [{}, ["error  bad-pattern"]],
    [{ equals: "x" }, ["error  bad-pattern"]],
    [{ equalTo: 1 }, ["error equalTo wrong-type"]],
    [{ equalTo: null }, ["error equalTo wrong-type"]],
    [{ contains: true }, ["error contains wrong-type"]],
    [{ anything: true }, ["error anything wrong-type"]],
    [{ equalTo: "x", zzz: 1 }, ["error zzz unknown-field"]],
    [{ matches: "(" }, ["error matches bad-value"]],
    [{ doesNotMatch: "[" }, ["error doesNotMatch bad-value"]],
    [{ equalToJson: "{" }, ["error equalToJson bad-value"]],
    [{ equalToJson: "" }, ["error equalToJson bad-value"]],
    [{ matchesJsonPath: "$[" }, ["error matchesJsonPath bad-value"]],
    [{ matchesJsonPath: "" }, ["error matchesJsonPath bad-pattern"]],
    [{ matchesJsonPath: 1 }, ["error matchesJsonPath bad-pattern"]],
    [{ matchesJsonPath: { contains: "x" } }, ["error matchesJsonPath bad-pattern"]],
    [{ matchesJsonPath: { expression: "$.a" } }, ["error matchesJsonPath bad-pattern"]],
    [{ matchesJsonPath: { expression: "$.a", foo: 1, contains: "x" } }, ["error matchesJsonPath.foo unknown-field"]],
    [{ matchesXPath: {} }, ["error matchesXPath bad-pattern"]],
    [{ matchesXPath: "//a", namespaces: {} }, ["error namespaces unknown-field"]],
    [{ matchesXPath: "//a", xPathNamespaces: { a: 1 } }, ["error xPathNamespaces.a wrong-type"]],
    [{ equalToXml: "<a" }, ["error equalToXml bad-value"]],
    [{ equalToXml: {} }, ["error equalToXml wrong-type"]],
    [{ equalToXml: "<a/>", exemptedComparisons: ["FOO"] }, ["error exemptedComparisons[0] bad-value"]],
    [{ equalToXml: "<a/>", namespaceAwareness: "FOO" }, ["error namespaceAwareness bad-value"]],
    [{ equalToXml: "<a/>", placeholderOpeningDelimiterRegex: "[" }, ["error placeholderOpeningDelimiterRegex bad-value"]],
    [{ matchesJsonSchema: "{" }, ["error matchesJsonSchema bad-value"]],
    [{ matchesJsonSchema: {}, schemaVersion: "V8" }, ["error schemaVersion bad-value"]],
    [{ before: 3 }, ["error before wrong-type"]],
    [{ before: "now +3 weeks" }, ["error before bad-value"]],
    [{ before: "now", expectedOffset: 1, expectedOffsetUnit: "weeks" }, ["error expectedOffsetUnit bad-value"]],
    [{ after: "2020", truncateExpected: "soon" }, ["error truncateExpected bad-value"]],
    [{ and: [] }, ["error and bad-value"]],
    [{ or: [{ contains: "x" }] }, ["error or bad-value"]],
    [{ or: [{ contains: "x" }, { matches: "(" }] }, ["error or[1].matches bad-value"]],
    [{ and: {} }, ["error and wrong-type"]],
    [{ not: null }, ["error not bad-pattern"]],
    [{ binaryEqualTo: "aGk=" }, ["error  bad-pattern"]],
    [{ hasExactly: [] }, ["error  bad-pattern"]],
  ])("%j", (json, findings) => {
    expect(found(json)).toEqual(findings);
    expect(parseValuePattern(json).ok).toBe(false);
  });

  test("with the way out", () => {
    const fixes = (json: unknown) => parseValuePattern(json).findings.map(({ fix }) => fix);
    expect(fixes("x")).toEqual(['write {"equalTo": "x"}']);
    expect(fixes({ equalsTo: "x" })).toEqual(["did you mean `equalTo`?"]);
    expect(fixes({ equalTo: "x", caseInsensitiv: true })).toEqual(["did you mean `caseInsensitive`?"]);
  });
});

describe("what is taken, but hardly meant, is warned of:", () => {
  test.each([
    [{ equalTo: "x", contains: "y" }, ["warning contains ignored-field"], "equalTo"],
    [{ contains: "y", equalTo: "x" }, ["warning equalTo ignored-field"], "contains"],
    [{ contains: "x", caseInsensitive: true }, ["warning caseInsensitive ignored-field"], "contains"],
    [{ absent: false }, ["warning absent ignored-field"], "absent"],
    [{ before: "2020", expectedOffset: 3, expectedOffsetUnit: "days" }, ["warning before ignored-field"], "before"],
  ])("%j", (json, findings, kind) => {
    expect(found(json)).toEqual(findings);
    expect(read(json).kind).toBe(kind);
  });
});

describe("patterns of several values", () => {
  function headers(A: unknown) {
    const parsed = parseRequestPattern({ headers: { A } });
    return parsed.ok ? parsed.value.headers?.A : parsed.findings.map(({ path, code }) => `${dottedPath(path)} ${code}`);
  }

  test.each([
    [
      { hasExactly: [{ equalTo: "1" }, { contains: "2" }] },
      {
        kind: "hasExactly",
        patterns: [
          { kind: "equalTo", value: "1" },
          { kind: "contains", value: "2" },
        ],
      },
    ],
    [{ includes: [] }, { kind: "includes", patterns: [] }],
    [{ equalTo: "1" }, { kind: "equalTo", value: "1" }],
    [{ hasExactly: {} }, ["headers.A.hasExactly wrong-type"]],
    [{ includes: null }, ["headers.A.includes wrong-type"]],
    [{ includes: [{}] }, ["headers.A.includes[0] bad-pattern"]],
    [{ hasExactly: [], x: 1 }, ["headers.A.x unknown-field"]],
    [null, ["headers.A bad-pattern"]],
  ])("%j", (json, expected) => {
    expect(headers(json)).toEqual(expected);
  });
});
