import { type DateField, ParsedFields } from "./date-field.ts";
import type { FormatElement } from "./format-element.ts";
import { type Zone, zoneOf } from "./zone.ts";
import { zoneNamed } from "./zone-names.ts";

/** The fields of a text that a format takes as a whole; undefined for any other text. */
export function readDateText(elements: readonly FormatElement[], text: string): ParsedFields | undefined {
  const reading: Reading = { text, fields: new ParsedFields(), strict: true, ignoreCase: false };
  return readAll(elements, reading, 0) === text.length ? reading.fields : undefined;
}

interface Reading {
  readonly text: string;
  fields: ParsedFields;
  strict: boolean;
  ignoreCase: boolean;
}

/** The place behind the elements; undefined when the text is not theirs. */
function readAll(elements: readonly FormatElement[], reading: Reading, start: number): number | undefined {
  let at: number | undefined = start;
  for (const element of elements) {
    at = read(element, reading, at);
    if (at === undefined) return undefined;
  }
  return at;
}

function read(element: FormatElement, reading: Reading, at: number): number | undefined {
  switch (element.kind) {
    case "literal":
      return startsAt(reading, at, element.text) ? at + element.text.length : undefined;
    case "number":
      return readNumber(element, reading, at);
    case "decimal-fraction":
      return readDecimalFraction(reading, at);
    case "text": {
      const found = element.names.find(([name]) => startsAt(reading, at, name));
      return found && set(reading, element.field, found[1], at + found[0].length);
    }
    case "offset":
      return readOffset(element, reading, at);
    case "localized-offset":
      return readLocalizedOffset(element.full, reading, at);
    case "zone-id":
    case "zone-name":
      return readZone(element.kind === "zone-name", reading, at);
    case "optional": {
      const before = reading.fields;
      reading.fields = before.copy();
      const end = readAll(element.elements, reading, at);
      if (end === undefined) reading.fields = before;
      return end ?? at;
    }
    case "padded":
      return readPadded(element, reading, at);
    case "mode":
      if (element.strict !== undefined) reading.strict = element.strict;
      if (element.ignoreCase !== undefined) reading.ignoreCase = element.ignoreCase;
      return at;
  }
}

function startsAt({ text, ignoreCase }: Reading, at: number, expected: string): boolean {
  const found = text.slice(at, at + expected.length);
  return ignoreCase ? found.toLowerCase() === expected.toLowerCase() : found === expected;
}

function set(reading: Reading, field: DateField, value: number, end: number): number | undefined {
  return reading.fields.set(field, value) ? end : undefined;
}

/** Of a number where Java reads leniently. */
const LENIENT_DIGITS = 9;

function readNumber(element: FormatElement & { kind: "number" }, reading: Reading, at: number): number | undefined {
  const { text } = reading;
  const sign = text.charAt(at);
  const signed = sign === "+" || sign === "-";
  if (signed && !takesSign(element, sign, reading)) return undefined;
  const start = signed ? at + 1 : at;
  const most = reading.strict ? element.max : LENIENT_DIGITS;
  let digits = /^\d*/.exec(text.slice(start, start + most + element.reserved))?.[0] ?? "";
  if (element.reserved > 0) digits = digits.slice(0, Math.max(element.min, digits.length - element.reserved));
  if (digits.length < (reading.strict ? element.min : 1)) return undefined;
  const value = Number(digits);
  if (sign === "-" && value === 0 && reading.strict) return undefined;
  if (element.sign === "exceeds-pad" && reading.strict && sign !== "-" && digits.length > element.min !== (sign === "+")) return undefined;
  return set(reading, element.field, fieldValue(element, digits, sign === "-" ? -value : value), start + digits.length);
}

function takesSign(element: FormatElement & { kind: "number" }, sign: string, { strict }: Reading): boolean {
  if (element.as === "fraction" || element.sign === "not-negative") return false;
  return element.sign === "exceeds-pad" || sign === "-" || !strict;
}

function fieldValue(element: FormatElement & { kind: "number" }, digits: string, value: number): number {
  if (element.as === "short-year" && digits.length === 2) return 2000 + value;
  return element.as === "fraction" ? Number(digits.slice(0, 9).padEnd(9, "0")) : value;
}

function readDecimalFraction(reading: Reading, at: number): number | undefined {
  if (reading.text.charAt(at) !== ".") return at;
  const digits = /^\d{0,9}/.exec(reading.text.slice(at + 1))?.[0] ?? "";
  return set(reading, "nano", Number(digits.padEnd(9, "0")), at + 1 + digits.length);
}

function readOffset(element: FormatElement & { kind: "offset" }, reading: Reading, at: number): number | undefined {
  if (startsAt(reading, at, element.zero)) return set(reading, "offset", 0, at + element.zero.length);
  const { text, strict } = reading;
  const sign = text.charAt(at);
  if (sign !== "+" && sign !== "-") return undefined;
  const colon = element.colon || (!strict && text.charAt(at + 3) === ":" && element.minutes === "never") ? ":" : "";
  const part = new RegExp(`^${colon}([0-5]\\d)`);
  const hours = /^[0-5]\d/.exec(text.slice(at + 1))?.[0];
  if (hours === undefined) return undefined;
  let end = at + 3;
  let seconds = Number(hours) * 3600;
  for (const [presence, unit] of [
    [element.minutes, 60],
    [element.seconds, 1],
  ] as const) {
    if (strict && presence === "never") break;
    const found = part.exec(text.slice(end));
    if (!found && (presence === "optional" || !strict)) break;
    if (!found) return undefined;
    seconds += Number(found[1]) * unit;
    end += found[0].length;
  }
  return Number(hours) > 23 ? undefined : set(reading, "offset", sign === "-" ? -seconds : seconds, end);
}

function readLocalizedOffset(full: boolean, reading: Reading, at: number): number | undefined {
  if (!startsAt(reading, at, "GMT")) return undefined;
  const rest = reading.text.slice(at + 3);
  if (!/^[+-]/.test(rest)) return set(reading, "offset", 0, at + 3);
  const pattern = full ? /^([+-])(\d\d):(\d\d)(?::(\d\d))?/ : /^([+-])(\d{1,2})(?::(\d\d)(?::(\d\d))?)?/;
  const [found, sign, hours, minutes = "0", seconds = "0"] = pattern.exec(rest) ?? [];
  if (found === undefined) return undefined;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return set(reading, "offset", sign === "-" ? -total : total, at + 3 + found.length);
}

/** An id such as `Europe/Berlin`, `Z`, `+02:00`, `UTC+2`; for `z` also a name such as `PST`. */
function readZone(named: boolean, reading: Reading, at: number): number | undefined {
  const rest = reading.text.slice(at);
  if (named) {
    const zone = zoneNamed(rest);
    if (zone) return setZone(reading, zone.zone, at + zone.length);
  }
  const [offset] = /^(?:(?:UTC|GMT|UT)?[+-]\d\d(?::?\d\d(?::?\d\d)?)?|UTC|GMT|UT|Z(?![A-Za-z]))/.exec(rest) ?? [];
  const [region = ""] = /^[A-Za-z][A-Za-z0-9~/._+-]+/.exec(rest) ?? [];
  for (const candidate of [region, offset ?? ""].filter((each) => each !== "")) {
    const zone = zoneOrUndefined(candidate);
    if (zone) return setZone(reading, zone, at + candidate.length);
  }
  return undefined;
}

function zoneOrUndefined(id: string): Zone | undefined {
  try {
    return zoneOf(id);
  } catch {
    return undefined;
  }
}

function setZone(reading: Reading, zone: Zone, end: number): number | undefined {
  if (reading.fields.zone && reading.fields.zone.id !== zone.id) return undefined;
  reading.fields.zone = zone;
  return end;
}

function readPadded({ width, element }: FormatElement & { kind: "padded" }, reading: Reading, at: number): number | undefined {
  const end = at + width;
  if (end > reading.text.length) return undefined;
  let start = at;
  while (start < end && reading.text.charAt(start) === " ") start++;
  const within: Reading = { ...reading, text: reading.text.slice(0, end) };
  const behind = read(element, within, start);
  return behind === end ? end : undefined;
}
