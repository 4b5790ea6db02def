import { type DateOffset, dateUnitOf, nowWithOffset, parseDateOffset, shiftDateTime } from "../../dates/date-offset.ts";
import { type DateParser, dateParserFor, knownDates } from "../../dates/date-parser.ts";
import { atZone, compareTimes, type LocalDateTime, millisecondsBetween, toLocal, type ZonedDateTime } from "../../dates/date-time.ts";
import { truncationOf } from "../../dates/truncate-date-time.ts";
import { systemZone, type Zone } from "../../dates/zone.ts";
import type { ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";
import type { PatternOf } from "./pattern-of.ts";

type Pattern = PatternOf<"before">;
type Truncate = (time: ZonedDateTime) => ZonedDateTime;

const TWO_YEARS_MS = 2 * 365 * 86_400_000;

/**
 * Two dates are compared as moments when both have a zone, as readings of the clock when the expected one has none, and with this
 * machine's zone when only the actual one has none.
 */
export function compileDateMatcher(pattern: Pattern): ValueMatcher {
  const expected = expectedDate(pattern);
  const parser: DateParser = pattern.actualFormat === undefined ? knownDates : dateParserFor(pattern.actualFormat);
  const truncateActual = pattern.truncateActual === undefined ? undefined : truncationOf(pattern.truncateActual);
  const zone = systemZone();
  const pair = (text: string) => comparable(expected.at(momentOf(Date.now(), zone)), actualDate(text, parser, truncateActual), zone);
  return {
    pattern,
    matches(value) {
      const text = matchedText(value);
      const dates = text === undefined ? undefined : pair(text);
      return dates !== undefined && holds(pattern.kind, compareTimes(dates.actual, dates.expected));
    },
    distance(value) {
      const text = matchedText(value);
      const dates = text === undefined ? undefined : pair(text);
      if (!dates) return 1;
      const apartMs = millisecondsBetween(dates.expected, dates.actual);
      return apartMs / (apartMs + TWO_YEARS_MS);
    },
    describe: () => expected.text,
  };
}

function holds(kind: Pattern["kind"], order: number): boolean {
  if (kind === "before") return order < 0;
  return kind === "after" ? order > 0 : order === 0;
}

interface DateReading {
  readonly zoned: ZonedDateTime | undefined;
  readonly local: LocalDateTime | undefined;
}

interface ExpectedDate {
  readonly text: string;
  at(now: ZonedDateTime): DateReading;
}

function expectedDate(pattern: Pattern): ExpectedDate {
  const { value } = pattern;
  if (!isFromNow(value)) {
    const literal = { zoned: knownDates.zoned(value), local: knownDates.local(value) };
    return { text: value, at: () => literal };
  }
  const offset = offsetOf(pattern);
  const truncate = pattern.truncateExpected === undefined ? (time: ZonedDateTime) => time : truncationOf(pattern.truncateExpected);
  const move: Truncate = (now) =>
    pattern.applyTruncationLast === true ? truncate(shiftDateTime(now, offset)) : shiftDateTime(truncate(now), offset);
  return {
    text: value === "now" ? nowWithOffset(offset) : value,
    at: (now) => ({ zoned: move(now), local: undefined }),
  };
}

function isFromNow(value: string): boolean {
  return value.toLowerCase() === "now" || /^[-+]?[0-9]+ [a-zA-Z]+$/.test(value.replace(/now /gi, ""));
}

function offsetOf({ value, expectedOffset, expectedOffsetUnit }: Pattern): DateOffset {
  if (expectedOffset === undefined || expectedOffsetUnit === undefined) return parseDateOffset(value);
  return { amount: expectedOffset, unit: dateUnitOf(expectedOffsetUnit) };
}

function momentOf(nowMs: number, zone: Zone): ZonedDateTime {
  return { second: Math.floor(nowMs / 1000), nano: (nowMs % 1000) * 1_000_000, zone };
}

function actualDate(text: string, parser: DateParser, truncate: Truncate | undefined): DateReading {
  const zoned = parser.zoned(text);
  return { zoned: zoned && truncate ? truncate(zoned) : zoned, local: parser.local(text) };
}

function comparable(
  expected: DateReading,
  actual: DateReading,
  zone: Zone,
): { readonly expected: LocalDateTime; readonly actual: LocalDateTime } | undefined {
  if (expected.zoned && actual.zoned) return { expected: expected.zoned, actual: actual.zoned };
  if (expected.local && actual.local) return { expected: expected.local, actual: actual.local };
  if (expected.local && actual.zoned) return { expected: expected.local, actual: toLocal(actual.zoned) };
  if (expected.zoned && actual.local) return { expected: expected.zoned, actual: atZone(actual.local, zone) };
  return undefined;
}
