import { type At, below, isRecord, type MappingReader, shown } from "./mapping-reader.ts";
import type { ValuePattern } from "./stub-mapping.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What reading an operator needs of its surroundings. */
export interface Reading {
  readonly reader: MappingReader;
  /** A pattern inside this one. `beside` are fields of its object that are not its own. */
  inner(value: unknown, at: At, beside?: ReadonlySet<string>): ValuePattern | undefined;
}

/** One way to compare: its name in JSON is its key in the table of operators. */
export interface Operator {
  /** What may stand beside it. */
  readonly fields: ReadonlySet<string>;
  /** Undefined when it reported an error. */
  read(fields: Fields, at: At, reading: Reading): ValuePattern | undefined;
}

export function operator(read: Operator["read"], fields: readonly string[] = []): Operator {
  return { read, fields: new Set(fields) };
}

/** What is compared with: it is never converted, because a number would compare with nothing. */
export function operand(name: string, fields: Fields, at: At, reader: MappingReader): string | undefined {
  const value = fields[name];
  if (typeof value === "string") return value;
  const message = `\`${name}\` must be a string, got ${shown(value)}`;
  return reader.error(below(at, name), "wrong-type", message, "write it in double quotes", `${name} operand must be a non-null string`);
}

/** As WireMock's `asBoolean`: what is no boolean is false. */
export function lenientFlag(name: string, fields: Fields): boolean | undefined {
  if (!Object.hasOwn(fields, name)) return undefined;
  const value = fields[name];
  return value === true || value === "true" || (typeof value === "number" && value !== 0);
}

/** `"$.a"`, or `{"expression": "$.a", "equalTo": "x"}` to compare what the expression finds. */
export function readExpression(
  name: "matchesJsonPath" | "matchesXPath",
  fields: Fields,
  at: At,
  { reader, inner: readInner }: Reading,
): { expression: string; inner?: ValuePattern } | undefined {
  const given = fields[name];
  const here = below(at, name);
  if (typeof given === "string") return given === "" ? reportExpression(name, here, reader) : { expression: given };
  if (!isRecord(given) || !Object.hasOwn(given, "expression")) return reportExpression(name, here, reader);
  const expression = reader.exactText(given.expression, below(here, "expression"));
  const inner = readInner(given, here, new Set(["expression"]));
  return expression === undefined || inner === undefined ? undefined : { expression, inner };
}

function reportExpression(name: string, at: At, reader: MappingReader): undefined {
  const message = `\`${name}\` must be an expression, or an object with \`expression\` and an operator`;
  return reader.error(at, "bad-pattern", message, `write {"${name}": {"expression": "…", "equalTo": "…"}}`);
}
