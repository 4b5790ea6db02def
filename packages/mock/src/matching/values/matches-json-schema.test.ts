import { expect, test } from "vitest";
import type { SchemaVersion } from "../../mapping/stub-mapping.ts";
import { compileValue } from "./compile-value.ts";

function matcher(schema: unknown, schemaVersion?: SchemaVersion) {
  return compileValue({
    kind: "matchesJsonSchema",
    schema: JSON.stringify(schema),
    given: "json",
    ...(schemaVersion === undefined ? {} : { schemaVersion }),
  });
}

/** What WireMock 3.13.2 was seen to answer. */
const seen: readonly { schema: unknown; version: SchemaVersion; matches: readonly string[]; misses: readonly string[] }[] = [
  {
    schema: {
      type: "object",
      required: ["a"],
      properties: { a: { type: "integer", minimum: 2 }, e: { type: "string", format: "email" } },
      additionalProperties: false,
    },
    version: "V7",
    matches: ['{"a":3}', '{"a":3,"e":"a@b.co"}'],
    misses: ['{"a":1}', '{"a":3,"x":1}', '{"a":3,"e":"nope"}', "[]", "{", ""],
  },
  { schema: { type: "number", minimum: 5, exclusiveMinimum: true }, version: "V4", matches: ["6", "5.5"], misses: ["5", '"6"'] },
  { schema: { type: "number", exclusiveMinimum: 5 }, version: "V6", matches: ["6"], misses: ["5"] },
  { schema: { properties: { e: { format: "ipv4" } } }, version: "V201909", matches: ['{"e":"1.2.3"}'], misses: [] },
  {
    schema: { type: "string", minLength: 3, pattern: "^[a-c]+$" },
    version: "V202012",
    matches: ["abc", '"abc"'],
    misses: ["abd", "ab", "{}"],
  },
  {
    schema: { type: "array", prefixItems: [{ type: "string" }], items: { type: "number" }, uniqueItems: true },
    version: "V202012",
    matches: ['["a",1,2]'],
    misses: ['["a",1,1]', '[1,"a"]'],
  },
  {
    schema: {
      $ref: "#/$defs/n",
      $defs: { n: { type: "object", properties: { next: { $ref: "#/$defs/n" }, v: { type: "integer" } }, required: ["v"] } },
    },
    version: "V202012",
    matches: ['{"v":1,"next":{"v":2}}'],
    misses: ['{"v":1,"next":{"v":"x"}}'],
  },
  {
    schema: { $schema: "http://json-schema.org/draft-04/schema#", type: "number", minimum: 5, exclusiveMinimum: true },
    version: "V7",
    matches: ["6"],
    misses: ["5"],
  },
  { schema: { format: "uri-reference" }, version: "V7", matches: ['"a/b"', '"http://x"'], misses: ['"12:00"', '"::1"'] },
  { schema: { type: "string" }, version: "V202012", matches: ["5", "true", "plain"], misses: ["{}"] },
];

for (const { schema, version, matches, misses } of seen) {
  test(`${version} ${JSON.stringify(schema)}`, () => {
    for (const text of matches) expect([text, matcher(schema, version).matches(text)]).toEqual([text, true]);
    for (const text of misses) expect([text, matcher(schema, version).matches(text)]).toEqual([text, false]);
  });
}

test("a schema that cannot be used matches nothing, and each request is told why", () => {
  const told: unknown[] = [];
  for (const schema of [{ $ref: "#/nope" }, { $ref: "http://192.0.2.1/schema.json" }]) {
    expect(matcher(schema).matches("5", (type, data) => told.push(type, data))).toBe(false);
  }
  expect(told).toHaveLength(4);
  expect(told[0]).toBe("ERROR");
});

test("the distance is the share of properties that are wrong", () => {
  const schema = { properties: { a: { type: "integer" }, b: { type: "integer" } } };
  expect(matcher(schema).distance('{"a":1,"b":2}')).toBe(0);
  expect(matcher(schema).distance('{"a":"x","b":2}')).toBe(0.5);
  expect(matcher({ type: "integer" }).distance('"x"')).toBe(1);
});

test("a pattern that would backtrack without end ends", () => {
  const from = performance.now();
  expect(matcher({ pattern: "^(a+)+$" }).matches(`${"a".repeat(40)}b`)).toBe(false);
  expect(performance.now() - from).toBeLessThan(5_000);
});

test("what is absent matches no schema", () => {
  expect(matcher(true).matches(undefined)).toBe(false);
});
