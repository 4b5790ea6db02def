import type { LocalDateTime, ZonedDateTime } from "./date-time.ts";
import { localOf } from "./date-time.ts";
import type { FormatElement } from "./format-element.ts";
import { ASCTIME, ISO_DATE, ISO_DATE_TIME, ISO_YEAR, ISO_YEAR_MONTH, ISO_ZONED, RFC_1036, RFC_1123 } from "./known-date-forms.ts";
import { parseDateFormat } from "./parse-date-format.ts";
import { readDateText } from "./read-date-text.ts";
import { firstDayOf, localDateTimeOf, type ResolvedDate, resolveDate, zonedOf } from "./resolve-date.ts";
import { offsetZone, UTC, type Zone } from "./zone.ts";

/** Reads texts of dates of one format, or of the forms WireMock knows. Never throws. */
export interface DateParser {
  /** A text that says a moment: with a zone, or a count of seconds or milliseconds since 1970. */
  zoned(text: string): ZonedDateTime | undefined;
  /** A text that says a date and time, a date, a month or a year; what is missing is the beginning. A zone is read and ignored. */
  local(text: string): LocalDateTime | undefined;
}

/** Longer texts are no dates. */
const MAX_LENGTH = 1000;

/** By the letters of Java's DateTimeFormatter, `unix` (seconds) or `epoch` (milliseconds). Throws DateSpecError for another format. */
export function dateParserFor(format: string): DateParser {
  if (format.toLowerCase() === "unix") return countParser(1000n);
  if (format.toLowerCase() === "epoch") return countParser(1n);
  const elements = parseDateFormat(format);
  return {
    zoned: (text) => momentOf(readForm(elements, text)),
    local: (text) => localOfResolved(readForm(elements, text)),
  };
}

export const knownDates: DateParser = {
  zoned(text) {
    for (const { elements, strict, zone } of ZONED_FORMS) {
      const moment = momentOf(readForm(elements, text, strict, zone));
      if (moment) return moment;
    }
    return undefined;
  },
  local(text) {
    for (const elements of [ISO_DATE_TIME, ISO_DATE, ISO_YEAR_MONTH, ISO_YEAR]) {
      const local = localOfResolved(readForm(elements, text, true));
      if (local) return local;
    }
    return undefined;
  },
};

const GMT = offsetZone(0, "GMT");

const ZONED_FORMS: readonly { readonly elements: readonly FormatElement[]; readonly strict: boolean; readonly zone?: Zone }[] = [
  { elements: ISO_ZONED, strict: true },
  { elements: RFC_1123, strict: false },
  { elements: RFC_1036, strict: false },
  ...ASCTIME.map((elements) => ({ elements, strict: false, zone: GMT })),
];

/** What a text says in a form; undefined when it is not of that form. `zone` is the one it is in when it names none. */
export function readForm(elements: readonly FormatElement[], text: string, strict = false, zone?: Zone): ResolvedDate | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const fields = readDateText(elements, text);
  const resolved = fields && resolveDate(fields, strict);
  return resolved && (resolved.zone ? resolved : { ...resolved, zone });
}

function momentOf(resolved: ResolvedDate | undefined): ZonedDateTime | undefined {
  return resolved && zonedOf(resolved);
}

function localOfResolved(resolved: ResolvedDate | undefined): LocalDateTime | undefined {
  const day = resolved && firstDayOf(resolved);
  return resolved && (localDateTimeOf(resolved) ?? (day && localOf(day, 0, 0)));
}

/** A long of Java, as a moment. */
function countParser(millisPerUnit: bigint): DateParser {
  const read = (text: string): LocalDateTime | undefined => {
    if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
    const millis = BigInt.asIntN(64, BigInt(text.replace("+", "")) * millisPerUnit);
    const seconds = millis / 1000n - (millis % 1000n < 0n ? 1n : 0n);
    return { second: Number(seconds), nano: Number(millis - seconds * 1000n) * 1_000_000 };
  };
  return {
    zoned: (text) => {
      const moment = read(text);
      return moment && { ...moment, zone: UTC };
    },
    local: read,
  };
}
