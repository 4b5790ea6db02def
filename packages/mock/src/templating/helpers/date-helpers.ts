import { DateSpecError, formatDate, parseRenderableDate, shiftDate, truncateDate } from "../../dates/render-date.ts";
import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { isFalsy } from "../values/compare.ts";
import { illegalArgument, nullPointer } from "../values/java-exception.ts";
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

/** What the date functions refuse is an error of the template. */
function refusing<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof DateSpecError) throw illegalArgument(error.message);
    throw error;
  }
}

/** A zone is taken only where there is no date yet: a parsed date keeps its own. */
function moved(date: DateValue | undefined, call: HelperCall): DateValue {
  const format = textOption(call, "format") ?? undefined;
  const offset = textOption(call, "offset");
  const zone = textOption(call, "timezone") ?? undefined;
  const start = date ? date.date : { epochMs: call.rendering.world.nowMs(), zone };
  return refusing(() => {
    const shifted = offset === null ? start : shiftDate(start, offset);
    const value = new DateValue({ epochMs: shifted.epochMs, zone: start.zone }, format);
    // Complains here, where the place is known, rather than when it is printed.
    formatDate(value.date, value.format);
    return value;
  });
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
  const zone = context.date.zone ?? "UTC";
  return refusing(() => new DateValue(truncateDate({ epochMs: context.date.epochMs, zone }, textOf(type, call))));
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
      `found instance of ${kindOf(context)} with value '${textOf(context, call)}', but expected instance of TemporalAccessor`,
    );
  const pattern = textArgument(paramOr(call, 0, null)) ?? textOption(call, "format") ?? "medium";
  const time = textOption(call, "time");
  const locale = textArgument(paramOr(call, 1, null)) ?? textOption(call, "locale") ?? "";
  const place = { timeZone: javaTimeZone(option(call, "tz"), call), locale: locale === "" ? DEFAULT_LOCALE : locale };
  const { epochMs } = context.date;
  if (!STYLES.includes(pattern)) return formatByPattern(epochMs, pattern, place);
  const styles = { dateStyle: pattern as Style, ...(time !== null && STYLES.includes(time) ? { timeStyle: time as Style } : {}) };
  return new Intl.DateTimeFormat(intlLocale(place.locale), { ...styles, timeZone: place.timeZone })
    .format(epochMs)
    .replaceAll("\u202f", " ");
}

function kindOf(value: Value): string {
  return typeof value === "string" ? "String" : typeof value === "number" ? "Integer" : typeof value === "boolean" ? "Boolean" : "Object";
}

/** TimeZone.getTimeZone: what it does not know is GMT. */
function javaTimeZone(zone: Value, call: HelperCall): string {
  if (zone === null) return "UTC";
  const name = textOf(zone, call);
  const custom = /^GMT([+-])(\d{1,2}):?(\d{2})?$/.exec(name);
  const candidate = custom ? `${custom[1]}${custom[2]?.padStart(2, "0")}:${custom[3] ?? "00"}` : name;
  try {
    new Intl.DateTimeFormat("en", { timeZone: candidate });
    return candidate;
  } catch {
    return "GMT";
  }
}
