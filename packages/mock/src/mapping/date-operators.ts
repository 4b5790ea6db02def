import { dateParserFor } from "../dates/date-parser.ts";
import { DateSpecError } from "../dates/date-spec-error.ts";
import { type At, adviceFor, below, type MappingReader, shown } from "./mapping-reader.ts";
import { type Fields, type Operator, operator } from "./value-operator.ts";
import { withoutUndefined } from "./without-undefined.ts";

const truncations = [
  "first second of minute",
  "first minute of hour",
  "first hour of day",
  "first day of month",
  "first day of next month",
  "last day of month",
  "first day of year",
  "first day of next year",
  "last day of year",
] as const;
const units = ["seconds", "minutes", "hours", "days", "months", "years"] as const;

/**
 * `{"before": "now +3 days", "truncateExpected": "first day of month"}`. An offset given apart (`expectedOffset`,
 * `expectedOffsetUnit`) becomes a part of the expression, as WireMock answers it: it counts only with `now`.
 */
export function dateOperator(kind: "before" | "after" | "equalToDateTime"): Operator {
  return operator((fields, at, { reader }) => {
    const text = reader.exactText(fields[kind], below(at, kind));
    const options = {
      actualFormat: readFormat(fields.actualFormat, below(at, "actualFormat"), reader),
      truncateExpected: readTruncation("truncateExpected", fields, at, reader),
      truncateActual: readTruncation("truncateActual", fields, at, reader),
      applyTruncationLast: reader.flag(fields.applyTruncationLast, below(at, "applyTruncationLast")) || undefined,
    };
    const offset = readOffset(fields, at, reader);
    if (text === undefined) return undefined;
    const value = withOffset(text, offset, below(at, kind), reader);
    return value === undefined ? undefined : { kind, value, ...withoutUndefined(options) };
  }, optionFields);
}

const optionFields = ["actualFormat", "truncateExpected", "truncateActual", "applyTruncationLast", "expectedOffset", "expectedOffsetUnit"];

function readFormat(value: unknown, at: At, reader: MappingReader): string | undefined {
  const format = reader.text(value, at);
  if (format === undefined) return undefined;
  try {
    dateParserFor(format);
    return format;
  } catch (error) {
    if (!(error instanceof DateSpecError)) throw error;
    const fix = "write letters of Java's DateTimeFormatter such as yyyy-MM-dd, or unix, or epoch";
    return reader.error(at, "bad-value", `${shown(format)} is no date format: ${error.message}`, fix, error.message);
  }
}

interface Offset {
  readonly amount: number;
  readonly unit: string;
}

function readOffset(fields: Fields, at: At, reader: MappingReader): Offset | undefined {
  const amount = reader.integer(fields.expectedOffset, below(at, "expectedOffset"));
  const given = reader.text(fields.expectedOffsetUnit, below(at, "expectedOffsetUnit"));
  const unit = given === undefined ? undefined : reader.oneOf(given.toLowerCase(), below(at, "expectedOffsetUnit"), units);
  return amount === undefined || unit === undefined ? undefined : { amount, unit };
}

function withOffset(text: string, offset: Offset | undefined, at: At, reader: MappingReader): string | undefined {
  if (!isFromNow(text)) {
    if (offset) {
      const message = `\`expectedOffset\` is ignored: ${shown(text)} is no expression of now`;
      reader.warn(at, "ignored-field", message, "write the date that is meant, or an expression such as now +3 days");
    }
    return text;
  }
  const isNow = text.toLowerCase() === "now";
  if (offset && isNow) return nowWith(offset);
  if (offset) {
    const message = `\`expectedOffset\` is ignored: ${shown(text)} has an offset of its own`;
    reader.warn(at, "ignored-field", message, "leave one of the two out");
  }
  if (text === "now") return "now +0 seconds";
  const unit = / ([a-zA-Z]+)$/.exec(text)?.[1];
  if (unit !== undefined && unit.toLowerCase() !== "now" && !units.some((known) => known === unit.toLowerCase())) {
    return reader.error(at, "bad-value", `${shown(unit)} in ${shown(text)} is no unit of time`, adviceFor(unit, units));
  }
  return text;
}

/** As WireMock tells offsets from dates. */
function isFromNow(text: string): boolean {
  return text.toLowerCase() === "now" || /^[-+]?[0-9]+ [a-zA-Z]+$/.test(text.replace(/now /gi, ""));
}

function nowWith({ amount, unit }: Offset): string {
  return amount >= 0 ? `now +${amount} ${unit}` : `now ${amount} ${unit}`;
}

function readTruncation(name: "truncateExpected" | "truncateActual", fields: Fields, at: At, reader: MappingReader): string | undefined {
  const text = reader.text(fields[name], below(at, name));
  return text === undefined ? undefined : reader.oneOf(text.toLowerCase().replaceAll("_", " "), below(at, name), truncations);
}
