import type { ZonedDateTime } from "../../dates/date-time.ts";
import { DateSpecError, parseRenderableDate, shiftDate, truncateDate } from "../../dates/render-date.ts";
import { systemZone, type Zone, zoneOf } from "../../dates/zone.ts";
import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { isFalsy } from "../values/compare.ts";
import { refusing } from "../values/date-text.ts";
import { classNameOf, illegalArgument, nullPointer } from "../values/java-exception.ts";
import { DateValue, type Value } from "../values/value.ts";
import { option, paramOr, textArgument, textOf, textOfPresent, textOption } from "./arguments.ts";
import { formatByPattern } from "./date-time-pattern.ts";
import { DEFAULT_LOCALE, intlLocale } from "./java-locale.ts";

export const dateHelpers: Helpers = new Map<string, Helper>([
  ["now", (_context, call) => moved(undefined, call)],
  ["date", (context, call) => moved(context instanceof DateValue ? context : undefined, call)],
  ["parseDate", parseDate],
  ["truncateDate", truncate],
  ["dateFormat", dateFormat],
]);

/** A zone is taken only where there is no date yet: a parsed date keeps its own. */
function moved(date: DateValue | undefined, call: HelperCall): DateValue {
  const format = textOption(call, "format") ?? undefined;
  const offset = textOption(call, "offset");
  const zone = textOption(call, "timezone") ?? undefined;
  const start = date ? date.date : { epochMs: call.rendering.world.nowMs(), zone };
  const shifted = offset === null ? start : refusing(() => shiftDate(start, offset));
  if (zone !== undefined && !date) refusing(() => zoneOf(zone));
  return new DateValue({ epochMs: shifted.epochMs, zone: start.zone }, format);
}

function parseDate(context: Value, call: HelperCall): Value {
  const text = textOfPresent(context, call);
  const format = textOption(call, "format") ?? undefined;
  const date = refusing(() => parseRenderableDate(text, format));
  return date ? new DateValue(date) : null;
}

function truncate(context: Value, call: HelperCall): Value {
  if (call.params.length === 0) return helperError("Truncation type must be specified as the first parameter to truncateDate");
  if (!(context instanceof DateValue)) return helperError("A date object must be passed to the truncateDate helper");
  const type = paramOr(call, 0, null);
  if (type === null) throw nullPointer("Object.toString()", "options.params[0]");
  return refusing(() => new DateValue(truncateDate(context.date, textOf(type, call))));
}

type Style = "full" | "long" | "medium" | "short";
const STYLES: readonly string[] = ["full", "long", "medium", "short"] satisfies Style[];

function dateFormat(context: Value, call: HelperCall): Value {
  if (isFalsy(context)) {
    const instead = paramOr(call, 0, null);
    return instead === null ? null : textOf(instead, call);
  }
  if (!(context instanceof DateValue))
    throw illegalArgument(
      `found instance of ${classNameOf(context).split(/[.$]/).at(-1)} with value '${textOf(context, call)}', but expected instance of TemporalAccessor`,
    );
  const pattern = textArgument(paramOr(call, 0, null)) ?? textOption(call, "format") ?? "medium";
  const time = textOption(call, "time");
  const locale = textArgument(paramOr(call, 1, null)) ?? textOption(call, "locale") ?? "";
  const zone = javaTimeZone(option(call, "tz"), call);
  const { epochMs } = context.date;
  const named = locale === "" ? DEFAULT_LOCALE : locale;
  if (!STYLES.includes(pattern)) return refusing(() => formatByPattern(momentAt(epochMs, zone), pattern, named));
  const styles = { dateStyle: pattern as Style, ...(time !== null && STYLES.includes(time) ? { timeStyle: time as Style } : {}) };
  const text = new Intl.DateTimeFormat(intlLocale(named), { ...styles, timeZone: zone.id }).format(epochMs);
  return text.replaceAll("\u202f", " ");
}

function momentAt(epochMs: number, zone: Zone): ZonedDateTime {
  const second = Math.floor(epochMs / 1000);
  return { second, nano: (epochMs - second * 1000) * 1_000_000, zone };
}

/** TimeZone.getTimeZone: what it does not know is GMT, and this process's zone when none is named. */
function javaTimeZone(zone: Value, call: HelperCall): Zone {
  if (zone === null) return systemZone();
  const name = textOf(zone, call);
  const custom = /^GMT([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(name);
  try {
    return zoneOf(custom ? `${custom[1]}${custom[2]?.padStart(2, "0")}:${custom[3] ?? "00"}` : name);
  } catch (error) {
    if (error instanceof DateSpecError) return zoneOf("GMT");
    throw error;
  }
}
