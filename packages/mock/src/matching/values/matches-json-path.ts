import { plainNumberText } from "../../json/decimal.ts";
import { javaText } from "../../json/java-text.ts";
import { javaNumberText } from "../../json/json-number-text.ts";
import { compileJsonPath, type JsonPath, type JsonPathResult } from "../../json/json-path.ts";
import { isJsonNumber, isJsonObject, type JsonNumber, type JsonValue, keysOf } from "../../json/json-value.ts";
import { parseSmartJson } from "../../json/parse-smart-json.ts";
import { printJson } from "../../json/print-json.ts";
import type { ValueMatcher } from "../matcher.ts";
import { leastDistance, matchesAny } from "./matched-parts.ts";
import { matchedText } from "./matched-text.ts";
import { LastParsed } from "./parsed-text.ts";
import type { PatternOf } from "./pattern-of.ts";

type Pattern = PatternOf<"matchesJsonPath">;

/** Keeps nothing of a request beyond its turn, so all mock servers of a process may share it. */
const lastJson = new LastParsed(parseSmartJson);

/**
 * Without an inner pattern: whether the path finds anything but null, an empty list or an empty object. With one: whether what it
 * finds matches, each member of a list by itself; `absent` matches when it finds nothing.
 */
export function compileMatchesJsonPath(pattern: Pattern, inner: ValueMatcher | undefined): ValueMatcher {
  const path = compileJsonPath(pattern.expression);
  const describe = () => pattern.expression;
  if (!inner) {
    const matches: ValueMatcher["matches"] = (value, notice) => {
      const text = matchedText(value);
      const result = evaluate(path, text);
      if (result.kind === "found") return !isNothing(result.value);
      notice?.("WARNING", { message: `Warning: JSON path expression failed to match document '${text}' because ${reasonOf(path, text)}` });
      return false;
    };
    return { pattern, matches, distance: (value) => (matches(value) ? 0 : 1), describe };
  }
  const partsOf = (text: string | undefined) => expressionParts(path, text, pattern.inner?.kind);
  return {
    pattern,
    matches(value, notice) {
      const text = matchedText(value);
      const found = partsOf(text);
      if (found.kind === "parts") return matchesAny(inner, found.parts, notice);
      const failed = `Warning: JSON path expression '${pattern.expression}' failed to match document '${text}'`;
      notice?.("WARNING", { message: `${failed} because ${found.message ?? reasonOf(path, text)}` });
      return false;
    },
    distance(value) {
      const found = partsOf(matchedText(value));
      return found.kind === "parts" ? leastDistance(inner, found.parts) : 1;
    },
    describe,
  };
}

/** The first text that a path finds, undefined for none: what the page of a miss shows. */
export function textOfJsonPath({ expression, inner }: Pattern, text: string): string | undefined {
  const found = expressionParts(compileJsonPath(expression), text, inner?.kind);
  return found.kind === "parts" ? found.parts[0] : undefined;
}

function evaluate(path: JsonPath, text: string | undefined): JsonPathResult {
  if (text === undefined) return { kind: "found", value: null };
  if (isProbablyXml(text)) return { kind: "failed", message: "the text is probably XML" };
  if (text === "") return { kind: "failed", message: "the text is empty" };
  const parsed = lastJson.of(text);
  if (!parsed.ok) return { kind: "failed", message: `the text is no JSON: ${parsed.message}` };
  if (parsed.value === null) return { kind: "failed", message: "the document is null" };
  return path.evaluate(parsed.value);
}

/** Why nothing was found, as WireMock says it. */
function reasonOf(path: JsonPath, text = ""): string {
  if (isProbablyXml(text)) return "it's not JSON but probably XML";
  if (text === "") return "of error 'json string can not be null or empty'";
  const parsed = lastJson.of(text);
  if (!parsed.ok) return `of error 'wiremock.net.minidev.json.parser.ParseException: ${parsed.message}'`;
  return `of error '${parsed.value === null ? "json can not be null" : path.explain(parsed.value)}'`;
}

function isProbablyXml(text: string): boolean {
  return /^[\0- ]*</.test(text);
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && keysOf(value).length === 0;
}

type Parts =
  | { readonly kind: "parts"; readonly parts: readonly (string | undefined)[] }
  | { readonly kind: "failed"; readonly message?: string };

function expressionParts(path: JsonPath, text: string | undefined, innerKind: string | undefined): Parts {
  const result = evaluate(path, text);
  if (result.kind === "failed") return { kind: "failed" };
  const texts = result.kind === "found" ? textsOf(result.value, innerKind) : [];
  if (texts.includes(undefined)) return { kind: "failed", message: "a member of the list is null" };
  return { kind: "parts", parts: texts.length === 0 && innerKind === "absent" ? [undefined] : texts };
}

/** An object is one JSON text, a list one for equalToJson and each of its members otherwise. */
function textsOf(value: unknown, innerKind: string | undefined): (string | undefined)[] {
  if (Array.isArray(value) && innerKind !== "equalToJson") return value.map((member) => (member === null ? undefined : javaText(member)));
  // What a path finds in JSON is JSON; the set of `keys()` is neither list nor object to WireMock, and so nothing.
  if (Array.isArray(value) || isDocument(value)) return [printJson(value as JsonValue, { numberText, skipNullFields: true })];
  const isScalar = isJsonNumber(value) || typeof value === "string" || typeof value === "boolean";
  return isScalar ? [javaText(value)] : [];
}

function isDocument(value: unknown): boolean {
  return isJsonObject(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** As Jackson writes Java's numbers: doubles with their exponent, longer ones in full. */
function numberText(number: number | JsonNumber): string {
  const text = String(number);
  return text.length > 18 ? plainNumberText(text) : javaNumberText(number);
}
