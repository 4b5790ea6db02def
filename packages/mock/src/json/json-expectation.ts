import { checkRegex, compileRegex, type SafeRegex } from "../regex/safe-regex.ts";
import { isJsonNumber, type JsonValue, keysOf, valueAt } from "./json-value.ts";

/** What a JSON document has to be, JsonUnit's placeholders read. `value` is what was written: differences are weighed by it. */
export type Expectation =
  | { readonly kind: "object"; readonly value: JsonValue; readonly fields: ReadonlyMap<string, Expectation> }
  | { readonly kind: "array"; readonly value: JsonValue; readonly items: readonly Expectation[] }
  | { readonly kind: "scalar"; readonly value: JsonValue }
  /** `${json-unit.ignore}`: anything. `${json-unit.ignore-element}`: anything, or the field is not there. */
  | { readonly kind: "anything"; readonly value: JsonValue; readonly optional: boolean }
  | { readonly kind: "any"; readonly value: JsonValue; readonly type: "number" | "boolean" | "string" }
  /** `${json-unit.regex}`: text that matches as a whole. Without `regex` the pattern is not one. */
  | { readonly kind: "regex"; readonly value: JsonValue; readonly regex: SafeRegex | undefined; readonly problem: string | undefined }
  /** `${json-unit.matches:name}`: asks for a matcher of Java, of which there are none. */
  | { readonly kind: "matcher"; readonly value: JsonValue };

/** Reads the placeholders of an expected document. */
export function expectationOf(value: JsonValue): Expectation {
  if (Array.isArray(value)) return { kind: "array", value, items: value.map(expectationOf) };
  if (typeof value === "string") return textExpectation(value);
  if (typeof value !== "object" || value === null || isJsonNumber(value)) return { kind: "scalar", value };
  return { kind: "object", value, fields: new Map(keysOf(value).map((key) => [key, expectationOf(valueAt(value, key) ?? null)])) };
}

/** Whether there is no placeholder in it. */
export function isPlain(expectation: Expectation): boolean {
  if (expectation.kind === "array") return expectation.items.every(isPlain);
  if (expectation.kind === "object") return [...expectation.fields.values()].every(isPlain);
  return expectation.kind === "scalar";
}

function textExpectation(value: string): Expectation {
  if (!value.includes("{json-unit.")) return { kind: "scalar", value };
  if (/^[$#]\{json-unit\.ignore\}$/.test(value)) return { kind: "anything", value, optional: false };
  if (/^[$]\{json-unit\.ignore-element\}$/.test(value)) return { kind: "anything", value, optional: true };
  const any = /^[$#]\{json-unit\.any-(number|boolean|string)\}$/.exec(value)?.[1];
  if (any === "number" || any === "boolean" || any === "string") return { kind: "any", value, type: any };
  if (/^[$#]\{json-unit\.matches:.+?\}.*$/s.test(value)) return { kind: "matcher", value };
  const pattern = /^[$#]\{json-unit\.regex\}([^\n\r\u0085\u2028\u2029]*)$/.exec(value)?.[1];
  if (pattern === undefined) return { kind: "scalar", value };
  const problem = checkRegex(pattern);
  return { kind: "regex", value, regex: problem === undefined ? compileRegex(pattern) : undefined, problem };
}
