import { illegalArgument } from "../values/java-exception.ts";
import { intlLocale } from "./java-locale.ts";

/** Writes a moment by a pattern of java.time.format.DateTimeFormatter: `yyyy-MM-dd'T'HH:mm:ssXXX`, `EEEE d MMMM`. */
export function formatByPattern(epochMs: number, pattern: string, where: DateTimePlace): string {
  const moment = momentAt(epochMs, where);
  let text = "";
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at] ?? "";
    if (char === "'") {
      const [literal, next] = quoted(pattern, at);
      text += literal;
      at = next;
    } else if (/[a-zA-Z]/.test(char)) {
      let end = at;
      while (pattern[end] === char) end += 1;
      text += field(char, end - at, moment);
      at = end;
    } else {
      if ("{}#".includes(char)) throw illegalArgument(`Pattern includes reserved character: '${char}'`);
      if (char !== "[" && char !== "]") text += char;
      at += 1;
    }
  }
  return text;
}

export interface DateTimePlace {
  /** As Intl takes it. */
  readonly timeZone: string;
  /** As Java names it. */
  readonly locale: string;
}

function quoted(pattern: string, from: number): [string, number] {
  if (pattern[from + 1] === "'") return ["'", from + 2];
  let text = "";
  for (let at = from + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern[at];
    else if (pattern[at + 1] === "'") {
      text += "'";
      at += 1;
    } else return [text, at + 1];
  }
  throw illegalArgument(`Pattern ends with an incomplete string literal: ${pattern}`);
}

interface Moment extends DateTimePlace {
  readonly epochMs: number;
  /** The wall clock of the place, as if it were UTC. */
  readonly local: Date;
  readonly offsetMinutes: number;
}

function momentAt(epochMs: number, where: DateTimePlace): Moment {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: where.timeZone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(epochMs);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const beforeChrist = parts.some((one) => one.type === "era" && one.value.startsWith("B"));
  const local = new Date(0);
  local.setUTCFullYear(beforeChrist ? 1 - part("year") : part("year"), part("month") - 1, part("day"));
  local.setUTCHours(part("hour"), part("minute"), part("second"), ((epochMs % 1000) + 1000) % 1000);
  return { ...where, epochMs, local, offsetMinutes: Math.round((local.getTime() - epochMs) / 60_000) };
}

function field(letter: string, count: number, moment: Moment): string {
  const { local } = moment;
  const number = (value: number) => String(value).padStart(count, "0");
  switch (letter) {
    case "y":
      return year(local.getUTCFullYear() > 0 ? local.getUTCFullYear() : 1 - local.getUTCFullYear(), count);
    case "u":
      return year(local.getUTCFullYear(), count);
    case "M":
    case "L":
      return count <= 2 ? number(local.getUTCMonth() + 1) : named(moment, { month: width(count) });
    case "d":
      return number(local.getUTCDate());
    case "D":
      return number(dayOfYear(local));
    case "E":
      return named(moment, { weekday: count < 4 ? "short" : width(count) });
    case "a":
      return local.getUTCHours() < 12 ? "AM" : "PM";
    case "H":
      return number(local.getUTCHours());
    case "k":
      return number(local.getUTCHours() || 24);
    case "K":
      return number(local.getUTCHours() % 12);
    case "h":
      return number(local.getUTCHours() % 12 || 12);
    case "m":
      return number(local.getUTCMinutes());
    case "s":
      return number(local.getUTCSeconds());
    case "S":
      return String(local.getUTCMilliseconds()).padStart(3, "0").padEnd(count, "0").slice(0, count);
    case "n":
      return number(local.getUTCMilliseconds() * 1_000_000);
    case "A":
      return number(milliOfDay(local));
    case "N":
      return number(milliOfDay(local) * 1_000_000);
    case "Q":
    case "q":
      return quarter(Math.floor(local.getUTCMonth() / 3) + 1, count);
    case "G":
      return era(local.getUTCFullYear() > 0, count);
    default:
      return zoneField(letter, count, moment);
  }
}

function year(value: number, count: number): string {
  if (count === 2) return String(Math.abs(value) % 100).padStart(2, "0");
  const digits = String(Math.abs(value)).padStart(count, "0");
  return value < 0 ? `-${digits}` : count >= 4 && digits.length > count ? `+${digits}` : digits;
}

function width(count: number): "short" | "long" | "narrow" {
  if (count > 5) throw illegalArgument("Too many pattern letters");
  return count === 3 ? "short" : count === 4 ? "long" : "narrow";
}

function named({ local, locale }: Moment, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(intlLocale(locale), { ...options, timeZone: "UTC" }).format(local);
}

function dayOfYear(local: Date): number {
  return Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

function milliOfDay(local: Date): number {
  return ((local.getUTCHours() * 60 + local.getUTCMinutes()) * 60 + local.getUTCSeconds()) * 1000 + local.getUTCMilliseconds();
}

function quarter(value: number, count: number): string {
  if (count <= 2) return String(value).padStart(count, "0");
  return count === 3 ? `Q${value}` : count === 4 ? `${value}${["st", "nd", "rd", "th"][value - 1]} quarter` : String(value);
}

function era(common: boolean, count: number): string {
  if (count === 4) return common ? "Anno Domini" : "Before Christ";
  return count === 5 ? (common ? "A" : "B") : common ? "AD" : "BC";
}

function zoneField(letter: string, count: number, moment: Moment): string {
  const { offsetMinutes, timeZone } = moment;
  switch (letter) {
    case "V":
      return timeZone;
    case "z":
      return zoneName(moment, count < 4 ? "short" : "long");
    case "O":
      return offsetMinutes === 0 ? "GMT" : `GMT${count < 4 ? offset(offsetMinutes, ":", true) : offset(offsetMinutes, ":")}`;
    case "X":
      return offsetMinutes === 0 ? "Z" : isoOffset(offsetMinutes, count);
    case "x":
      return isoOffset(offsetMinutes, count);
    case "Z":
      if (count === 4) return offsetMinutes === 0 ? "GMT" : `GMT${offset(offsetMinutes, ":")}`;
      return count === 5 ? (offsetMinutes === 0 ? "Z" : offset(offsetMinutes, ":")) : offset(offsetMinutes, "");
    default:
      throw illegalArgument(`Unknown pattern letter: ${letter}`);
  }
}

function zoneName({ epochMs, timeZone, locale }: Moment, style: "short" | "long"): string {
  const parts = new Intl.DateTimeFormat(intlLocale(locale), { timeZone, timeZoneName: style }).formatToParts(epochMs);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
}

/** `X` is +01 or +0130, `XX` +0100, `XXX` +01:00. */
function isoOffset(minutes: number, count: number): string {
  if (count === 1) return minutes % 60 === 0 ? offset(minutes, "").slice(0, 3) : offset(minutes, "");
  return offset(minutes, count % 2 === 0 ? "" : ":");
}

function offset(minutes: number, separator: string, short = false): string {
  const absolute = Math.abs(minutes);
  const sign = minutes < 0 ? "-" : "+";
  const hours = Math.floor(absolute / 60);
  const rest = absolute % 60;
  if (short) return `${sign}${hours}${rest === 0 ? "" : `${separator}${String(rest).padStart(2, "0")}`}`;
  return `${sign}${String(hours).padStart(2, "0")}${separator}${String(rest).padStart(2, "0")}`;
}
