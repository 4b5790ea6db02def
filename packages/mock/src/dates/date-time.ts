import { type CalendarDate, calendarDate, epochDay, SECONDS_PER_DAY } from "./calendar.ts";
import type { Zone } from "./zone.ts";

/** A date and time without zone: seconds since 1970-01-01T00:00 on that clock, and nanoseconds. */
export interface LocalDateTime {
  readonly second: number;
  readonly nano: number;
}

/** A moment, and the zone its clock is read in. `second` counts from the Unix epoch. */
export interface ZonedDateTime {
  readonly second: number;
  readonly nano: number;
  readonly zone: Zone;
}

export function localOf(date: CalendarDate, secondOfDay: number, nano: number): LocalDateTime {
  return { second: epochDay(date) * SECONDS_PER_DAY + secondOfDay, nano };
}

export function toLocal({ second, nano, zone }: ZonedDateTime): LocalDateTime {
  return { second: second + zone.offsetAt(second), nano };
}

/** Where the clock is set forward or back as Java reads it: forward by the gap, the earlier of two. */
export function atZone({ second, nano }: LocalDateTime, zone: Zone, preferredOffset?: number): ZonedDateTime {
  return { second: second - zone.offsetOfLocal(second, preferredOffset), nano, zone };
}

export function dateOf({ second }: LocalDateTime): CalendarDate {
  return calendarDate(Math.floor(second / SECONDS_PER_DAY));
}

export function secondOfDay({ second }: LocalDateTime): number {
  return second - Math.floor(second / SECONDS_PER_DAY) * SECONDS_PER_DAY;
}

/** Below 0, 0 or above 0. Two of one kind: moments, or dates and times without zone. */
export function compareTimes(one: LocalDateTime, two: LocalDateTime): number {
  return one.second - two.second || one.nano - two.nano;
}

/** Whole milliseconds between two, without sign. */
export function millisecondsBetween(one: LocalDateTime, two: LocalDateTime): number {
  const nanos = BigInt(one.second - two.second) * 1_000_000_000n + BigInt(one.nano - two.nano);
  const millis = nanos / 1_000_000n;
  return Number(millis < 0n ? -millis : millis);
}
