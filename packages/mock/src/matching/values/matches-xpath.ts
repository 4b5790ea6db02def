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
  const { expression } = pattern;
  const path = compiled(expression);
  const given = pattern.xPathNamespaces;
  const namespaces = given && Object.keys(given).length > 0 ? given : undefined;
  const evaluate = (text: string | undefined): XPathResult => evaluateText(path ?? expression, text, namespaces);
  const describe = () => expression;
  const matches: ValueMatcher["matches"] = (value, notice) => {
    const result = evaluate(matchedText(value));
    if (result.kind === "failed") {
      notice?.("WARNING", { message: result.message });
      return false;
    }
    if (!inner) return result.kind !== "nodes" || result.nodes.length > 0;
    return matchesBest(inner, xpathTexts(result), notice);
  };
  if (!inner) return { pattern, matches, distance: (value) => (matches(value) ? 0 : 1), describe };
  return { pattern, matches, distance: (value) => leastDistance(inner, xpathTexts(evaluate(matchedText(value)))), describe };
}

/** An expression WireMock takes and cannot evaluate finds nothing; it is refused when evaluated, not when injected. */
function compiled(expression: string): XPath | undefined {
  try {
    return compileXPath(expression);
  } catch (error) {
    if (error instanceof XPathSyntaxError) return undefined;
    throw error;
  }
}

/** An expression that could not be compiled comes as it was written. */
function evaluateText(
  path: XPath | string,
  text: string | undefined,
  namespaces: Readonly<Record<string, string>> | undefined,
): XPathResult {
  if (text === undefined || !/^[\0- ]*</.test(text)) {
    return { kind: "failed", message: `Warning: failed to parse the XML document\nXML: ${text ?? "null"}` };
  }
  const parsed = (namespaces ? lastAware : lastPlain).of(text);
  if (!parsed.ok) {
    const errors = `{\n  "errors" : [ {\n    "code" : 50,\n    "title" : ${JSON.stringify(parsed.reason)}\n  } ]\n}`;
    return { kind: "failed", message: `Warning: failed to parse the XML document. Reason: ${errors}\nXML: ${text}` };
  }
  const result: XPathResult = typeof path === "string" ? { kind: "failed", message: "" } : path.evaluate(parsed.document, namespaces);
  if (result.kind !== "failed") return result;
  const expression = typeof path === "string" ? path : path.expression;
  return { kind: "failed", message: `Warning: failed to evaluate the XPath expression ${expression}` };
}
