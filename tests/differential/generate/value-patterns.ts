import type { Json, JsonObject } from "../json.ts";
import { changedJson, jsonPath, jsonSchema, jsonText, jsonValue, withPlaceholders } from "./json-values.ts";
import type { Random } from "./random.ts";
import { changedXml, xmlDocument, xmlWithPlaceholders, xPath } from "./xml-documents.ts";

/** A pattern, and values that it may or may not match. */
export interface PatternWithValues {
  readonly pattern: JsonObject;
  readonly values: readonly string[];
}

export const plainTexts = [
  "",
  "a",
  "abc",
  "ABC",
  "aBc",
  "a b",
  "1",
  "12",
  "1.0",
  "true",
  "ü",
  "a+b",
  "a,b",
  "x\ny",
  "a=b",
  "/a/b",
  "%41",
  "😀",
];

export const regexes = [
  "a",
  "a.*",
  ".*",
  "[a-c]+",
  "(?i)abc",
  "a|b",
  "^abc$",
  "\\d+",
  "\\w\\s\\w",
  "[^a]*",
  "a{1,2}b?c",
  "(a)(b)\\2?c",
  "(?<x>a)\\k<x>?.*",
  "\\p{L}+",
  "\\p{Lu}+",
  "[\\p{Alpha}&&[^b]]+",
  "(?s).*",
  "x.y",
  "(?=a).*",
  "(?!a).*",
  "a++bc",
  "\\Qa+b\\E",
  "\\/a\\/.*",
  "[",
  "(",
  "*",
  "\\u00fc",
  "(?x) a b c",
  ".",
  "..",
  "\\h*",
  "[\\w.]+",
];

/** One value at a time: header, query parameter, cookie, path parameter, host or body. */
export function textPattern(random: Random, depth = 1): PatternWithValues {
  const value = random.oneOf(plainTexts);
  const values = random.some(3, () => random.oneOf(plainTexts));
  const kind = random.upTo(depth > 0 ? 12 : 8);
  switch (kind) {
    case 0:
      return { pattern: { equalTo: value }, values: [value, ...values] };
    case 1:
      return { pattern: { equalTo: value, caseInsensitive: true }, values: [value.toUpperCase(), ...values] };
    case 2:
      return { pattern: { contains: value }, values: [`x${value}y`, ...values] };
    case 3:
      return { pattern: { doesNotContain: value }, values: [`x${value}y`, ...values] };
    case 4:
      return { pattern: { matches: random.oneOf(regexes) }, values };
    case 5:
      return { pattern: { doesNotMatch: random.oneOf(regexes) }, values };
    case 6:
      return { pattern: { absent: true }, values };
    case 7:
      return datePattern(random);
    case 8:
      return combined("and");
    case 9:
      return combined("or");
    case 10: {
      const inner = textPattern(random, depth - 1);
      return { pattern: { not: inner.pattern }, values: inner.values };
    }
    default:
      return { pattern: { anything: "anything" }, values };
  }
  function combined(name: "and" | "or"): PatternWithValues {
    const inner = [textPattern(random, depth - 1), textPattern(random, depth - 1)];
    return { pattern: { [name]: inner.map((one) => one.pattern) }, values: inner.flatMap((one) => one.values) };
  }
}

const dates = [
  "2021-06-14T12:13:14Z",
  "2021-06-14T12:13:14",
  "2021-06-14T14:13:14+02:00",
  "2021-06-14",
  "2021-06-01T00:00:00Z",
  "2021",
  "2021-06",
  "Mon, 14 Jun 2021 12:13:14 GMT",
  "Tue, 15 Jun 2021 12:13:14 GMT",
  "Monday, 14-Jun-21 12:13:14 GMT",
  "Mon Jun 14 12:13:14 2021",
  "1623672794",
  "1623672794000",
  "14/06/2021",
  "not a date",
  "2021-06-14T12:13:14.123Z",
  "2021-06-14T12:13:14.123456789Z",
];

function datePattern(random: Random): PatternWithValues {
  const kind = random.oneOf(["before", "after", "equalToDateTime"]);
  const expected = random.once(5) ? random.oneOf(["now", "now +1 days", "now -3 hours", "15 days", "-2 months"]) : random.oneOf(dates);
  const pattern: JsonObject = {
    [kind]: expected,
    ...random.maybe(5, () => ({ actualFormat: random.oneOf(["dd/MM/yyyy", "epoch", "unix", "yyyy-MM-dd", "yyyy"]) })),
    ...random.maybe(6, () => ({ truncateExpected: random.oneOf(["first day of month", "first hour of day", "first second of minute"]) })),
    ...random.maybe(6, () => ({ truncateActual: random.oneOf(["first day of month", "last day of month", "first hour of day"]) })),
    ...random.maybe(8, () => ({ applyTruncationLast: true })),
    ...random.maybe(6, () => ({ expectedOffset: random.oneOf([1, -1, 3]), expectedOffsetUnit: random.oneOf(["days", "hours", "months"]) })),
  };
  return { pattern, values: random.some(4, () => random.oneOf(dates)) };
}

/** Patterns of bodies: JSON, XML, text, bytes. */
export function bodyPattern(random: Random, depth = 1): PatternWithValues {
  const kind = random.upTo(depth > 0 ? 16 : 14);
  if (kind <= 2) return equalToJson(random);
  if (kind <= 5) return matchesJsonPath(random, depth);
  if (kind <= 7) return matchesJsonSchema(random);
  if (kind <= 9) return equalToXml(random);
  if (kind <= 11) return matchesXPath(random, depth);
  if (kind === 12) {
    const value = Buffer.from(random.oneOf(plainTexts)).toString("base64");
    return { pattern: { binaryEqualTo: value }, values: random.some(3, () => random.oneOf(plainTexts)) };
  }
  if (kind === 13) return textPattern(random, depth - 1);
  const inner = [bodyPattern(random, depth - 1), bodyPattern(random, depth - 1)];
  const values = inner.flatMap((one) => one.values);
  if (random.once(3)) return { pattern: { not: inner[0]?.pattern ?? {} }, values };
  return { pattern: { [random.oneOf(["and", "or"])]: inner.map((one) => one.pattern) }, values };
}

function equalToJson(random: Random): PatternWithValues {
  const value = jsonValue(random);
  const expected = random.once(4) ? withPlaceholders(random, value) : value;
  return {
    pattern: {
      equalToJson: random.once(3) ? jsonText(random, expected) : expected,
      ...random.maybe(3, () => ({ ignoreArrayOrder: random.once(2) })),
      ...random.maybe(3, () => ({ ignoreExtraElements: random.once(2) })),
    },
    values: [jsonText(random, value), ...random.some(3, () => jsonText(random, changedJson(random, value)))],
  };
}

function matchesJsonPath(random: Random, depth: number): PatternWithValues {
  const values = random.some(4, () => jsonText(random, random.once(8) ? jsonValue(random) : pathTarget(random)));
  const expression = jsonPath(random);
  if (random.once(2)) return { pattern: { matchesJsonPath: expression }, values };
  const inner = random.once(3) ? equalToJson(random).pattern : textPattern(random, depth - 1).pattern;
  return { pattern: { matchesJsonPath: { expression, ...inner } }, values };
}

/** Documents on which the generated paths find something. */
function pathTarget(random: Random): Json {
  const leaf = () => random.oneOf<Json>([1, 2, 0, 1.5, "abc", "a", true, null, [1, 2], { b: 1 }]);
  const item = (): Json => ({ a: leaf(), ...random.maybe(2, () => ({ b: leaf() })), ...random.maybe(3, () => ({ name: leaf() })) });
  const items = random.some(1 + random.upTo(3), item);
  return random.oneOf<Json>([
    { a: leaf(), b: item(), items, name: "abc" },
    { a: items, b: leaf() },
    items,
    { items: { a: items, b: items }, "a.b": 1, "two words": leaf() },
  ]);
}

function matchesJsonSchema(random: Random): PatternWithValues {
  const schema = jsonSchema(random);
  return {
    pattern: {
      matchesJsonSchema: random.once(3) ? JSON.stringify(schema) : schema,
      ...random.maybe(2, () => ({ schemaVersion: random.oneOf(["V4", "V6", "V7", "V201909", "V202012"]) })),
    },
    values: random.some(4, () =>
      jsonText(random, random.once(2) ? jsonValue(random, 1) : { a: jsonValue(random, 0), b: jsonValue(random, 0) }),
    ),
  };
}

function equalToXml(random: Random): PatternWithValues {
  const value = xmlDocument(random);
  const placeholders = random.once(4);
  return {
    pattern: {
      equalToXml: placeholders ? xmlWithPlaceholders(random, value) : value,
      ...(placeholders ? { enablePlaceholders: random.oneOf([true, true, false]) } : {}),
      ...random.maybe(8, () => ({ placeholderOpeningDelimiterRegex: "\\[\\[", placeholderClosingDelimiterRegex: "]]" })),
      ...random.maybe(5, () => ({
        exemptedComparisons: [random.oneOf(["NAMESPACE_URI", "ELEMENT_TAG_NAME", "ATTR_VALUE", "TEXT_VALUE"])],
      })),
      ...random.maybe(5, () => ({ ignoreOrderOfSameNode: random.once(2) })),
      ...random.maybe(5, () => ({ namespaceAwareness: random.oneOf(["LEGACY", "STRICT", "NONE"]) })),
    },
    values: [value, ...random.some(3, () => changedXml(random, value))],
  };
}

function matchesXPath(random: Random, depth: number): PatternWithValues {
  const values = random.some(4, () => (random.once(8) ? random.oneOf(plainTexts) : xmlDocument(random)));
  const namespaces = random.maybe(2, () => ({ xPathNamespaces: { n: "urn:n" } }));
  const expression = xPath(random);
  if (random.once(2)) return { pattern: { matchesXPath: expression, ...namespaces }, values };
  return { pattern: { matchesXPath: { expression, ...textPattern(random, depth - 1).pattern }, ...namespaces }, values };
}
