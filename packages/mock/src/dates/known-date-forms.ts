import type { DateField } from "./date-field.ts";
import { DAYS, MONTHS, numbered } from "./date-names.ts";
import type { FormatElement, SignStyle } from "./format-element.ts";
import { parseDateFormat } from "./parse-date-format.ts";

function literal(text: string): FormatElement {
  return { kind: "literal", text };
}

function number(field: DateField, min: number, max = min, sign: SignStyle = "not-negative"): FormatElement {
  return { kind: "number", field, min, max, sign, reserved: 0 };
}

const IGNORE_CASE: FormatElement = { kind: "mode", ignoreCase: true };
const LENIENT: FormatElement = { kind: "mode", strict: false };
const STRICT: FormatElement = { kind: "mode", strict: true };
const YEAR = number("year", 4, 10, "exceeds-pad");

/** `2024-02-29` */
export const ISO_DATE: readonly FormatElement[] = [YEAR, literal("-"), number("month", 2), literal("-"), number("day", 2)];

const ISO_TIME: readonly FormatElement[] = [
  number("hour", 2),
  literal(":"),
  number("minute", 2),
  { kind: "optional", elements: [literal(":"), number("second", 2), { kind: "optional", elements: [{ kind: "decimal-fraction" }] }] },
];

/** `2024-02-29T10:15`, seconds and their fraction if given. */
export const ISO_DATE_TIME: readonly FormatElement[] = [IGNORE_CASE, ...ISO_DATE, literal("T"), ...ISO_TIME];

/** `2024-02-29T10:15:30+01:00[Europe/Paris]`, the region if given. */
export const ISO_ZONED: readonly FormatElement[] = [
  ...ISO_DATE_TIME,
  LENIENT,
  { kind: "offset", zero: "Z", colon: true, minutes: "required", seconds: "optional" },
  STRICT,
  { kind: "optional", elements: [literal("["), { kind: "zone-id" }, literal("]")] },
];

/** `2024-02` */
export const ISO_YEAR_MONTH: readonly FormatElement[] = [YEAR, literal("-"), number("month", 2)];
/** `2024`, any number of up to nine digits. */
export const ISO_YEAR: readonly FormatElement[] = [LENIENT, number("year", 1, 10, "normal")];

/** `Tue, 3 Jun 2008 11:05:30 GMT`, the day of the week and the seconds if given. */
export const RFC_1123: readonly FormatElement[] = [
  IGNORE_CASE,
  LENIENT,
  { kind: "optional", elements: [{ kind: "text", field: "day-of-week", names: numbered(DAYS, "short") }, literal(", ")] },
  number("day", 1, 2),
  literal(" "),
  { kind: "text", field: "month", names: numbered(MONTHS, "short") },
  literal(" "),
  number("year", 4),
  literal(" "),
  number("hour", 2),
  literal(":"),
  number("minute", 2),
  { kind: "optional", elements: [literal(":"), number("second", 2)] },
  literal(" "),
  { kind: "offset", zero: "GMT", colon: false, minutes: "required", seconds: "never" },
];

/** `Tuesday, 03-Jun-08 11:05:30 GMT` */
export const RFC_1036 = parseDateFormat("EEEE, dd-MMM-yy HH:mm:ss zzz");

/** `Tue Jun 03 11:05:30 2008`, in GMT. */
export const ASCTIME = [parseDateFormat("EEE MMM dd HH:mm:ss yyyy"), parseDateFormat("EEE MMM  d HH:mm:ss yyyy")];
