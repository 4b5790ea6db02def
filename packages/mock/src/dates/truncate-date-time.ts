import { type CalendarDate, daysInMonth, plusMonths } from "./calendar.ts";
import { DateSpecError } from "./date-spec-error.ts";
import { atZone, dateOf, type LocalDateTime, localOf, secondOfDay, toLocal, type ZonedDateTime } from "./date-time.ts";

/** What a truncation makes of a date and time on its clock. */
type Truncation = (local: LocalDateTime) => LocalDateTime;

const TRUNCATIONS: Readonly<Record<string, Truncation>> = {
  FIRST_SECOND_OF_MINUTE: (local) => atMultiple(local, 60),
  FIRST_MINUTE_OF_HOUR: (local) => atMultiple(local, 3600),
  FIRST_HOUR_OF_DAY: (local) => startOf(local, (date) => date),
  FIRST_DAY_OF_MONTH: (local) => startOf(local, (date) => ({ ...date, day: 1 })),
  FIRST_DAY_OF_NEXT_MONTH: (local) => startOf(local, (date) => plusMonths({ ...date, day: 1 }, 1)),
  LAST_DAY_OF_MONTH: (local) => startOf(local, (date) => ({ ...date, day: daysInMonth(date.year, date.month) })),
  FIRST_DAY_OF_YEAR: (local) => startOf(local, ({ year }) => ({ year, month: 1, day: 1 })),
  FIRST_DAY_OF_NEXT_YEAR: (local) => startOf(local, ({ year }) => ({ year: year + 1, month: 1, day: 1 })),
  LAST_DAY_OF_YEAR: (local) => startOf(local, ({ year }) => ({ year, month: 12, day: 31 })),
};

/** The truncation of a name, in any case, with spaces or underscores. Throws DateSpecError. */
export function truncationOf(name: string): (time: ZonedDateTime) => ZonedDateTime {
  const truncate = TRUNCATIONS[name.toUpperCase().replaceAll(" ", "_")];
  if (!truncate) throw new DateSpecError(`"${name}" is no truncation: ${Object.keys(TRUNCATIONS).map(readable).join(", ")}`);
  return (time) => atZone(truncate(toLocal(time)), time.zone, time.zone.offsetAt(time.second));
}

function readable(name: string): string {
  return name.replaceAll("_", " ").toLowerCase();
}

function atMultiple(local: LocalDateTime, seconds: number): LocalDateTime {
  return { second: local.second - (secondOfDay(local) % seconds), nano: 0 };
}

function startOf(local: LocalDateTime, move: (date: CalendarDate) => CalendarDate): LocalDateTime {
  return localOf(move(dateOf(local)), 0, 0);
}
