import { parseJson } from "../json/parse-json.ts";
import type { Json, JsonObject, MultiValuePattern, ValuePattern } from "./stub-mapping.ts";
import { withoutUndefined } from "./without-undefined.ts";

/** The JSON of a content pattern as WireMock answers it. What `parseValuePattern` reads back is equal. */
export function printValuePattern(pattern: ValuePattern): JsonObject {
  switch (pattern.kind) {
    case "absent":
      return { absent: true };
    case "anything":
      return { anything: "anything" };
    case "equalTo":
      return withoutUndefined({ equalTo: pattern.value, caseInsensitive: pattern.caseInsensitive });
    case "binaryEqualTo":
      return { binaryEqualTo: pattern.base64 };
    case "contains":
    case "doesNotContain":
    case "matches":
    case "doesNotMatch":
    case "matchesPathTemplate":
      return { [pattern.kind]: pattern.value };
    case "equalToJson":
      return withoutUndefined({
        equalToJson: pattern.given === "json" ? readJson(pattern.value) : pattern.value,
        ignoreArrayOrder: pattern.ignoreArrayOrder,
        ignoreExtraElements: pattern.ignoreExtraElements,
      });
    case "matchesJsonPath":
      return { matchesJsonPath: printExpression(pattern) };
    case "matchesJsonSchema":
      return { matchesJsonSchema: pattern.schema, schemaVersion: pattern.schemaVersion ?? "V202012" };
    case "equalToXml":
      return withoutUndefined({
        equalToXml: pattern.value,
        enablePlaceholders: pattern.enablePlaceholders,
        placeholderOpeningDelimiterRegex: pattern.placeholderOpeningDelimiterRegex,
        placeholderClosingDelimiterRegex: pattern.placeholderClosingDelimiterRegex,
        exemptedComparisons: pattern.exemptedComparisons,
        ignoreOrderOfSameNode: pattern.ignoreOrderOfSameNode,
        namespaceAwareness: pattern.namespaceAwareness,
      });
    case "matchesXPath":
      return withoutUndefined({ matchesXPath: printExpression(pattern), xPathNamespaces: pattern.xPathNamespaces });
    case "before":
    case "after":
    case "equalToDateTime":
      return withoutUndefined({
        [pattern.kind]: pattern.value,
        actualFormat: pattern.actualFormat,
        truncateExpected: pattern.truncateExpected,
        truncateActual: pattern.truncateActual,
        applyTruncationLast: pattern.applyTruncationLast,
        expectedOffset: pattern.expectedOffset,
        expectedOffsetUnit: pattern.expectedOffsetUnit,
      });
    case "and":
    case "or":
      return { [pattern.kind]: pattern.patterns.map(printValuePattern) };
    case "not":
      return { not: printValuePattern(pattern.pattern) };
  }
}

export function printMultiValuePattern(pattern: MultiValuePattern): JsonObject {
  return pattern.kind === "hasExactly" || pattern.kind === "includes"
    ? { [pattern.kind]: pattern.patterns.map(printValuePattern) }
    : printValuePattern(pattern);
}

function printExpression({ expression, inner }: { readonly expression: string; readonly inner?: ValuePattern }): string | JsonObject {
  return inner ? { expression, ...printValuePattern(inner) } : expression;
}

/** Digit by digit as it was given. */
function readJson(text: string): Json {
  const parsed = parseJson(text);
  // Safe: what is no plain JSON among its values are JsonNumbers, which write themselves as numbers.
  return parsed.ok ? (parsed.value as Json) : text;
}
