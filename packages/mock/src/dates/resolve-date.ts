import { type CalendarDate, calendarDate, dayOfWeek, daysInMonth, epochDay, isLeapYear, SECONDS_PER_DAY } from "./calendar.ts";
import type { DateField, ParsedFields } from "./date-field.ts";
import { atZone, type LocalDateTime, localOf, type ZonedDateTime } from "./date-time.ts";
import { offsetZone, type Zone } from "./zone.ts";

/** What the fields of a text amount to. A year or month alone stays one. */
export interface ResolvedDate {
  readonly date: CalendarDate | undefined;
  /** Seconds and nanoseconds of the day. */
  readonly time: { readonly second: number; readonly nano: number } | undefined;
  /** The region if one was read, else the offset. */
  readonly zone: Zone | undefined;
  readonly offsetSeconds: number | undefined;
  readonly year: number | undefined;
  readonly month: number | undefined;
}

const NANOS = 1_000_000_000;

/**
 * Puts fields together as Java's formatters do: "smart" lets 31 April be the 30th and 24:00 the next day, "strict" does not.
 * Undefined when a field is out of range or two disagree.
 */
export function resolveDate(fields: ParsedFields, strict: boolean): ResolvedDate | undefined {
  for (const [field, least, most] of RANGES) {
    const value = fields.get(field);
    if (value !== undefined && (value < least || value > most)) return undefined;
  }
  const time = resolveTime(fields, strict);
  const year = resolveYear(fields);
  const month = fields.get("month");
  const date = resolveDay(fields, year, strict);
  if (date === "conflict" || time === "conflict") return undefined;
  const offsetSeconds = fields.get("offset");
  const zone = fields.zone ?? (offsetSeconds === undefined ? undefined : offsetZone(offsetSeconds));
  const later = time && date && time.second >= SECONDS_PER_DAY;
  return {
    date: later ? calendarDate(epochDay(date) + 1) : date,
    time: time && { ...time, second: time.second % SECONDS_PER_DAY },
    zone,
    offsetSeconds,
    year,
    month,
  };
}

/** The moment of a text that has date, time and zone. An offset decides beside a region. */
export function zonedOf(resolved: ResolvedDate): ZonedDateTime | undefined {
  const local = localDateTimeOf(resolved);
  if (!local || !resolved.zone) return undefined;
  if (resolved.offsetSeconds === undefined) return atZone(local, resolved.zone);
  return { ...atZone(local, offsetZone(resolved.offsetSeconds)), zone: resolved.zone };
}

export function localDateTimeOf({ date, time }: ResolvedDate): LocalDateTime | undefined {
  return date && time && localOf(date, time.second, time.nano);
}

/** The least that a text says of a day: a date, else the first of a month or year. */
export function firstDayOf({ date, year, month }: ResolvedDate): CalendarDate | undefined {
  return date ?? (year === undefined ? undefined : { year, month: month ?? 1, day: 1 });
}

const RANGES: readonly (readonly [DateField, number, number])[] = [
  ["era", 0, 1],
  ["year-of-era", 1, 999_999_999],
  ["year", -999_999_999, 999_999_999],
  ["quarter", 1, 4],
  ["month", 1, 12],
  ["day", 1, 31],
  ["day-of-year", 1, 366],
  ["day-of-week", 1, 7],
  ["half-of-day", 0, 1],
  ["hour", 0, 24],
  ["clock-hour", 0, 24],
  ["hour-of-half", 0, 11],
  ["clock-hour-of-half", 0, 12],
  ["minute", 0, 59],
  ["second", 0, 59],
  ["nano", 0, NANOS - 1],
  ["milli-of-day", 0, 86_399_999],
  ["nano-of-day", 0, 86_400 * NANOS - 1],
  ["modified-julian-day", -365_243_219_162 + 40_587, 365_241_780_471 + 40_587],
  ["offset", -18 * 3600, 18 * 3600],
];

function resolveYear(fields: ParsedFields): number | undefined {
  const ofEra = fields.get("year-of-era");
  const year = fields.get("year");
  if (ofEra === undefined) return year;
  return fields.get("era") === 0 ? 1 - ofEra : ofEra;
}

function resolveDay(fields: ParsedFields, year: number | undefined, strict: boolean): CalendarDate | "conflict" | undefined {
  const date = dateFrom(fields, year, strict);
  if (!date || date === "conflict") return date;
  const weekday = fields.get("day-of-week");
  if (weekday !== undefined && dayOfWeek(epochDay(date)) !== weekday) return "conflict";
  const quarter = fields.get("quarter");
  const month = fields.get("month");
  const disagrees = (quarter !== undefined && Math.ceil(date.month / 3) !== quarter) || (month !== undefined && month !== date.month);
  return disagrees ? "conflict" : date;
}

function dateFrom(fields: ParsedFields, year: number | undefined, strict: boolean): CalendarDate | "conflict" | undefined {
  const julian = fields.get("modified-julian-day");
  if (julian !== undefined) return calendarDate(julian - 40_587);
  if (year === undefined) return undefined;
  const month = fields.get("month");
  const day = fields.get("day");
  if (month !== undefined && day !== undefined) {
    const last = daysInMonth(year, month);
    return day > last && strict ? "conflict" : { year, month, day: Math.min(day, last) };
  }
  const ofYear = fields.get("day-of-year");
  if (ofYear === undefined) return undefined;
  return ofYear > (isLeapYear(year) ? 366 : 365) ? "conflict" : calendarDate(epochDay({ year, month: 1, day: 1 }) + ofYear - 1);
}

function resolveTime(fields: ParsedFields, strict: boolean): { second: number; nano: number } | "conflict" | undefined {
  const nanoOfDay = fields.get("nano-of-day");
  if (nanoOfDay !== undefined) return { second: Math.floor(nanoOfDay / NANOS), nano: nanoOfDay % NANOS };
  const milliOfDay = fields.get("milli-of-day");
  if (milliOfDay !== undefined) return { second: Math.floor(milliOfDay / 1000), nano: (milliOfDay % 1000) * 1_000_000 };
  const hour = resolveHour(fields);
  const minute = fields.get("minute");
  const second = fields.get("second");
  const nano = fields.get("nano");
  if (hour === "conflict") return hour;
  if (hour === undefined) return onlyHalf(fields, [minute, second, nano]);
  if ((minute === undefined && (second !== undefined || nano !== undefined)) || (second === undefined && nano !== undefined))
    return undefined;
  const total = hour * 3600 + (minute ?? 0) * 60 + (second ?? 0);
  if (hour === 24 && (strict || total > SECONDS_PER_DAY || (nano ?? 0) > 0)) return "conflict";
  return { second: total, nano: nano ?? 0 };
}

/** "PM" alone is its middle, six o'clock in the evening. */
function onlyHalf(fields: ParsedFields, others: readonly (number | undefined)[]): { second: number; nano: number } | undefined {
  const half = fields.get("half-of-day");
  const isAlone =
    others.every((each) => each === undefined) &&
    fields.get("hour-of-half") === undefined &&
    fields.get("clock-hour-of-half") === undefined;
  return half !== undefined && isAlone ? { second: (half * 12 + 6) * 3600, nano: 0 } : undefined;
}

function resolveHour(fields: ParsedFields): number | "conflict" | undefined {
  const clock = fields.get("clock-hour");
  const clockOfHalf = fields.get("clock-hour-of-half");
  const half = fields.get("half-of-day");
  const ofHalf = fields.get("hour-of-half") ?? (clockOfHalf === undefined ? undefined : clockOfHalf % 12);
  const candidates = [
    fields.get("hour"),
    clock === undefined ? undefined : clock % 24,
    half === undefined || ofHalf === undefined ? undefined : half * 12 + ofHalf,
  ].filter((hour) => hour !== undefined);
  if (new Set(candidates).size > 1) return "conflict";
  return candidates[0];
}
