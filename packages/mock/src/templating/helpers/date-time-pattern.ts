import { dayOfYear } from "../../dates/calendar.ts";
import { dateOf, secondOfDay, toLocal, type ZonedDateTime } from "../../dates/date-time.ts";
import { simpleDateText } from "../../dates/simple-date-format.ts";
import { illegalArgument } from "../values/java-exception.ts";
import { intlLocale } from "./java-locale.ts";

/**
 * Writes a moment by a pattern of java.time.format.DateTimeFormatter, which `dateFormat` takes: `yyyy-MM-dd'T'HH:mm:ssXXX`,
 * `EEEE d MMMM`. (`date` and `now` take those of SimpleDateFormat, in `dates/`.)
 */
export function formatByPattern(moment: ZonedDateTime, pattern: string, locale: string): string {
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
      text += field({ letter: char, count: end - at }, moment, locale);
      at = end;
    } else {
      if ("{}#".includes(char)) throw illegalArgument(`Pattern includes reserved character: '${char}'`);
      if (char !== "[" && char !== "]") text += char;
      at += 1;
    }
  }
  return text;
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

interface Letters {
  readonly letter: string;
  readonly count: number;
}

function field({ letter, count }: Letters, moment: ZonedDateTime, locale: string): string {
  const local = toLocal(moment);
  const date = dateOf(local);
  const clock = secondOfDay(local);
  const hour = Math.floor(clock / 3600);
  const number = (value: number) => String(value).padStart(count, "0");
  switch (letter) {
    case "y":
      return year(date.year > 0 ? date.year : 1 - date.year, count);
    case "u":
      return year(date.year, count);
    case "M":
    case "L":
      return count <= 2 ? number(date.month) : named(local.second, { month: width(count) }, locale);
    case "d":
      return number(date.day);
    case "D":
      return number(dayOfYear(date));
    case "E":
      return named(local.second, { weekday: count < 4 ? "short" : width(count) }, locale);
    case "a":
      return hour < 12 ? "AM" : "PM";
    case "H":
      return number(hour);
    case "k":
      return number(hour || 24);
    case "K":
      return number(hour % 12);
    case "h":
      return number(hour % 12 || 12);
    case "m":
      return number(Math.floor(clock / 60) % 60);
    case "s":
      return number(clock % 60);
    case "S":
      return String(moment.nano).padStart(9, "0").slice(0, count).padEnd(count, "0");
    case "n":
      return number(moment.nano);
    case "A":
      return number(clock * 1000 + Math.floor(moment.nano / 1_000_000));
    case "N":
      return number(clock * 1_000_000_000 + moment.nano);
    case "Q":
    case "q":
      return quarter(Math.ceil(date.month / 3), count);
    case "G":
      return era(date.year > 0, count);
    default:
      return zoneField({ letter, count }, moment);
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

/** A name of the date that a local clock shows. */
function named(localSecond: number, options: Intl.DateTimeFormatOptions, locale: string): string {
  return new Intl.DateTimeFormat(intlLocale(locale), { ...options, timeZone: "UTC" }).format(localSecond * 1000);
}

function quarter(value: number, count: number): string {
  if (count <= 2) return String(value).padStart(count, "0");
  return count === 3 ? `Q${value}` : count === 4 ? `${value}${["st", "nd", "rd", "th"][value - 1]} quarter` : String(value);
}

function era(common: boolean, count: number): string {
  if (count === 4) return common ? "Anno Domini" : "Before Christ";
  return count === 5 ? (common ? "A" : "B") : common ? "AD" : "BC";
}

function zoneField({ letter, count }: Letters, moment: ZonedDateTime): string {
  const minutes = Math.trunc(moment.zone.offsetAt(moment.second) / 60);
  switch (letter) {
    case "V":
      return moment.zone.id;
    case "z":
      return simpleDateText(moment, count < 4 ? "z" : "zzzz");
    case "O":
      return minutes === 0 ? "GMT" : `GMT${count < 4 ? shortOffset(minutes) : offset(minutes, ":")}`;
    case "X":
      return minutes === 0 ? "Z" : isoOffset(minutes, count);
    case "x":
      return isoOffset(minutes, count);
    case "Z":
      if (count === 4) return minutes === 0 ? "GMT" : `GMT${offset(minutes, ":")}`;
      return count === 5 ? (minutes === 0 ? "Z" : offset(minutes, ":")) : offset(minutes, "");
    default:
      throw illegalArgument(`Unknown pattern letter: ${letter}`);
  }
}

/** `X` is +01 or +0130, `XX` +0100, `XXX` +01:00. */
function isoOffset(minutes: number, count: number): string {
  if (count === 1) return minutes % 60 === 0 ? offset(minutes, "").slice(0, 3) : offset(minutes, "");
  return offset(minutes, count % 2 === 0 ? "" : ":");
}

function offset(minutes: number, separator: string): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}${separator}${String(rest).padStart(2, "0")}`;
}

function shortOffset(minutes: number): string {
  const rest = Math.abs(minutes) % 60;
  return `${minutes < 0 ? "-" : "+"}${Math.floor(Math.abs(minutes) / 60)}${rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`}`;
}
