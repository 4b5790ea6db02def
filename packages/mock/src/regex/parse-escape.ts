import { type PropertyMode, property, shorthand } from "./char-properties.ts";
import { anyOf, type CodePoints, negate } from "./code-points.ts";
import { END, isDigit, type PatternReader, plain } from "./pattern-reader.ts";
import { type Assertion, type RegexNode, sequence } from "./syntax-tree.ts";

export type Escape =
  | { readonly kind: "point"; readonly point: number }
  | { readonly kind: "set"; readonly set: CodePoints }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "node"; readonly node: RegexNode }
  | { readonly kind: "group-number" }
  | { readonly kind: "group-name" };

/** What follows a backslash, the backslash being taken. Digits of a group number are left to the caller. */
export function parseEscape(reader: PatternReader, mode: PropertyMode, within: "class" | "pattern"): Escape {
  const token = reader.takeRaw();
  if (token === END) reader.fail("Unexpected internal error");
  const letter = String.fromCodePoint(plain(token));
  if (plain(token) !== token || !/[0-9A-Za-z]/.test(letter)) return { kind: "point", point: plain(token) };
  if (letter === "p" || letter === "P") return { kind: "set", set: parseProperty(reader, mode, letter === "P") };
  const set = shorthand(letter, mode);
  if (set) return { kind: "set", set };
  const point = pointEscape(reader, letter);
  if (point !== undefined) return { kind: "point", point };
  const special = within === "pattern" ? patternEscape(reader, letter) : undefined;
  return special ?? reader.fail("Illegal/unsupported escape sequence");
}

function patternEscape(reader: PatternReader, letter: string): Escape | undefined {
  if (/[1-9]/.test(letter)) return { kind: "group-number" };
  switch (letter) {
    case "k":
      return { kind: "group-name" };
    case "A":
      return { kind: "assert", what: "start" };
    case "z":
      return { kind: "assert", what: "end" };
    case "Z":
      return { kind: "assert", what: "final-end" };
    case "G":
      return { kind: "assert", what: "last-match" };
    case "B":
      return { kind: "assert", what: "not-word" };
    case "b":
      if (reader.peekRaw() === 0x7b && reader.peekRaw(1) === 0x67) reader.fail("\\b{g} is not supported");
      return { kind: "assert", what: "word" };
    case "R":
      return { kind: "node", node: lineBreak() };
    case "X":
      return { kind: "node", node: grapheme(reader) };
    default:
      return undefined;
  }
}

function pointEscape(reader: PatternReader, letter: string): number | undefined {
  switch (letter) {
    case "0":
      return octal(reader);
    case "x":
      return hexadecimal(reader);
    case "u":
      return utf16(reader);
    case "c": {
      const control = reader.takeRaw();
      return control === END ? reader.fail("Illegal control escape sequence") : plain(control) ^ 64;
    }
    case "t":
      return 9;
    case "n":
      return 10;
    case "r":
      return 13;
    case "f":
      return 12;
    case "a":
      return 7;
    case "e":
      return 27;
    case "N":
      return reader.fail("\\N{...} is not supported: write \\x{...}");
    default:
      return undefined;
  }
}

/** One to three octal digits, at most 377. */
function octal(reader: PatternReader): number {
  const isOctal = (token: number) => token >= 0x30 && token <= 0x37;
  if (!isOctal(reader.peekRaw())) reader.fail("Illegal octal escape sequence", reader.position);
  const leading = reader.peekRaw() <= 0x33 ? 3 : 2;
  let value = 0;
  for (let digits = 0; digits < leading && isOctal(reader.peekRaw()); digits++) value = value * 8 + (reader.takeRaw() - 0x30);
  return value;
}

function hexadecimal(reader: PatternReader): number {
  const start = reader.position;
  if (reader.peekRaw() !== 0x7b) return hexDigits(reader, 2) ?? reader.fail("Illegal hexadecimal escape sequence");
  reader.takeRaw();
  let text = "";
  while (isHexDigit(reader.peekRaw())) text += String.fromCodePoint(reader.takeRaw());
  if (text === "") reader.fail("Illegal hexadecimal escape sequence", start);
  const point = Number.parseInt(text, 16);
  if (point > 0x10ffff) reader.fail("Hexadecimal codepoint is too big");
  if (reader.takeRaw() !== 0x7d) reader.fail("Unclosed hexadecimal escape sequence");
  return point;
}

/** `\u` and four digits; two that are surrogates of one character count as one. */
function utf16(reader: PatternReader): number {
  const high = hexDigits(reader, 4) ?? reader.fail("Illegal Unicode escape sequence");
  const start = reader.position;
  if (high >= 0xd800 && high <= 0xdbff && reader.takeRaw() === 0x5c && reader.takeRaw() === 0x75) {
    const low = hexDigits(reader, 4) ?? reader.fail("Illegal Unicode escape sequence");
    if (low >= 0xdc00 && low <= 0xdfff) return (high - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000;
  }
  reader.back(start);
  return high;
}

function hexDigits(reader: PatternReader, count: number): number | undefined {
  let text = "";
  while (text.length < count && isHexDigit(reader.peekRaw())) text += String.fromCodePoint(reader.takeRaw());
  if (text.length === count) return Number.parseInt(text, 16);
  reader.takeRaw();
  return undefined;
}

function isHexDigit(token: number): boolean {
  return isDigit(token) || (token >= 0x41 && token <= 0x46) || (token >= 0x61 && token <= 0x66);
}

/** The name after `\p`: one letter or braces. */
function parseProperty(reader: PatternReader, mode: PropertyMode, negated: boolean): CodePoints {
  let name = "";
  if (reader.peek() !== 0x7b) {
    const token = reader.take();
    if (token === END) reader.fail("Unclosed character family", reader.position);
    name = String.fromCodePoint(plain(token));
  } else {
    reader.take();
    for (let token = reader.takeRaw(); token !== 0x7d; token = reader.takeRaw()) {
      if (token === END) reader.fail("Unclosed character family");
      name += String.fromCodePoint(plain(token));
    }
    if (name === "") reader.fail("Empty character family");
  }
  const set = property(name, mode);
  if (!set) reader.fail(unknownProperty(name));
  return negated ? negate(set) : set;
}

function unknownProperty(name: string): string {
  const equals = name.indexOf("=");
  if (equals < 0) return `Unknown character property name {${name}}`;
  return `Unknown Unicode property {name=<${name.slice(0, equals).toLowerCase()}>, value=<${name.slice(equals + 1)}>}`;
}

/** `\R`: a carriage return with its line feed, not parted, or one of the vertical spaces. */
const lineBreak = (): RegexNode => ({
  kind: "atomic",
  body: {
    kind: "either",
    options: [
      sequence([
        { kind: "chars", set: anyOf("\r") },
        { kind: "chars", set: anyOf("\n") },
      ]),
      { kind: "chars", set: anyOf("\n\u000b\f\r\u0085\u2028\u2029") },
    ],
  },
});

/** `\X`, close to Unicode's extended grapheme cluster: a line break, or a character with the marks and joined characters after it. */
function grapheme(reader: PatternReader): RegexNode {
  const mode = { unicodeClasses: false, ignoreCase: false };
  const marks = property("M", mode) ?? reader.fail("Unknown character property name {M}");
  const extending: RegexNode = {
    kind: "either",
    options: [
      { kind: "chars", set: marks },
      { kind: "chars", set: anyOf("\u200c") },
      sequence([
        { kind: "chars", set: anyOf("\u200d") },
        { kind: "chars", set: negate(anyOf("\r\n")) },
      ]),
    ],
  };
  const cluster = sequence([
    { kind: "chars", set: negate(anyOf("\r\n")) },
    { kind: "repeat", body: extending, min: 0, max: Number.POSITIVE_INFINITY, mode: "greedy" },
  ]);
  return { kind: "atomic", body: { kind: "either", options: [lineBreak(), cluster, LONE_BREAK] } };
}

const LONE_BREAK: RegexNode = { kind: "chars", set: anyOf("\r\n") };
