import { dayOfWeek, dayOfYear, epochDay } from "./calendar.ts";
import { DAYS, MONTHS } from "./date-names.ts";
import { DateSpecError } from "./date-spec-error.ts";
import { dateOf, secondOfDay, toLocal, type ZonedDateTime } from "./date-time.ts";
import { offsetText, type Zone } from "./zone.ts";

/** Text by the letters of Java's SimpleDateFormat, names in English, weeks beginning on Sunday. Throws DateSpecError for other letters. */
export function simpleDateText(time: ZonedDateTime, pattern: string): string {
  let result = "";
  for (const [part, quoted, letters] of pattern.matchAll(/'((?:[^']|'')*)'|(([A-Za-z])\3*)|[\s\S]/g)) {
    if (part === "'") throw new DateSpecError("Unterminated quote");
    if (quoted !== undefined) result += quoted === "" ? "'" : quoted.replaceAll("''", "'");
    else result += letters === undefined ? part : letterText(time, letters.charAt(0), letters.length);
  }
  return result;
}

function letterText(time: ZonedDateTime, letter: string, count: number): string {
  const local = toLocal(time);
  const date = dateOf(local);
  const clock = secondOfDay(local);
  const hour = Math.floor(clock / 3600);
  const weekday = dayOfWeek(epochDay(date));
  const yearOfEra = date.year > 0 ? date.year : 1 - date.year;
  switch (letter) {
    case "G":
      return date.year > 0 ? "AD" : "BC";
    case "y":
      return count === 2 ? padded(yearOfEra % 100, 2) : padded(yearOfEra, count);
    case "Y":
      return count === 2 ? padded(weekYear(time) % 100, 2) : padded(weekYear(time), count);
    case "M":
    case "L":
      return count >= 3 ? nameOf(MONTHS, date.month, count) : padded(date.month, count);
    case "w":
      return padded(weekOfYear(time), count);
    case "W":
      return padded(weekOfMonth(date.day, weekday), count);
    case "D":
      return padded(dayOfYear(date), count);
    case "d":
      return padded(date.day, count);
    case "F":
      return padded(Math.floor((date.day - 1) / 7) + 1, count);
    case "E":
      return nameOf(DAYS, weekday, count);
    case "u":
      return padded(weekday, count);
    case "a":
      return hour < 12 ? "AM" : "PM";
    case "H":
      return padded(hour, count);
    case "k":
      return padded(hour === 0 ? 24 : hour, count);
    case "K":
      return padded(hour % 12, count);
    case "h":
      return padded(hour % 12 === 0 ? 12 : hour % 12, count);
    case "m":
      return padded(Math.floor(clock / 60) % 60, count);
    case "s":
      return padded(clock % 60, count);
    case "S":
      return padded(Math.floor(time.nano / 1_000_000), count);
    case "z":
      return zoneName(time, count);
    case "Z":
      return offsetDigits(time.zone.offsetAt(time.second), "");
    case "X":
      return isoOffset(time.zone.offsetAt(time.second), count);
    default:
      throw new DateSpecError(`Illegal pattern character '${letter}'`);
  }
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function nameOf(names: readonly string[], index: number, count: number): string {
  const name = names[index - 1] ?? "";
  return count >= 4 ? name : name.slice(0, 3);
}

/** Weeks begin on Sunday, and the first of a year is the one with its first day. */
function weekOfYear(time: ZonedDateTime): number {
  return Math.floor((epochDay(dateOf(toLocal(time))) - weekStart(weekYear(time))) / 7) + 1;
}

function weekOfMonth(day: number, weekday: number): number {
  const firstAfterSunday = (weekday - (day - 1) + 35) % 7;
  return Math.floor((day - 1 + firstAfterSunday) / 7) + 1;
}

function weekYear(time: ZonedDateTime): number {
  const date = dateOf(toLocal(time));
  return epochDay(date) >= weekStart(date.year + 1) ? date.year + 1 : date.year;
}

function weekStart(year: number): number {
  const first = epochDay({ year, month: 1, day: 1 });
  return first - (dayOfWeek(first) % 7);
}

function offsetDigits(offsetSeconds: number, separator: string): string {
  const size = Math.abs(offsetSeconds);
  return `${offsetSeconds < 0 ? "-" : "+"}${padded(Math.floor(size / 3600), 2)}${separator}${padded(Math.floor(size / 60) % 60, 2)}`;
}

function isoOffset(offsetSeconds: number, count: number): string {
  if (count > 3) throw new DateSpecError(`invalid ISO 8601 format: length=${count}`);
  if (offsetSeconds === 0) return "Z";
  return count === 1 ? offsetDigits(offsetSeconds, "").slice(0, 3) : offsetDigits(offsetSeconds, count === 3 ? ":" : "");
}

function zoneName(time: ZonedDateTime, count: number): string {
  const { zone } = time;
  if (zone.id === "Z" || zone.id === "UTC" || zone.id === "UT") return count >= 4 ? "Coordinated Universal Time" : "UTC";
  if (zone.id === "GMT") return count >= 4 ? "Greenwich Mean Time" : "GMT";
  if (/[+-]\d\d:\d\d/.test(zone.id)) return `GMT${offsetText(zone.offsetAt(time.second))}`;
  return regionName(zone, time.second, count >= 4 ? "long" : "short");
}

function regionName(zone: Zone, epochSecond: number, style: "long" | "short"): string {
  const known = style === "short" ? SHORT_NAMES[zone.id] : undefined;
  if (known) return known[zone.offsetAt(epochSecond) === known[2] ? 0 : 1];
  // JavaScript has no names for times before 1970.
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone.id, timeZoneName: style }).formatToParts(Math.max(epochSecond, 0) * 1000);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone.id;
}

/** Short names that Java has and JavaScript writes as GMT+1: standard time, daylight saving time, offset of the former. */
const SHORT_NAMES: Readonly<Record<string, readonly [string, string, number]>> = {
  ...zones(["CET", "CEST", 3600], "Europe/", [
    "Amsterdam Berlin Brussels Budapest Copenhagen Madrid Oslo Paris Prague Rome Stockholm Vienna Warsaw Zurich Belgrade Luxembourg Monaco",
  ]),
  ...zones(["EET", "EEST", 7200], "Europe/", ["Athens Bucharest Helsinki Kiev Kyiv Riga Sofia Tallinn Vilnius"]),
  ...zones(["GMT", "BST", 0], "Europe/", ["London Belfast Guernsey Jersey"]),
  "Europe/Dublin": ["GMT", "IST", 0],
  "Europe/Lisbon": ["WET", "WEST", 0],
  "Europe/Moscow": ["MSK", "MSD", 10_800],
  "Asia/Seoul": ["KST", "KDT", 32_400],
  "Asia/Tokyo": ["JST", "JDT", 32_400],
  "Asia/Shanghai": ["CST", "CDT", 28_800],
  "Asia/Singapore": ["SGT", "SGT", 28_800],
  "Asia/Hong_Kong": ["HKT", "HKST", 28_800],
  "Asia/Kolkata": ["IST", "IST", 19_800],
  "Australia/Sydney": ["AEST", "AEDT", 36_000],
  "Pacific/Auckland": ["NZST", "NZDT", 43_200],
  "America/Sao_Paulo": ["BRT", "BRST", -10_800],
};

function zones(
  names: readonly [string, string, number],
  prefix: string,
  cities: readonly string[],
): Record<string, readonly [string, string, number]> {
  return Object.fromEntries(cities.flatMap((list) => list.split(" ")).map((city) => [`${prefix}${city}`, names]));
}
