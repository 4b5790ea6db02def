import { DateSpecError } from "./date-spec-error.ts";

/** A time zone as Java's ZoneId: an offset from UTC, or a region with its rules. */
export interface Zone {
  /** As Java prints it: `Z`, `+02:00`, `Europe/Berlin`. */
  readonly id: string;
  /** Seconds that the clock is ahead of UTC at a moment. */
  offsetAt(epochSecond: number): number;
  /** The offset with which a reading of the clock is a moment. Of two moments the earlier, unless the preferred offset is that of the later. */
  offsetOfLocal(localSecond: number, preferredOffset?: number): number;
}

const MAX_OFFSET_SECONDS = 18 * 3600;

export function offsetZone(offsetSeconds: number, id = offsetText(offsetSeconds)): Zone {
  return { id, offsetAt: () => offsetSeconds, offsetOfLocal: () => offsetSeconds };
}

export const UTC = offsetZone(0);

/** As Java's ZoneId.of: `Z`, `+2`, `+02:00`, `UTC+2`, `GMT`, a region. Throws DateSpecError. */
export function zoneOf(id: string): Zone {
  if (id === "Z") return UTC;
  if (id === "UTC" || id === "GMT" || id === "UT") return offsetZone(0, id);
  const [, prefix = "", offset] = /^(UTC|GMT|UT)?([+-].*)$/.exec(id) ?? [];
  if (offset === undefined) return regionZone(id);
  const seconds = parseOffset(offset);
  if (seconds === undefined) throw new DateSpecError(`Invalid ID for offset-based ZoneId: ${id}`);
  return offsetZone(seconds, `${prefix}${prefix !== "" && seconds === 0 ? "" : offsetText(seconds)}`);
}

/** The zone this process runs in, as Java takes that of its machine. */
export function systemZone(): Zone {
  return zoneOf(new Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** Seconds of `+h`, `+hh`, `+hh:mm`, `+hhmm`, `+hh:mm:ss`, `+hhmmss`. */
function parseOffset(text: string): number | undefined {
  const [, sign, hours = "", minutes = "0", seconds = "0"] =
    /^([+-])(\d{1,2})$/.exec(text) ?? /^([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? /^([+-])(\d\d)(\d\d)(\d\d)?$/.exec(text) ?? [];
  if (sign === undefined || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return total > MAX_OFFSET_SECONDS ? undefined : sign === "-" ? -total : total;
}

/** `Z`, `+02:00`, `-03:30:15`. */
export function offsetText(offsetSeconds: number): string {
  if (offsetSeconds === 0) return "Z";
  const size = Math.abs(offsetSeconds);
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, ...(size % 60 === 0 ? [] : [size % 60])];
  return `${offsetSeconds < 0 ? "-" : "+"}${parts.map((part) => String(part).padStart(2, "0")).join(":")}`;
}

/** Making a formatter takes a hundred times as long as using it. Java's regions are some 600. */
const regions = new Map<string, Zone>();
const mostRegions = 100;

function regionZone(id: string): Zone {
  const known = regions.get(id);
  if (known !== undefined) return known;
  const zone = newRegionZone(id);
  const [oldest] = regions.size >= mostRegions ? regions.keys() : [];
  if (oldest !== undefined) regions.delete(oldest);
  regions.set(id, zone);
  return zone;
}

function newRegionZone(id: string): Zone {
  // Java's ids hold letters, digits and these; JavaScript takes some other names too.
  if (!/^[A-Za-z][A-Za-z0-9~/._+-]+$/.test(id)) throw new DateSpecError(`Invalid ID for region-based ZoneId, invalid format: ${id}`);
  const format = formatterOf(id);
  const offsetAt = (epochSecond: number) => clockOf(format, epochSecond) - epochSecond;
  return {
    id,
    offsetAt,
    offsetOfLocal(localSecond, preferredOffset) {
      const day = 86_400;
      const before = offsetAt(localSecond - offsetAt(localSecond) - day);
      const after = offsetAt(localSecond - offsetAt(localSecond) + day);
      const isValid = (offset: number) => offsetAt(localSecond - offset) === offset;
      if (preferredOffset !== undefined && isValid(preferredOffset)) return preferredOffset;
      const near = offsetAt(localSecond - offsetAt(localSecond));
      // In a gap none is valid, and the offset before it moves the clock forward by the gap.
      return [before, near, after].find(isValid) ?? before;
    },
  };
}

function formatterOf(id: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: id,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (cause) {
    if (cause instanceof RangeError) throw new DateSpecError(`Unknown time-zone ID: ${id}`, { cause });
    throw cause;
  }
}

/** What the clock of a zone shows at a moment, as seconds since 1970-01-01T00:00 on it. Rules end where Date does. */
function clockOf(format: Intl.DateTimeFormat, epochSecond: number): number {
  const limit = 8.6e12;
  const within = Math.min(Math.max(epochSecond, -limit), limit);
  const parts = new Map(format.formatToParts(within * 1000).map((part) => [part.type, part.value]));
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
  const year = parts.get("era")?.startsWith("B") ? 1 - number("year") : number("year");
  const date = new Date(0);
  date.setUTCFullYear(year, number("month") - 1, number("day"));
  date.setUTCHours(number("hour"), number("minute"), number("second"));
  return date.getTime() / 1000 + (epochSecond - within);
}
