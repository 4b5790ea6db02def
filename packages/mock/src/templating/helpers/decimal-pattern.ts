import { illegalArgument } from "../values/java-exception.ts";
import { type DecimalForm, type DecimalSymbols, MAX_DIGITS } from "./decimal-format.ts";

/** Reads a pattern of java.text.DecimalFormat: `#,##0.00`, `0.0%`, `'no. '#`, `0.##E0`, `#;(#)`. */
export function parseDecimalPattern(pattern: string, symbols: DecimalSymbols): DecimalForm {
  if (pattern.length > MAX_PATTERN) throw malformed(`${pattern.slice(0, MAX_PATTERN)}…`);
  const [positive, negative] = split(pattern);
  const form = parsePart(positive, pattern, symbols);
  const explicit = negative === undefined ? undefined : parsePart(negative, pattern, symbols);
  const same = explicit && explicit.prefix === form.prefix && explicit.suffix === form.suffix;
  return {
    ...form,
    negativePrefix: explicit && !same ? explicit.prefix : symbols.minus + form.prefix,
    negativeSuffix: explicit && !same ? explicit.suffix : form.suffix,
  };
}

/** At the first `;` that is not quoted. */
function split(pattern: string): [string, string | undefined] {
  let quoted = false;
  for (const [at, char] of [...pattern].entries()) {
    if (char === "'") quoted = !quoted;
    else if (char === ";" && !quoted) return [pattern.slice(0, at), pattern.slice(at + 1)];
  }
  return [pattern, undefined];
}

const MAX_PATTERN = 1000;
const DIGITS = /^[#0,.]+(?:E0+)?/;

function parsePart(part: string, pattern: string, symbols: DecimalSymbols): DecimalForm {
  const prefix = affix(part, symbols, pattern);
  const digits = DIGITS.exec(part.slice(prefix.length))?.[0] ?? "";
  const suffix = affix(part.slice(prefix.length + digits.length), symbols, pattern);
  const rest = part.slice(prefix.length + digits.length + suffix.length);
  if (rest !== "" || digits.endsWith(",")) throw malformed(pattern);
  if (suffix.exponentAlone) throw illegalArgument(`Malformed exponential pattern "${pattern}"`);
  if (prefix.signs + suffix.signs > 1) throw illegalArgument(`Too many percent/per mille characters in pattern "${pattern}"`);
  const [number = "", exponent] = digits.split("E");
  const [whole = "", fraction = "", more] = number.split(".");
  if (more !== undefined) throw illegalArgument(`Multiple decimal separators in pattern "${pattern}"`);
  if (!/^[#,]*[0,]*$/.test(whole) || !/^0*#*$/.test(fraction)) throw malformed(pattern);
  const lastComma = whole.lastIndexOf(",");
  const wholeDigits = whole.replaceAll(",", "").length;
  const zeros = (text: string) => text.replaceAll(/[^0]/g, "").length;
  // Without any 0 the digit at the point counts as one: `#.##` is `0.##`, `.##` is `.0#`.
  const pointOnly = number.includes(".") && !number.includes("0");
  const scientific = exponent !== undefined;
  return {
    prefix: prefix.text,
    suffix: suffix.text,
    negativePrefix: "",
    negativeSuffix: "",
    minInteger: pointOnly && wholeDigits > 0 ? 1 : zeros(whole),
    maxInteger: scientific ? wholeDigits : MAX_DIGITS,
    minFraction: pointOnly && wholeDigits === 0 ? Math.min(1, fraction.length) : zeros(fraction),
    maxFraction: Math.min(fraction.length, MAX_DIGITS),
    groupSize: lastComma < 0 || scientific ? 0 : whole.length - lastComma - 1,
    shift: Math.max(prefix.shift, suffix.shift),
    exponentDigits: scientific ? exponent.length : undefined,
    rounding: "HALF_EVEN",
    symbols,
  };
}

const QUOTED = /^'(?:[^']|'')*'(?!')/;

interface Affix {
  /** Of the pattern. */
  readonly length: number;
  readonly text: string;
  readonly shift: number;
  /** Of percent and per mille. */
  readonly signs: number;
  /** An E that no 0 follows. */
  readonly exponentAlone: boolean;
}

/** Text around the digits: quoted, or any character that means nothing, with signs replaced. */
function affix(part: string, symbols: DecimalSymbols, pattern: string): Affix {
  let text = "";
  let shift = 0;
  let signs = 0;
  let at = 0;
  for (; at < part.length; at++) {
    const char = part[at] ?? "";
    if ("#0,.".includes(char)) break;
    if (char === "'") {
      if (part[at + 1] === "'") {
        text += "'";
        at += 1;
        continue;
      }
      const quoted = QUOTED.exec(part.slice(at))?.[0];
      if (quoted === undefined) throw malformed(pattern);
      text += quoted.slice(1, -1).replaceAll("''", "'");
      at += quoted.length - 1;
    } else if (char === "%") {
      text += symbols.percent;
      signs += 1;
      shift = 2;
    } else if (char === "\u2030") {
      text += symbols.perMille;
      signs += 1;
      shift = 3;
    } else if (char === "\u00a4") text += symbols.currency;
    else if (char === "-") text += symbols.minus;
    else text += char;
  }
  return { length: at, text, shift, signs, exponentAlone: part.startsWith("E") };
}

function malformed(pattern: string): Error {
  return illegalArgument(`Malformed pattern "${pattern}"`);
}
