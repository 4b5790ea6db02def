import { checkJsonPath } from "../json/json-path.ts";
import { parseJson } from "../json/parse-json.ts";
import { checkRegex } from "../regex/safe-regex.ts";
import { parseXml } from "../xml/parse-xml.ts";
import type { MappingFinding, Parsed } from "./mapping-finding.ts";
import { type At, adviceFor, below, isAbsent, isRecord, MappingReader, shown } from "./mapping-reader.ts";
import { parseDatePattern } from "./parse-date-pattern.ts";
import { prettyJson } from "./pretty-json.ts";
import type { MultiValuePattern, ValuePattern } from "./stub-mapping.ts";
import { withoutUndefined } from "./without-undefined.ts";

/**
 * Content patterns: `{"equalTo": "x", "caseInsensitive": true}`. The first operator of the object decides, as in WireMock; a
 * second one is ignored there too, so it is a warning here. Fields that nothing knows are errors.
 */

type Fields = Readonly<Record<string, unknown>>;
type ReadOperator = (fields: Fields, at: At, reader: MappingReader, depth: number) => ValuePattern | undefined;

/** For callers outside this folder: one pattern on its own. */
export function parseValuePattern(value: unknown): Parsed<ValuePattern> {
  const reader = new MappingReader();
  const pattern = readValuePattern(value, { parent: undefined, key: "", unit: true }, reader);
  return withoutRoot(reader.result(pattern));
}

/** Of a field with one value: a cookie, a path parameter, the host. */
export function readValuePattern(value: unknown, at: At, reader: MappingReader, depth = 0): ValuePattern | undefined {
  return readPattern(value, at, reader, depth, operators);
}

/** Of a body: as above, and `binaryEqualTo`. */
export function readBodyPattern(value: unknown, at: At, reader: MappingReader): ValuePattern | undefined {
  if (isRecord(value) && Object.hasOwn(value, "binaryEqualTo")) return readBinaryEqualTo(value, at, reader);
  return readPattern(value, at, reader, 0, operators);
}

/** Of a header, query or form parameter: as above, `hasExactly` and `includes`. */
export function readMultiValuePattern(value: unknown, at: At, reader: MappingReader): MultiValuePattern | undefined {
  if (!isRecord(value)) return readValuePattern(value, at, reader);
  const kind = Object.hasOwn(value, "hasExactly") ? "hasExactly" : Object.hasOwn(value, "includes") ? "includes" : undefined;
  if (kind === undefined) return readValuePattern(value, at, reader);
  reader.onlyKnown(value, at, new Set([kind]), `\`${kind}\``);
  const list = value[kind];
  const here = below(at, kind);
  if (isAbsent(list)) return reader.error(here, "wrong-type", `\`${kind}\` must be a list of patterns, got null`, "list the patterns");
  const patterns = reader.array(list, here, `\`${kind}\``);
  return patterns && { kind, patterns: patterns.flatMap((each, index) => readValuePattern(each, below(here, index), reader) ?? []) };
}

const maxNesting = 64;

function readPattern(
  value: unknown,
  at: At,
  reader: MappingReader,
  depth: number,
  known: ReadonlyMap<string, Operator>,
  extra: ReadonlySet<string> = new Set(),
): ValuePattern | undefined {
  if (!isRecord(value)) {
    const fix = typeof value === "string" ? `write {"equalTo": ${shown(value)}}` : 'write a pattern such as {"equalTo": "value"}';
    return reader.error(at, "bad-pattern", `${shown(value ?? null)} is not a pattern: an object with an operator is expected`, fix);
  }
  if (depth > maxNesting) {
    return reader.error(at, "too-large", `patterns are nested more than ${maxNesting} deep`, "make the pattern flatter");
  }
  const name = Object.keys(value).find((key) => known.has(key) && !extra.has(key));
  const operator = name === undefined ? undefined : known.get(name);
  if (name === undefined || operator === undefined) return reportNoOperator(value, at, reader, known);
  for (const key of Object.keys(value)) {
    if (key === name || operator.fields.has(key) || extra.has(key)) continue;
    reportStrange(key, name, at, reader, known);
  }
  return operator.read(value, at, reader, depth);
}

function reportNoOperator(fields: Fields, at: At, reader: MappingReader, known: ReadonlyMap<string, Operator>): undefined {
  const names = [...known.keys()];
  const keys = Object.keys(fields);
  if (keys.includes("hasExactly") || keys.includes("includes")) {
    const message = "`hasExactly` and `includes` are for what can have several values: headers, query and form parameters";
    return reader.error(at, "bad-pattern", message, "use a pattern of one value here");
  }
  if (keys.includes("binaryEqualTo")) {
    return reader.error(at, "bad-pattern", "`binaryEqualTo` is for bodies, on its own", "use a pattern of text here, or `bodyPatterns`");
  }
  const near = keys.map((key) => adviceFor(key, names)).find((advice) => advice.startsWith("did you mean"));
  const message = `${shown(fields)} has no operator`;
  return reader.error(at, "bad-pattern", message, near ?? adviceFor("", names));
}

function reportStrange(key: string, operator: string, at: At, reader: MappingReader, known: ReadonlyMap<string, Operator>): void {
  const here = below(at, key);
  if (known.has(key)) {
    const fix = `leave one out, or write {"and": [{"${operator}": …}, {"${key}": …}]}`;
    reader.warn(here, "ignored-field", `\`${key}\` is ignored: \`${operator}\` comes first and only the first operator counts`, fix);
    return;
  }
  if (allFields.has(key)) {
    reader.warn(here, "ignored-field", `\`${key}\` means nothing beside \`${operator}\` and is ignored`, "leave it out");
    return;
  }
  const fields = [...(known.get(operator)?.fields ?? [])];
  const advice = fields.length > 0 ? adviceFor(key, fields) : "leave it out";
  reader.error(here, "unknown-field", `unknown field \`${key}\` of \`${operator}\``, advice);
}

/** The operand of an operator, which is never converted: a number here would compare with nothing. */
function operand(name: string, fields: Fields, at: At, reader: MappingReader): string | undefined {
  return reader.exactText(fields[name], below(at, name));
}

function textOperator<Kind extends "contains" | "doesNotContain" | "matchesPathTemplate">(kind: Kind): Operator {
  return plain((fields, at, reader) => {
    const value = operand(kind, fields, at, reader);
    return value === undefined ? undefined : { kind, value };
  });
}

function regexOperator(kind: "matches" | "doesNotMatch"): Operator {
  return plain((fields, at, reader) => {
    const value = operand(kind, fields, at, reader);
    if (value === undefined) return undefined;
    const wrong = checkRegex(value, { dotAll: true });
    if (wrong !== undefined) return reportRegex(wrong, value, below(at, kind), reader);
    return { kind, value };
  });
}

export function reportRegex(wrong: string, source: string, at: At, reader: MappingReader): undefined {
  const fix = "correct the regular expression (a backslash is written twice in JSON)";
  return reader.error(at, "bad-value", `${shown(source)} is no regular expression: ${wrong}`, fix);
}

const readEqualTo: ReadOperator = (fields, at, reader) => {
  const value = operand("equalTo", fields, at, reader);
  const caseInsensitive = lenientFlag("caseInsensitive", fields);
  return value === undefined ? undefined : { kind: "equalTo", value, ...(caseInsensitive !== undefined && { caseInsensitive }) };
};

/** As WireMock's `asBoolean`: what is no boolean is false. */
function lenientFlag(name: string, fields: Fields): boolean | undefined {
  if (!Object.hasOwn(fields, name)) return undefined;
  const value = fields[name];
  return value === true || value === "true" || (typeof value === "number" && value !== 0);
}

function readBinaryEqualTo(fields: Fields, at: At, reader: MappingReader): ValuePattern | undefined {
  for (const key of Object.keys(fields)) if (key !== "binaryEqualTo") reportStrange(key, "binaryEqualTo", at, reader, operators);
  const base64 = operand("binaryEqualTo", fields, at, reader);
  if (base64 === undefined) return undefined;
  const canonical = canonicalBase64(base64);
  if (canonical !== undefined) return { kind: "binaryEqualTo", base64: canonical };
  return reader.error(
    below(at, "binaryEqualTo"),
    "bad-value",
    `${shown(base64)} is no Base64`,
    "encode the bytes as Base64 (A-Z a-z 0-9 + /)",
  );
}

/** The bytes as Base64 with padding; undefined for what Java's decoder refuses. */
export function canonicalBase64(text: string): string | undefined {
  const match = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text);
  if (!match) return undefined;
  const [, digits = "", padding = ""] = match;
  if (digits.length % 4 === 1 || (padding !== "" && (digits.length + padding.length) % 4 !== 0)) return undefined;
  return Buffer.from(digits, "base64").toString("base64");
}

const readEqualToJson: ReadOperator = (fields, at, reader) => {
  const here = below(at, "equalToJson");
  const given = fields.equalToJson;
  const options = {
    ...optionalFlag("ignoreArrayOrder", fields),
    ...optionalFlag("ignoreExtraElements", fields),
  };
  if (typeof given === "string") {
    const parsed = parseJson(given);
    if (!parsed.ok) return reportJson(parsed.message, here, reader);
    return { kind: "equalToJson", value: given, given: "string", ...options };
  }
  const json = reader.json(given, here);
  return json === undefined ? undefined : { kind: "equalToJson", value: JSON.stringify(json), given: "json", ...options };
};

function optionalFlag<Name extends "ignoreArrayOrder" | "ignoreExtraElements">(name: Name, fields: Fields): Partial<Record<Name, boolean>> {
  const flag = lenientFlag(name, fields);
  // Safe: a computed key of a literal type.
  return flag === undefined ? {} : ({ [name]: flag } as Partial<Record<Name, boolean>>);
}

function reportJson(wrong: string, at: At, reader: MappingReader): undefined {
  return reader.error(at, "bad-value", `\`${at.key}\` is no JSON: ${wrong}`, "write the JSON itself instead of a string of it");
}

const readMatchesJsonPath: ReadOperator = (fields, at, reader, depth) => {
  const found = readExpression("matchesJsonPath", fields, at, reader, depth);
  if (found === undefined) return undefined;
  const wrong = checkJsonPath(found.expression);
  if (wrong !== undefined) {
    const message = `${shown(found.expression)} is no JSONPath: ${wrong}`;
    return reader.error(below(at, "matchesJsonPath"), "bad-value", message, 'write a path such as "$.items[0].name"');
  }
  return { kind: "matchesJsonPath", ...found };
};

const readMatchesXPath: ReadOperator = (fields, at, reader, depth) => {
  const found = readExpression("matchesXPath", fields, at, reader, depth);
  const namespaces = readNamespaces(fields.xPathNamespaces, below(at, "xPathNamespaces"), reader);
  return found && { kind: "matchesXPath", ...found, ...(namespaces && { xPathNamespaces: namespaces }) };
};

/** `"$.a"`, or `{"expression": "$.a", "equalTo": "x"}` to compare what the expression finds. */
function readExpression(
  name: "matchesJsonPath" | "matchesXPath",
  fields: Fields,
  at: At,
  reader: MappingReader,
  depth: number,
): { expression: string; inner?: ValuePattern } | undefined {
  const given = fields[name];
  const here = below(at, name);
  if (typeof given === "string") return given === "" ? reportExpression(name, here, reader) : { expression: given };
  if (!isRecord(given) || !Object.hasOwn(given, "expression")) return reportExpression(name, here, reader);
  const expression = reader.exactText(given.expression, below(here, "expression"));
  const inner = readPattern(given, here, reader, depth + 1, operators, new Set(["expression"]));
  return expression === undefined || inner === undefined ? undefined : { expression, inner };
}

function reportExpression(name: string, at: At, reader: MappingReader): undefined {
  const message = `\`${name}\` must be an expression, or an object with \`expression\` and an operator`;
  return reader.error(at, "bad-pattern", message, `write {"${name}": {"expression": "…", "equalTo": "…"}}`);
}

function readNamespaces(value: unknown, at: At, reader: MappingReader): Record<string, string> | undefined {
  const record = reader.object(value, at, "`xPathNamespaces`");
  if (record === undefined || Object.keys(record).length === 0) return undefined;
  return Object.fromEntries(Object.entries(record).map(([prefix, uri]) => [prefix, reader.exactText(uri, below(at, prefix)) ?? ""]));
}

const schemaVersions = ["V4", "V6", "V7", "V201909", "V202012"] as const;

const readMatchesJsonSchema: ReadOperator = (fields, at, reader) => {
  const here = below(at, "matchesJsonSchema");
  const given = fields.matchesJsonSchema;
  const schemaVersion = reader.oneOf(fields.schemaVersion, below(at, "schemaVersion"), schemaVersions) ?? "V202012";
  if (typeof given === "string") {
    const parsed = parseJson(given);
    if (!parsed.ok) return reportJson(parsed.message, here, reader);
    return { kind: "matchesJsonSchema", schema: given, given: "string", schemaVersion };
  }
  // WireMock answers a schema as a string of JSON, however it was given.
  const json = reader.json(given, here);
  return json === undefined ? undefined : { kind: "matchesJsonSchema", schema: prettyJson(json), given: "string", schemaVersion };
};

const comparisonTypes = [
  "XML_VERSION",
  "XML_STANDALONE",
  "XML_ENCODING",
  "HAS_DOCTYPE_DECLARATION",
  "DOCTYPE_NAME",
  "DOCTYPE_PUBLIC_ID",
  "DOCTYPE_SYSTEM_ID",
  "SCHEMA_LOCATION",
  "NO_NAMESPACE_SCHEMA_LOCATION",
  "NODE_TYPE",
  "NAMESPACE_PREFIX",
  "NAMESPACE_URI",
  "TEXT_VALUE",
  "PROCESSING_INSTRUCTION_TARGET",
  "PROCESSING_INSTRUCTION_DATA",
  "ELEMENT_TAG_NAME",
  "ELEMENT_NUM_ATTRIBUTES",
  "ATTR_VALUE",
  "ATTR_VALUE_EXPLICITLY_SPECIFIED",
  "ATTR_NAME_LOOKUP",
  "CHILD_NODELIST_LENGTH",
  "CHILD_NODELIST_SEQUENCE",
  "CHILD_LOOKUP",
] as const;

const readEqualToXml: ReadOperator = (fields, at, reader) => {
  const value = operand("equalToXml", fields, at, reader);
  const exempted = fields.exemptedComparisons;
  const exemptedAt = below(at, "exemptedComparisons");
  const exemptedComparisons = reader
    .array(exempted, exemptedAt, "`exemptedComparisons`")
    ?.flatMap((each, index) => reader.oneOf(each, below(exemptedAt, index), comparisonTypes) ?? []);
  const options = {
    enablePlaceholders: lenientFlag("enablePlaceholders", fields),
    placeholderOpeningDelimiterRegex: readDelimiter("placeholderOpeningDelimiterRegex", fields, at, reader),
    placeholderClosingDelimiterRegex: readDelimiter("placeholderClosingDelimiterRegex", fields, at, reader),
    exemptedComparisons,
    ignoreOrderOfSameNode: lenientFlag("ignoreOrderOfSameNode", fields),
    namespaceAwareness: reader.oneOf(fields.namespaceAwareness, below(at, "namespaceAwareness"), ["LEGACY", "STRICT", "NONE"]),
  };
  if (value === undefined) return undefined;
  const namespaces = options.namespaceAwareness === undefined || options.namespaceAwareness === "STRICT";
  const parsed = parseXml(value, { namespaces });
  if (!parsed.ok) {
    const message = `\`equalToXml\` is no XML document: ${parsed.message}`;
    return reader.error(below(at, "equalToXml"), "bad-value", message, "write one well-formed element");
  }
  return { kind: "equalToXml", value, ...withoutUndefined(options) };
};

function readDelimiter(name: string, fields: Fields, at: At, reader: MappingReader): string | undefined {
  const source = reader.text(fields[name], below(at, name));
  const wrong = source === undefined ? undefined : checkRegex(source);
  return wrong === undefined || source === undefined ? source : reportRegex(wrong, source, below(at, name), reader);
}

function listOperator(kind: "and" | "or"): Operator {
  return plain((fields, at, reader, depth) => {
    const here = below(at, kind);
    const list = reader.array(fields[kind] ?? [], here, `\`${kind}\``);
    if (list === undefined) return undefined;
    if (list.length < 2) {
      return reader.error(
        here,
        "bad-value",
        `\`${kind}\` needs at least two patterns, got ${list.length}`,
        "add one, or write the pattern alone",
      );
    }
    return { kind, patterns: list.flatMap((each, index) => readValuePattern(each, below(here, index), reader, depth + 1) ?? []) };
  });
}

const readNot: ReadOperator = (fields, at, reader, depth) => {
  const pattern = readValuePattern(fields.not, below(at, "not"), reader, depth + 1);
  return pattern && { kind: "not", pattern };
};

const readAbsent: ReadOperator = (fields, at, reader) => {
  if (fields.absent === false) {
    const message = "`absent: false` means absent too: its value is not looked at";
    reader.warn(below(at, "absent"), "ignored-field", message, 'write {"not": {"absent": true}} for what has to be there');
  }
  return { kind: "absent" };
};

interface Operator {
  readonly fields: ReadonlySet<string>;
  readonly read: ReadOperator;
}

function plain(read: ReadOperator, fields: readonly string[] = []): Operator {
  return { read, fields: new Set(fields) };
}

const dateFields = ["actualFormat", "truncateExpected", "truncateActual", "applyTruncationLast", "expectedOffset", "expectedOffsetUnit"];

const operators: ReadonlyMap<string, Operator> = new Map([
  ["equalTo", plain(readEqualTo, ["caseInsensitive"])],
  ["contains", textOperator("contains")],
  ["doesNotContain", textOperator("doesNotContain")],
  ["matches", regexOperator("matches")],
  ["doesNotMatch", regexOperator("doesNotMatch")],
  ["equalToJson", plain(readEqualToJson, ["ignoreArrayOrder", "ignoreExtraElements"])],
  ["matchesJsonPath", plain(readMatchesJsonPath)],
  ["matchesJsonSchema", plain(readMatchesJsonSchema, ["schemaVersion"])],
  [
    "equalToXml",
    plain(readEqualToXml, [
      "enablePlaceholders",
      "placeholderOpeningDelimiterRegex",
      "placeholderClosingDelimiterRegex",
      "exemptedComparisons",
      "ignoreOrderOfSameNode",
      "namespaceAwareness",
    ]),
  ],
  ["matchesXPath", plain(readMatchesXPath, ["xPathNamespaces"])],
  ["before", plain((fields, at, reader) => parseDatePattern("before", fields, at, reader), dateFields)],
  ["after", plain((fields, at, reader) => parseDatePattern("after", fields, at, reader), dateFields)],
  ["equalToDateTime", plain((fields, at, reader) => parseDatePattern("equalToDateTime", fields, at, reader), dateFields)],
  ["absent", plain(readAbsent)],
  ["anything", plain((fields, at, reader) => (operand("anything", fields, at, reader) === undefined ? undefined : { kind: "anything" }))],
  ["matchesPathTemplate", textOperator("matchesPathTemplate")],
  ["and", listOperator("and")],
  ["or", listOperator("or")],
  ["not", plain(readNot)],
]);

const allFields: ReadonlySet<string> = new Set([...operators.values()].flatMap(({ fields }) => [...fields]));

/** The root of a pattern on its own has no name. */
function withoutRoot(parsed: Parsed<ValuePattern>): Parsed<ValuePattern> {
  const findings: readonly MappingFinding[] = parsed.findings.map((each) => ({ ...each, path: each.path.slice(1), pointer: "/" }));
  return { ...parsed, findings };
}
