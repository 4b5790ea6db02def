import type { DateField } from "./date-field.ts";
import { DAYS, MONTHS, type NameStyle, numbered } from "./date-names.ts";
import { DateSpecError } from "./date-spec-error.ts";
import type { FormatElement, Presence } from "./format-element.ts";

/** Longer formats are refused. */
const MAX_LENGTH = 1000;

/**
 * Reads a pattern of Java's DateTimeFormatter: letters by count, quoted text, `[optional]` parts. Names are English. Throws
 * DateSpecError for what Java refuses. Week-based years and localized weeks (`Y`, `w`, `W`) are read but make no date.
 */
export function parseDateFormat(pattern: string): readonly FormatElement[] {
  if (pattern.length > MAX_LENGTH) throw new DateSpecError(`A date format may have ${MAX_LENGTH} characters, not ${pattern.length}`);
  const open: FormatElement[][] = [[]];
  let at = 0;
  const add = (element: FormatElement) => addElement(open.at(-1) ?? [], element);
  while (at < pattern.length) {
    const char = pattern.charAt(at);
    if (/[A-Za-z]/.test(char)) {
      at = readLetters(pattern, at, add);
    } else if (char === "'") {
      const [, text = ""] = /^'((?:[^']|'')*)'/.exec(pattern.slice(at)) ?? incomplete(pattern);
      add({ kind: "literal", text: text === "" ? "'" : text.replaceAll("''", "'") });
      at += text.length + 2;
    } else {
      readSign(char, open, add);
      at++;
    }
  }
  while (open.length > 1) closeOptional(open);
  return open[0] ?? [];
}

function incomplete(pattern: string): never {
  throw new DateSpecError(`Pattern ends with an incomplete string literal: ${pattern}`);
}

function readSign(char: string, open: FormatElement[][], add: (element: FormatElement) => void): void {
  if (char === "[") open.push([]);
  else if (char === "]") {
    if (open.length === 1) throw new DateSpecError("Pattern invalid as it contains ] without previous [");
    closeOptional(open);
  } else if (char === "{" || char === "}" || char === "#") throw new DateSpecError(`Pattern includes reserved character: '${char}'`);
  else add({ kind: "literal", text: char });
}

function closeOptional(open: FormatElement[][]): void {
  const elements = open.pop() ?? [];
  if (elements.length > 0) open.at(-1)?.push({ kind: "optional", elements });
}

/** Numbers of fixed width behind a number of any width take their digits from it. */
function addElement(elements: FormatElement[], element: FormatElement): void {
  if (element.kind === "number" && element.min === element.max && element.sign === "not-negative") {
    let before = elements.length - 1;
    for (let each = elements[before]; each?.kind === "number" && isFixed(each); each = elements[before]) before--;
    const first = elements[before];
    if (first?.kind === "number" && elements.length - 1 - before === elements.slice(before + 1).length) {
      elements[before] = { ...first, reserved: first.reserved + element.max };
    }
  }
  elements.push(element);
}

function isFixed(element: FormatElement & { kind: "number" }): boolean {
  return element.min === element.max && element.sign === "not-negative";
}

/** One run of a letter; the place behind it. */
function readLetters(pattern: string, start: number, add: (element: FormatElement) => void): number {
  const letter = pattern.charAt(start);
  let end = start + 1;
  while (pattern.charAt(end) === letter) end++;
  if (letter !== "p") {
    add(elementOf(letter, end - start));
    return end;
  }
  if (!/[A-Za-z]/.test(pattern.charAt(end))) throw new DateSpecError(`Pad letter 'p' must be followed by valid pad pattern: ${pattern}`);
  let behind = end + 1;
  while (pattern.charAt(behind) === pattern.charAt(end)) behind++;
  add({ kind: "padded", width: end - start, element: elementOf(pattern.charAt(end), behind - end) });
  return behind;
}

function elementOf(letter: string, count: number): FormatElement {
  const field = NUMBERS[letter];
  if (field) return numberOf(letter, field, count);
  switch (letter) {
    case "y":
    case "u":
      return yearOf(letter === "y" ? "year-of-era" : "year", count);
    case "M":
    case "L":
      return count <= 2 ? fixedOrFree("month", count) : { kind: "text", field: "month", names: numbered(MONTHS, styleOf(letter, count)) };
    case "E":
      return { kind: "text", field: "day-of-week", names: numbered(DAYS, count <= 2 ? "short" : styleOf(letter, count)) };
    case "e":
    case "c":
      if (letter === "c" && count === 2) throw new DateSpecError('Invalid pattern "cc"');
      if (count <= 2) return fixedOrFree("week", count);
      return { kind: "text", field: "day-of-week", names: numbered(DAYS, styleOf(letter, count)) };
    case "Q":
    case "q":
      return quarterOf(letter, count);
    case "a":
      atMost(letter, count, 1);
      return {
        kind: "text",
        field: "half-of-day",
        names: [
          ["AM", 0],
          ["PM", 1],
        ],
      };
    case "G":
      return eraOf(count);
    case "S":
      return { kind: "number", field: "nano", min: count, max: count, sign: "not-negative", reserved: 0, as: "fraction" };
    case "Y":
    case "w":
    case "W":
      return { kind: "number", field: "week", min: count, max: letter === "Y" && count !== 2 ? 19 : 2, sign: "not-negative", reserved: 0 };
    default:
      return zoneElement(letter, count);
  }
}

/** Letters whose text is a number, and the field. */
const NUMBERS: Readonly<Record<string, DateField>> = {
  d: "day",
  D: "day-of-year",
  F: "week",
  g: "modified-julian-day",
  H: "hour",
  k: "clock-hour",
  K: "hour-of-half",
  h: "clock-hour-of-half",
  m: "minute",
  s: "second",
  A: "milli-of-day",
  n: "nano",
  N: "nano-of-day",
};

function numberOf(letter: string, field: DateField, count: number): FormatElement {
  if (letter === "A" || letter === "n" || letter === "N")
    return { kind: "number", field, min: count, max: 19, sign: "not-negative", reserved: 0 };
  if (letter === "g") return { kind: "number", field, min: count, max: 19, sign: "normal", reserved: 0 };
  atMost(letter, count, letter === "D" ? 3 : letter === "F" ? 1 : 2);
  if (letter === "D" && count > 1) return { kind: "number", field, min: count, max: 3, sign: "not-negative", reserved: 0 };
  return fixedOrFree(field, count);
}

function fixedOrFree(field: DateField, count: number): FormatElement {
  if (count === 1) return { kind: "number", field, min: 1, max: 19, sign: "normal", reserved: 0 };
  return { kind: "number", field, min: count, max: count, sign: "not-negative", reserved: 0 };
}

function yearOf(field: DateField, count: number): FormatElement {
  if (count === 2) return { kind: "number", field, min: 2, max: 2, sign: "not-negative", reserved: 0, as: "short-year" };
  return { kind: "number", field, min: count, max: 19, sign: count < 4 ? "normal" : "exceeds-pad", reserved: 0 };
}

function quarterOf(letter: string, count: number): FormatElement {
  if (count <= 2) return fixedOrFree("quarter", count);
  const style = styleOf(letter, count);
  const name = (i: number) => ({ full: `${i}${["st", "nd", "rd", "th"][i - 1]} quarter`, short: `Q${i}`, narrow: String(i) })[style];
  return { kind: "text", field: "quarter", names: [1, 2, 3, 4].map((i): [string, number] => [name(i), i]) };
}

function eraOf(count: number): FormatElement {
  atMost("G", count, 5);
  const [before, after] = count === 4 ? ["Before Christ", "Anno Domini"] : count === 5 ? ["B", "A"] : ["BC", "AD"];
  return {
    kind: "text",
    field: "era",
    names: [
      [before ?? "", 0],
      [after ?? "", 1],
    ],
  };
}

function styleOf(letter: string, count: number): NameStyle {
  atMost(letter, count, 5);
  return count === 3 ? "short" : count === 4 ? "full" : "narrow";
}

function zoneElement(letter: string, count: number): FormatElement {
  switch (letter) {
    case "X":
      return offsetElement(letter, count, "Z");
    case "x":
      return offsetElement(letter, count, count === 1 ? "+00" : count % 2 === 0 ? "+0000" : "+00:00");
    case "Z":
      atMost(letter, count, 5);
      if (count === 4) return { kind: "localized-offset", full: true };
      return count === 5
        ? { kind: "offset", zero: "Z", colon: true, minutes: "required", seconds: "optional" }
        : { kind: "offset", zero: "+0000", colon: false, minutes: "required", seconds: "never" };
    case "O":
      if (count !== 1 && count !== 4) throw new DateSpecError("Pattern letter count must be 1 or 4: O");
      return { kind: "localized-offset", full: count === 4 };
    case "V":
      if (count !== 2) throw new DateSpecError("Pattern letter count must be 2: V");
      return { kind: "zone-id" };
    case "v":
      if (count !== 1 && count !== 4) throw new DateSpecError("Wrong number of pattern letters: v");
      return { kind: "zone-name" };
    case "z":
      atMost(letter, count, 4);
      return { kind: "zone-name" };
    default:
      throw new DateSpecError(`Unknown pattern letter: ${letter}`);
  }
}

function offsetElement(letter: string, count: number, zero: string): FormatElement {
  atMost(letter, count, 5);
  const minutes: Presence = count === 1 ? "optional" : "required";
  return { kind: "offset", zero, colon: count % 2 === 1 && count > 1, minutes, seconds: count > 3 ? "optional" : "never" };
}

function atMost(letter: string, count: number, most: number): void {
  if (count > most) throw new DateSpecError(`Too many pattern letters: ${letter}`);
}
