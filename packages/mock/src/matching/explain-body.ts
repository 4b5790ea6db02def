import { JsonPathSyntaxError } from "../json/json-path-error.ts";
import { parseJson } from "../json/parse-json.ts";
import { printJson } from "../json/print-json.ts";
import type { ValuePattern } from "../mapping/stub-mapping.ts";
import { parseXml } from "../xml/parse-xml.ts";
import { formatXml } from "../xml/render-xml.ts";
import { compileXPath } from "../xml/xpath.ts";
import { XPathSyntaxError } from "../xml/xpath-syntax-error.ts";
import { type DiffLine, line } from "./diff-line.ts";
import { compileValue } from "./values/compile-value.ts";
import { textOfJsonPath } from "./values/matches-json-path.ts";

/** Of a body on the page: the rest is counted. */
const maxShownCharacters = 32 * 1024;

/** The line of a body pattern that does not match; nothing where it does. */
export function explainBody(pattern: ValuePattern, body: Buffer, text: string): readonly DiffLine[] {
  const matcher = compileValue(pattern);
  const value = pattern.kind === "binaryEqualTo" ? body : text === "" ? undefined : text;
  if (matcher.matches(value)) return [];
  if (pattern.kind === "binaryEqualTo") return [line("Body", shorten(matcher.describe()), shorten(body.toString("base64")), false)];
  if (pattern.kind !== "matchesJsonPath" && pattern.kind !== "matchesXPath") {
    return [line("Body", `[${pattern.kind}]\n${shorten(matcher.describe())}`, `\n${shorten(formatBody(pattern, text))}`, false)];
  }
  if (pattern.inner === undefined) return [line("Body", pattern.expression, shorten(text), false)];
  const inner = compileValue(pattern.inner);
  const expected = `${pattern.expression} [${pattern.inner.kind}] ${inner.describe()}`;
  return [line("Body", shorten(expected), shorten(resultOf(pattern, text) ?? text), false)];
}

function formatBody(pattern: ValuePattern, text: string): string {
  if (pattern.kind === "equalToJson") {
    const parsed = parseJson(text);
    return parsed.ok ? printJson(parsed.value) : text;
  }
  if (pattern.kind !== "equalToXml") return text;
  const parsed = parseXml(text);
  return parsed.ok ? formatXml(parsed.document, "pretty") : text;
}

/** What the expression finds, the first of several; undefined where it finds nothing. */
function resultOf(pattern: ValuePattern & { kind: "matchesJsonPath" | "matchesXPath" }, text: string): string | undefined {
  try {
    return pattern.kind === "matchesXPath" ? resultOfXPath(pattern, text) : textOfJsonPath(pattern, text);
  } catch (error) {
    if (error instanceof XPathSyntaxError || error instanceof JsonPathSyntaxError) return undefined;
    throw error;
  }
}

function resultOfXPath({ expression, xPathNamespaces = {} }: ValuePattern & { kind: "matchesXPath" }, text: string): string | undefined {
  const namespaces = Object.keys(xPathNamespaces).length > 0 ? xPathNamespaces : undefined;
  const parsed = parseXml(text, { namespaces: namespaces !== undefined });
  return parsed.ok ? compileXPath(expression).texts(parsed.document, namespaces)[0] : undefined;
}

function shorten(text: string): string {
  if (text.length <= maxShownCharacters) return text;
  return `${text.slice(0, maxShownCharacters)}… (${text.length - maxShownCharacters} more characters)`;
}
