import { parseXml, type XmlParse } from "../../xml/parse-xml.ts";
import { compileXPath, type XPath, type XPathResult, xpathTexts } from "../../xml/xpath.ts";
import { XPathSyntaxError } from "../../xml/xpath-syntax-error.ts";
import type { ValueMatcher } from "../matcher.ts";
import { matchesBest } from "./best-value.ts";
import { leastDistance } from "./matched-parts.ts";
import { matchedText } from "./matched-text.ts";
import { LastParsed } from "./parsed-text.ts";
import type { PatternOf } from "./pattern-of.ts";

/** Keep nothing of a request beyond its turn, so all mock servers of a process may share them. */
const lastPlain = new LastParsed((text): XmlParse => parseXml(text));
const lastAware = new LastParsed((text): XmlParse => parseXml(text, { namespaces: true }));

/**
 * Without an inner pattern: whether the expression finds anything; a value, even `false`, is something. With one: whether the nearest
 * of the texts it finds matches. Prefixes are resolved only when `xPathNamespaces` says what they mean, as in WireMock.
 */
export function compileMatchesXPath(pattern: PatternOf<"matchesXPath">, inner: ValueMatcher | undefined): ValueMatcher {
  const path = compiled(pattern.expression);
  const given = pattern.xPathNamespaces;
  const namespaces = given && Object.keys(given).length > 0 ? given : undefined;
  const evaluate = (text: string | undefined): XPathResult => evaluateText(path, text, namespaces);
  const describe = () => pattern.expression;
  const matches: ValueMatcher["matches"] = (value, notice) => {
    const result = evaluate(matchedText(value));
    if (result.kind === "failed") {
      notice?.("WARNING", { message: `The XPath ${pattern.expression} found nothing: ${result.message}` });
      return false;
    }
    if (!inner) return result.kind !== "nodes" || result.nodes.length > 0;
    return matchesBest(inner, xpathTexts(result), notice);
  };
  if (!inner) return { pattern, matches, distance: (value) => (matches(value) ? 0 : 1), describe };
  return { pattern, matches, distance: (value) => leastDistance(inner, xpathTexts(evaluate(matchedText(value)))), describe };
}

/** An expression WireMock takes and cannot evaluate finds nothing; it is refused when evaluated, not when injected. */
function compiled(expression: string): XPath | string {
  try {
    return compileXPath(expression);
  } catch (error) {
    if (error instanceof XPathSyntaxError) return error.message;
    throw error;
  }
}

function evaluateText(
  path: XPath | string,
  text: string | undefined,
  namespaces: Readonly<Record<string, string>> | undefined,
): XPathResult {
  if (text === undefined || !/^[\0- ]*</.test(text)) return { kind: "failed", message: "the value is no XML document" };
  if (typeof path === "string") return { kind: "failed", message: path };
  const parsed = (namespaces ? lastAware : lastPlain).of(text);
  return parsed.ok ? path.evaluate(parsed.document, namespaces) : { kind: "failed", message: parsed.message };
}
