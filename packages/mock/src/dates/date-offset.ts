import { plusMonths, SECONDS_PER_DAY } from "./calendar.ts";
import { DateAmountError, DateSpecError } from "./date-spec-error.ts";
import { atZone, dateOf, localOf, secondOfDay, toLocal, type ZonedDateTime } from "./date-time.ts";

export const DATE_UNITS = ["seconds", "minutes", "hours", "days", "months", "years"] as const;
export type DateUnit = (typeof DATE_UNITS)[number];

/** How far a moment is moved. */
export interface DateOffset {
  readonly amount: number;
  readonly unit: DateUnit;
}

const NONE: DateOffset = { amount: 0, unit: "seconds" };

/** `3 days`, `now +3 days`, `now`. Throws DateSpecError for any other text. */
export function parseDateOffset(text: string): DateOffset {
  if (text.toLowerCase() === "now") return NONE;
  const parts = text.split(" ");
  while (parts.at(-1) === "") parts.pop();
  if (parts.length < 2 || parts.length > 3) {
    throw new DateSpecError(`An offset is an amount and a unit, as in "8 seconds" or "now +5 years", not "${text}"`);
  }
  const [amount = "", unit = ""] = parts.slice(-2);
  return { amount: integerOf(amount), unit: dateUnitOf(unit) };
}

/** A unit in any case. Throws DateSpecError. */
export function dateUnitOf(text: string): DateUnit {
  const unit = DATE_UNITS.find((each) => each === text.toLowerCase());
  if (!unit) throw new DateSpecError(`"${text}" is no unit of time: ${DATE_UNITS.join(", ")}`);
  return unit;
}

function integerOf(text: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || value > 0x7fffffff || value < -0x80000000) throw new DateAmountError(text);
  return value;
}

const SECONDS: Readonly<Partial<Record<DateUnit, number>>> = { seconds: 1, minutes: 60, hours: 3600 };

/** Seconds to hours move the moment, days to years what the clock and calendar show. */
export function shiftDateTime(time: ZonedDateTime, { amount, unit }: DateOffset): ZonedDateTime {
  const seconds = SECONDS[unit];
  if (seconds !== undefined) return { ...time, second: time.second + amount * seconds };
  const local = toLocal(time);
  const shifted =
    unit === "days"
      ? { ...local, second: local.second + amount * SECONDS_PER_DAY }
      : localOf(plusMonths(dateOf(local), amount * (unit === "years" ? 12 : 1)), secondOfDay(local), local.nano);
  return atZone(shifted, time.zone, time.zone.offsetAt(time.second));
}

/** As WireMock prints an offset from now. */
export function nowWithOffset({ amount, unit }: DateOffset): string {
  return `now ${amount >= 0 ? "+" : ""}${amount} ${unit}`;
}
