import { type ComparableDocument, comparableXml, type NamespaceMode } from "../../xml/comparable-xml.ts";
import { isXmlEqual, XmlComparisonFailure, type XmlComparisonOptions, xmlDistance } from "../../xml/compare-xml.ts";
import { parseXml } from "../../xml/parse-xml.ts";
import { formatXml } from "../../xml/render-xml.ts";
import { compileXmlPlaceholders, XmlPlaceholderError } from "../../xml/xml-placeholders.ts";
import type { ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";
import { LastParsed } from "./parsed-text.ts";
import type { PatternOf } from "./pattern-of.ts";

type Read = { readonly document: ComparableDocument } | { readonly problem: string };

/** Keep nothing of a request beyond its turn, so all mock servers of a process may share them. */
const lastRead: Readonly<Record<NamespaceMode, LastParsed<Read>>> = {
  strict: new LastParsed((text) => read(text, "strict")),
  none: new LastParsed((text) => read(text, "none")),
  legacy: new LastParsed((text) => read(text, "legacy")),
};

/** Throws for an expected value that is no XML document: it is checked when the stub is injected. */
export function compileEqualToXml(pattern: PatternOf<"equalToXml">): ValueMatcher {
  const mode = modeOf(pattern.namespaceAwareness);
  const expected = read(pattern.value, mode);
  if ("problem" in expected) throw new SyntaxError(`equalToXml: ${expected.problem}`);
  const options: XmlComparisonOptions = {
    exempted: new Set(pattern.exemptedComparisons),
    placeholders: pattern.enablePlaceholders
      ? compileXmlPlaceholders(pattern.placeholderOpeningDelimiterRegex, pattern.placeholderClosingDelimiterRegex)
      : undefined,
  };
  const ignoreOrderOfSameNode = pattern.ignoreOrderOfSameNode === true;
  return {
    pattern,
    matches(value, notice) {
      const text = matchedText(value);
      if (text === undefined || text === "") return false;
      const actual = lastRead[mode].of(text);
      if ("problem" in actual) {
        notice?.("WARNING", { message: actual.problem });
        return false;
      }
      const result = compared(() => isXmlEqual(expected.document, actual.document, { ...options, ignoreOrderOfSameNode }));
      if (typeof result === "boolean") return result;
      notice?.("WARNING", { message: result.problem });
      return false;
    },
    distance(value) {
      const text = matchedText(value);
      const actual = text === undefined || text === "" ? undefined : lastRead[mode].of(text);
      if (!actual || "problem" in actual) return 1;
      const result = compared(() => xmlDistance(expected.document, actual.document, options));
      return typeof result === "number" ? result : 1;
    },
    describe: () => {
      const parsed = parseXml(pattern.value);
      return parsed.ok ? formatXml(parsed.document, "pretty") : pattern.value;
    },
  };
}

function modeOf(awareness: "LEGACY" | "STRICT" | "NONE" | undefined): NamespaceMode {
  if (awareness === "LEGACY") return "legacy";
  return awareness === "NONE" ? "none" : "strict";
}

function read(text: string, mode: NamespaceMode): Read {
  const parsed = parseXml(text, { namespaces: mode === "strict", comments: false });
  return parsed.ok ? { document: comparableXml(parsed.document, mode) } : { problem: parsed.reason };
}

function compared<Result>(compare: () => Result): Result | { readonly problem: string } {
  try {
    return compare();
  } catch (error) {
    // XMLUnit's words for whatever happens on its way.
    if (error instanceof XmlComparisonFailure) return { problem: "Caught exception during comparison" };
    if (error instanceof XmlPlaceholderError) return { problem: error.message };
    throw error;
  }
}
