import { DAYS, MONTHS } from "./date-names.ts";
import { DateSpecError } from "./date-spec-error.ts";
import { zoneNamed } from "./zone-names.ts";

/**
 * Whether a text begins with a date of a format of Java's SimpleDateFormat, which reads leniently: numbers of any size, blanks before
 * them, names in any case, and whatever follows. Throws DateSpecError for letters it does not know.
 */
export function beginsWithDate(text: string, pattern: string): boolean {
  const parts = partsOf(pattern);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    const end = endOf(part, next !== undefined && "letter" in next && isNumber(next), text, at);
    if (end === undefined) return false;
    at = end;
  }
  return at > 0;
}

type Part = { readonly literal: string } | Field;

interface Field {
  readonly letter: string;
  readonly count: number;
}

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (const [part, quoted, letters] of pattern.matchAll(/'((?:[^']|'')*)'|(([A-Za-z])\3*)|[\s\S]/g)) {
    if (part === "'") throw new DateSpecError("Unterminated quote");
    if (quoted !== undefined) parts.push({ literal: quoted === "" ? "'" : quoted.replaceAll("''", "'") });
    else if (letters === undefined) parts.push({ literal: part });
    else parts.push(fieldOf(letters));
  }
  return parts;
}

function fieldOf(letters: string): Field {
  const field = { letter: letters.charAt(0), count: letters.length };
  if (!/[GyYMLwWDdFEuaHkKhmsSzZX]/.test(field.letter)) throw new DateSpecError(`Illegal pattern character '${field.letter}'`);
  if (field.letter === "X" && field.count > 3) throw new DateSpecError(`invalid ISO 8601 format: length=${field.count}`);
  return field;
}

function isNumber({ letter, count }: Field): boolean {
  return /[yYwWDdFuHkKhmsS]/.test(letter) || ((letter === "M" || letter === "L") && count <= 2);
}

/** `cut`: digits follow directly, so the letters say how many belong to this number. */
function endOf(part: Part, cut: boolean, text: string, at: number): number | undefined {
  if ("literal" in part) return text.startsWith(part.literal, at) ? at + part.literal.length : undefined;
  const start = at + blanksAt(text, at);
  if (start >= text.length) return undefined;
  if (isNumber(part)) {
    if (cut && at + part.count > text.length) return undefined;
    return numberEnd(cut ? text.slice(0, at + part.count) : text, start);
  }
  switch (part.letter) {
    case "z":
    case "Z":
      return zoneEnd(text, at, start);
    case "X":
      if (text.charAt(start) === "Z") return start + 1;
      return /[+-]/.test(text.charAt(start)) ? offsetEnd(OFFSETS[part.count] ?? OFFSETS[1], text, start + 1) : undefined;
    default:
      return nameEnd(NAMES[part.letter] ?? [], text, at);
  }
}

function blanksAt(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === " " || text.charAt(end) === "\t") end++;
  return end - at;
}

function numberEnd(text: string, start: number): number | undefined {
  const number = /-?\p{Nd}+(?:E-?\p{Nd}+)?/uy;
  number.lastIndex = start;
  return number.test(text) ? number.lastIndex : undefined;
}

function nameEnd(names: readonly string[], text: string, at: number): number | undefined {
  const found = names.find((name) => text.slice(at, at + name.length).toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : at + found.length;
}

/** Long names first. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  G: ["BC", "AD"],
  M: [...MONTHS, ...MONTHS.map((month) => month.slice(0, 3))],
  L: [...MONTHS, ...MONTHS.map((month) => month.slice(0, 3))],
  E: [...DAYS, ...DAYS.map((day) => day.slice(0, 3))],
  a: ["AM", "PM"],
};

const HOURS = "(?:[01]\\d|2[0-3])";
/** Behind the sign: by the count of `X`, and what may follow `GMT`. */
const OFFSETS: readonly [behindGmt: string, hours: string, basic: string, extended: string] = [
  `(?:${HOURS}|\\d):[0-5]\\d`,
  HOURS,
  `${HOURS}[0-5]\\d`,
  `${HOURS}:[0-5]\\d`,
];

function offsetEnd(form: string, text: string, at: number): number | undefined {
  const found = new RegExp(form, "y");
  found.lastIndex = at;
  return found.test(text) ? found.lastIndex : undefined;
}

function zoneEnd(text: string, at: number, start: number): number | undefined {
  if (/[+-]/.test(text.charAt(start))) return offsetEnd(OFFSETS[2], text, start + 1);
  if (/[Gg]/.test(text.charAt(start)) && text.slice(at, at + 3).toUpperCase() === "GMT") {
    return /[+-]/.test(text.charAt(at + 3)) ? offsetEnd(OFFSETS[0], text, at + 4) : at + 3;
  }
  const named = zoneNamed(text.slice(start, start + 100));
  return named && start + named.length;
}
