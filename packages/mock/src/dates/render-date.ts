import { parseDateOffset, shiftDateTime } from "./date-offset.ts";
import { dateParserFor, readForm } from "./date-parser.ts";
import { DateSpecError } from "./date-spec-error.ts";
import { localOf, type ZonedDateTime } from "./date-time.ts";
import { ASCTIME, ISO_ZONED, RFC_1036, RFC_1123 } from "./known-date-forms.ts";
import { parseDateFormat } from "./parse-date-format.ts";
import { firstDayOf, localDateTimeOf, type ResolvedDate, zonedOf } from "./resolve-date.ts";
import { simpleDateText } from "./simple-date-format.ts";
import { truncationOf } from "./truncate-date-time.ts";
import { offsetZone, systemZone, UTC, zoneOf } from "./zone.ts";

export { DateSpecError };

/** A moment as templates handle it. `zone` is an id Java's ZoneId.of takes (`Europe/Berlin`, `+02:00`, `Z`); see the functions for what none means. */
export interface RenderableDate {
  readonly epochMs: number;
  readonly zone: string | undefined;
}

/**
 * Reads a date by a Java DateTimeFormatter pattern, `epoch` or `unix`; without one by the zoned forms WireMock knows. Undefined when it
 * cannot be read. Throws DateSpecError for a format Java refuses, and for a text from which no moment can be made.
 */
export function parseRenderableDate(text: string, format?: string): RenderableDate | undefined {
  if (format === undefined) return parseKnown(text);
  if (format.toLowerCase() === "unix" || format.toLowerCase() === "epoch") {
    const moment = dateParserFor(format).zoned(text);
    if (!moment) throw new DateSpecError(`For input string: "${text}"`);
    return { epochMs: epochMsOf(moment), zone: undefined };
  }
  const resolved = readForm(parseDateFormat(format), text);
  return resolved && renderableOf(resolved, text);
}

function parseKnown(text: string): RenderableDate | undefined {
  for (const elements of [ISO_ZONED, RFC_1123, RFC_1036, ...ASCTIME]) {
    const resolved = readForm(elements, text, elements === ISO_ZONED, elements === ASCTIME[0] || elements === ASCTIME[1] ? GMT : undefined);
    if (resolved) return renderableOf(resolved, text);
  }
  return undefined;
}

const GMT = offsetZone(0, "GMT");

/** Without a zone the text is read as UTC; a date, month or year alone is its beginning. */
function renderableOf(resolved: ResolvedDate, text: string): RenderableDate {
  const { zone } = resolved;
  const moment = zone ? zonedOf(resolved) : utcOf(resolved);
  if (!moment) throw new DateSpecError(`Unable to obtain a date from "${text}"`);
  return { epochMs: epochMsOf(moment), zone: zone?.id };
}

function utcOf(resolved: ResolvedDate): ZonedDateTime | undefined {
  const day = firstDayOf(resolved);
  const local = resolved.time ? localDateTimeOf(resolved) : day && localOf(day, 0, 0);
  return local && { ...local, zone: UTC };
}

/** Moves a date by `3 days` or `now +3 days`, months and years by UTC's calendar. Throws `DateSpecError` for another text. */
export function shiftDate(date: RenderableDate, offset: string): RenderableDate {
  return { ...date, epochMs: epochMsOf(shiftDateTime(momentAt(date.epochMs, "Z"), parseDateOffset(offset))) };
}

/** Truncates by a name such as `first hour of day`, in the date's zone, or this machine's without one. Throws `DateSpecError` for another name. */
export function truncateDate(date: RenderableDate, truncation: string): RenderableDate {
  const zone = date.zone ?? systemZone().id;
  return { epochMs: epochMsOf(truncationOf(truncation)(momentAt(date.epochMs, zone))), zone };
}

/**
 * Text by Java SimpleDateFormat letters in the date's zone, or this machine's without one; `epoch` or `unix`; without a format ISO 8601
 * in seconds, in UTC without a zone. Throws `DateSpecError` for a bad format or zone.
 */
export function formatDate(date: RenderableDate, format?: string): string {
  if (format === "epoch") return String(date.epochMs);
  if (format === "unix") return String(Math.trunc(date.epochMs / 1000));
  const zone = date.zone === undefined ? undefined : timeZoneId(date.zone);
  if (format === undefined) return isoText(momentAt(date.epochMs, zone ?? "Z"));
  return simpleDateText(momentAt(date.epochMs, zone ?? systemZone().id), format);
}

/** Java formats with its older TimeZone, which takes an offset behind UTC for a name it does not know: GMT. */
function timeZoneId(zone: string): string {
  return /^UTC?[+-]/.test(zoneOf(zone).id) ? "GMT" : zone;
}

function isoText(time: ZonedDateTime): string {
  const offset = time.zone.offsetAt(time.second);
  const zone = offset === 0 ? "Z" : simpleDateText(time, "XXX");
  return `${simpleDateText(time, "yyyy-MM-dd'T'HH:mm:ss")}${zone}`;
}

function momentAt(epochMs: number, zone: string): ZonedDateTime {
  const second = Math.floor(epochMs / 1000);
  return { second, nano: (epochMs - second * 1000) * 1_000_000, zone: zoneOf(zone) };
}

function epochMsOf({ second, nano }: ZonedDateTime): number {
  return second * 1000 + Math.floor(nano / 1_000_000);
}
