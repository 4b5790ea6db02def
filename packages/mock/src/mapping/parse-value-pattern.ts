import { dateOperator } from "./date-operators.ts";
import { equalToJsonOperator, matchesJsonPathOperator, matchesJsonSchemaOperator } from "./json-operators.ts";
import type { MappingFinding, Parsed } from "./mapping-finding.ts";
import { type At, adviceFor, below, isAbsent, isRecord, MappingReader, shown, spelledOut } from "./mapping-reader.ts";
import type { MultiValuePattern, ValuePattern } from "./stub-mapping.ts";
import { absentOperator, anythingOperator, equalToOperator, readBinaryEqualTo, regexOperator, textOperator } from "./text-operators.ts";
import { type Fields, type Operator, operator } from "./value-operator.ts";
import { equalToXmlOperator, matchesXPathOperator } from "./xml-operators.ts";

/**
 * Content patterns: `{"equalTo": "x", "caseInsensitive": true}`. The first operator of the object decides, as in WireMock; a
 * second one is ignored there too, so it is a warning here. Fields that nothing knows are errors.
 */

/** For callers outside this folder: one pattern on its own. */
export function parseValuePattern(value: unknown): Parsed<ValuePattern> {
  const reader = new MappingReader();
  const pattern = readValuePattern(value, { parent: undefined, key: "", unit: true }, reader);
  return withoutRoot(reader.result(pattern));
}

/** Of a field with one value: a cookie, a path parameter, the host. */
export function readValuePattern(value: unknown, at: At, reader: MappingReader): ValuePattern | undefined {
  return readPattern(value, at, reader, 0);
}

/** Of a body: as above, and `binaryEqualTo`. */
export function readBodyPattern(value: unknown, at: At, reader: MappingReader): ValuePattern | undefined {
  if (!isRecord(value) || !Object.hasOwn(value, "binaryEqualTo")) return readPattern(value, at, reader, 0);
  reportStrangers(value, "binaryEqualTo", nothing, at, reader);
  return readBinaryEqualTo(value, at, reader);
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
const nothing: ReadonlySet<string> = new Set();

/** `beside` are fields of the object that are not the pattern's own. */
function readPattern(value: unknown, at: At, reader: MappingReader, depth: number, beside = nothing): ValuePattern | undefined {
  if (!isRecord(value)) {
    const fix = typeof value === "string" ? `write {"equalTo": ${shown(value)}}` : 'write a pattern such as {"equalTo": "value"}';
    return reader.error(at, "bad-pattern", `${shown(value ?? null)} is not a pattern: an object with an operator is expected`, fix);
  }
  if (depth > maxNesting) {
    return reader.error(at, "too-large", `patterns are nested more than ${maxNesting} deep`, "make the pattern flatter");
  }
  const name = Object.keys(value).find((key) => operators.has(key) && !beside.has(key));
  const found = name === undefined ? undefined : operators.get(name);
  if (name === undefined || found === undefined) return reportNoOperator(value, at, reader);
  reportStrangers(value, name, new Set([...found.fields, ...beside]), at, reader);
  return found.read(value, at, { reader, inner: (inner, where, others) => readPattern(inner, where, reader, depth + 1, others) });
}

function reportNoOperator(fields: Fields, at: At, reader: MappingReader): undefined {
  const names = [...operators.keys()];
  const keys = Object.keys(fields);
  if (keys.includes("hasExactly") || keys.includes("includes")) {
    const message = "`hasExactly` and `includes` are for what can have several values: headers, query and form parameters";
    return reader.error(at, "bad-pattern", message, "use a pattern of one value here");
  }
  if (keys.includes("binaryEqualTo")) {
    return reader.error(at, "bad-pattern", "`binaryEqualTo` is for bodies, on its own", "use a pattern of text here, or `bodyPatterns`");
  }
  const near = keys.map((key) => adviceFor(key, names)).find((advice) => advice.startsWith("did you mean"));
  const wireMock = `${spelledOut(fields)} is not a valid match operation`;
  return reader.error(at, "bad-pattern", `${shown(fields)} has no operator`, near ?? adviceFor("", names), wireMock);
}

/** Everything in the object that is neither the operator nor one of its own fields. */
function reportStrangers(fields: Fields, name: string, own: ReadonlySet<string>, at: At, reader: MappingReader): void {
  for (const key of Object.keys(fields)) {
    if (key === name || own.has(key)) continue;
    const here = below(at, key);
    if (operators.has(key)) {
      const fix = `leave one out, or write {"and": [{"${name}": …}, {"${key}": …}]}`;
      reader.warn(here, "ignored-field", `\`${key}\` is ignored: \`${name}\` comes first and only the first operator counts`, fix);
    } else if (allFields.has(key)) {
      reader.warn(here, "ignored-field", `\`${key}\` means nothing beside \`${name}\` and is ignored`, "leave it out");
    } else {
      const advice = own.size > 0 ? adviceFor(key, [...own]) : "leave it out";
      reader.error(here, "unknown-field", `unknown field \`${key}\` of \`${name}\``, advice.replace(/^write/, "leave it out, or write"));
    }
  }
}

function listOperator(kind: "and" | "or"): Operator {
  return operator((fields, at, { reader, inner }) => {
    const here = below(at, kind);
    const list = reader.array(fields[kind] ?? [], here, `\`${kind}\``);
    if (list === undefined) return undefined;
    if (list.length < 2) {
      const message = `\`${kind}\` needs at least two patterns, got ${list.length}`;
      return reader.error(here, "bad-value", message, "add one, or write the pattern alone");
    }
    return { kind, patterns: list.flatMap((each, index) => inner(each, below(here, index)) ?? []) };
  });
}

const notOperator = operator((fields, at, { inner }) => {
  const pattern = inner(fields.not, below(at, "not"));
  return pattern && { kind: "not", pattern };
});

const operators: ReadonlyMap<string, Operator> = new Map([
  ["equalTo", equalToOperator],
  ["contains", textOperator("contains")],
  ["doesNotContain", textOperator("doesNotContain")],
  ["matches", regexOperator("matches")],
  ["doesNotMatch", regexOperator("doesNotMatch")],
  ["equalToJson", equalToJsonOperator],
  ["matchesJsonPath", matchesJsonPathOperator],
  ["matchesJsonSchema", matchesJsonSchemaOperator],
  ["equalToXml", equalToXmlOperator],
  ["matchesXPath", matchesXPathOperator],
  ["before", dateOperator("before")],
  ["after", dateOperator("after")],
  ["equalToDateTime", dateOperator("equalToDateTime")],
  ["absent", absentOperator],
  ["anything", anythingOperator],
  ["matchesPathTemplate", textOperator("matchesPathTemplate")],
  ["and", listOperator("and")],
  ["or", listOperator("or")],
  ["not", notOperator],
]);

const allFields: ReadonlySet<string> = new Set([...operators.values()].flatMap(({ fields }) => [...fields]));

/** The root of a pattern on its own has no name. */
function withoutRoot(parsed: Parsed<ValuePattern>): Parsed<ValuePattern> {
  const findings: readonly MappingFinding[] = parsed.findings.map((each) => ({ ...each, path: each.path.slice(1), pointer: "/" }));
  return { ...parsed, findings };
}
