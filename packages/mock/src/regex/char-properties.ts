import { anyOf, type CodePoints, EVERY, negate, range, union } from "./code-points.ts";
import { unicodeBlock } from "./unicode-blocks.ts";

/** What `(?U)` and `(?i)` change about a class. */
export interface PropertyMode {
  /** `\w`, `\d`, `\p{Alpha}`... are Unicode's instead of ASCII's. */
  readonly unicodeClasses: boolean;
  readonly ignoreCase: boolean;
}

/** The set of `\p{name}`; undefined where Java knows no such property. */
export function property(name: string, mode: PropertyMode): CodePoints | undefined {
  const equals = name.indexOf("=");
  if (equals >= 0) return keyedProperty(name.slice(0, equals).toLowerCase(), name.slice(equals + 1), mode);
  if (name.startsWith("In")) return unicodeBlock(name.slice(2));
  if (name.startsWith("Is")) {
    const short = name.slice(2);
    return binaryProperty(short, mode) ?? posixUnicode(short, mode) ?? plainProperty(short, mode) ?? script(short);
  }
  return (mode.unicodeClasses ? posixUnicode(name, mode) : undefined) ?? plainProperty(name, mode);
}

function keyedProperty(key: string, value: string, mode: PropertyMode): CodePoints | undefined {
  if (key === "sc" || key === "script") return script(value);
  if (key === "blk" || key === "block") return unicodeBlock(value);
  if (key === "gc" || key === "general_category") return plainProperty(value, mode);
  return undefined;
}

const lower = range(0x61, 0x7a);
const upper = range(0x41, 0x5a);
const digit = range(0x30, 0x39);
const alpha = union(lower, upper);
const blank = anyOf(" \t");
const space = union(range(9, 13), range(0x20));
const punctuation = anyOf("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

/** `\d \s \w \h \v`, and what they are the negation of. */
export function shorthand(letter: string, mode: PropertyMode): CodePoints | undefined {
  switch (letter) {
    case "d":
      return mode.unicodeClasses ? unicode("\\p{Nd}") : digit;
    case "s":
      return mode.unicodeClasses ? WHITE_SPACE() : space;
    case "w":
      return mode.unicodeClasses ? unicode(WORD) : union(alpha, digit, anyOf("_"));
    case "h":
      return anyOf("\t \u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000");
    case "v":
      return anyOf("\n\u000b\f\r\u0085\u2028\u2029");
    case "D":
    case "S":
    case "W":
    case "H":
    case "V":
      return negate(shorthand(letter.toLowerCase(), mode) ?? []);
    default:
      return undefined;
  }
}

const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d";
const WHITE_SPACE = () => union(unicode("\\p{Z}"), range(9, 13), range(0x85));
const anyCase = () => unicode("\\p{Lowercase}\\p{Uppercase}\\p{Lt}");

/** General categories, POSIX classes of ASCII and Java's own. Names are exact. */
function plainProperty(name: string, mode: PropertyMode): CodePoints | undefined {
  if (name === "Lu" || name === "Ll" || name === "Lt") return unicode(mode.ignoreCase ? "\\p{Lu}\\p{Ll}\\p{Lt}" : `\\p{${name}}`);
  if (/^(?:L[mo]|M[nec]|N[dlo]|Z[slp]|C[ncfos]|P[dsecoif]|S[mcko]|[LMNZCPS])$/.test(name)) return unicode(`\\p{${name}}`);
  if (name.startsWith("java")) return javaProperty(name.slice("java".length), mode);
  switch (name) {
    case "LC":
      return unicode("\\p{Lu}\\p{Ll}\\p{Lt}");
    case "LD":
      return unicode("\\p{L}\\p{Nd}");
    case "L1":
      return range(0, 0xff);
    case "all":
      return EVERY;
    case "ASCII":
      return range(0, 0x7f);
    case "Lower":
      return mode.ignoreCase ? alpha : lower;
    case "Upper":
      return mode.ignoreCase ? alpha : upper;
    case "Alpha":
      return alpha;
    case "Digit":
      return digit;
    case "Alnum":
      return union(alpha, digit);
    case "Punct":
      return punctuation;
    case "Graph":
      return union(alpha, digit, punctuation);
    case "Print":
      return range(0x20, 0x7e);
    case "Blank":
      return blank;
    case "Cntrl":
      return union(range(0, 0x1f), range(0x7f));
    case "XDigit":
      return union(digit, range(0x61, 0x66), range(0x41, 0x46));
    case "Space":
      return space;
    default:
      return undefined;
  }
}

/** POSIX classes of Unicode: under `(?U)`, and after `Is`. Names in any case. */
function posixUnicode(name: string, mode: PropertyMode): CodePoints | undefined {
  switch (name.toLowerCase()) {
    case "alpha":
      return unicode("\\p{Alphabetic}");
    case "lower":
      return mode.ignoreCase ? anyCase() : unicode("\\p{Lowercase}");
    case "upper":
      return mode.ignoreCase ? anyCase() : unicode("\\p{Uppercase}");
    case "space":
      return WHITE_SPACE();
    case "punct":
      return unicode("\\p{P}");
    case "xdigit":
      return union(unicode("\\p{Nd}"), unicode("\\p{Hex_Digit}"));
    case "alnum":
      return unicode("\\p{Alphabetic}\\p{Nd}");
    case "cntrl":
      return unicode("\\p{Cc}");
    case "digit":
      return unicode("\\p{Nd}");
    case "blank":
      return union(unicode("\\p{Zs}"), range(9));
    case "graph":
      return negate(unicode("\\p{Z}\\p{Cc}\\p{Cs}\\p{Cn}"));
    case "print":
      return negate(unicode("\\p{Zl}\\p{Zp}\\p{Cc}\\p{Cs}\\p{Cn}"));
    default:
      return undefined;
  }
}

/** `\p{IsAlphabetic}` and its like. Names in any case. */
function binaryProperty(name: string, mode: PropertyMode): CodePoints | undefined {
  switch (name.toUpperCase()) {
    case "ALPHABETIC":
      return unicode("\\p{Alphabetic}");
    case "ASSIGNED":
      return negate(unicode("\\p{Cn}"));
    case "CONTROL":
      return unicode("\\p{Cc}");
    case "HEXDIGIT":
    case "HEX_DIGIT":
      return union(unicode("\\p{Nd}"), unicode("\\p{Hex_Digit}"));
    case "IDEOGRAPHIC":
      return unicode("\\p{Ideographic}");
    case "JOINCONTROL":
    case "JOIN_CONTROL":
      return range(0x200c, 0x200d);
    case "LETTER":
      return unicode("\\p{L}");
    case "LOWERCASE":
      return mode.ignoreCase ? anyCase() : unicode("\\p{Lowercase}");
    case "UPPERCASE":
      return mode.ignoreCase ? anyCase() : unicode("\\p{Uppercase}");
    case "TITLECASE":
      return mode.ignoreCase ? anyCase() : unicode("\\p{Lt}");
    case "NONCHARACTERCODEPOINT":
    case "NONCHARACTER_CODE_POINT":
      return unicode("\\p{Noncharacter_Code_Point}");
    case "PUNCTUATION":
      return unicode("\\p{P}");
    case "WHITESPACE":
    case "WHITE_SPACE":
      return WHITE_SPACE();
    case "WORD":
      return unicode(WORD);
    default:
      return undefined;
  }
}

function javaProperty(name: string, mode: PropertyMode): CodePoints | undefined {
  switch (name) {
    case "LowerCase":
      return mode.ignoreCase ? anyCase() : unicode("\\p{Lowercase}");
    case "UpperCase":
      return mode.ignoreCase ? anyCase() : unicode("\\p{Uppercase}");
    case "TitleCase":
      return mode.ignoreCase ? anyCase() : unicode("\\p{Lt}");
    case "Alphabetic":
      return unicode("\\p{Alphabetic}");
    case "Ideographic":
      return unicode("\\p{Ideographic}");
    case "Digit":
      return unicode("\\p{Nd}");
    case "Defined":
      return negate(unicode("\\p{Cn}"));
    case "Letter":
      return unicode("\\p{L}");
    case "LetterOrDigit":
      return unicode("\\p{L}\\p{Nd}");
    case "JavaIdentifierStart":
      return unicode("\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}");
    case "JavaIdentifierPart":
      return union(unicode("\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}\\p{Nd}\\p{Mc}\\p{Mn}"), IGNORABLE());
    case "UnicodeIdentifierStart":
      return unicode("\\p{ID_Start}");
    case "UnicodeIdentifierPart":
      return union(unicode("\\p{ID_Continue}"), IGNORABLE());
    case "IdentifierIgnorable":
      return IGNORABLE();
    case "SpaceChar":
      return unicode("\\p{Z}");
    case "Whitespace":
      return union(range(9, 13), range(0x1c, 0x1f), negate(union(negate(unicode("\\p{Z}")), anyOf("\u00a0\u2007\u202f"))));
    case "ISOControl":
      return union(range(0, 0x1f), range(0x7f, 0x9f));
    case "Mirrored":
      return unicode("\\p{Bidi_Mirrored}");
    default:
      return undefined;
  }
}

const IGNORABLE = () => union(range(0, 8), range(0xe, 0x1b), range(0x7f, 0x9f), unicode("\\p{Cf}"));

/** By full name or four-letter code, in any case. */
function script(name: string): CodePoints | undefined {
  const cased = name
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join("_");
  if (!/^[A-Za-z_]+$/.test(cased)) return undefined;
  try {
    return unicode(`\\p{Script=${cased}}`);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Reading a property takes some 50 ms, and a thousand stubs may name the same one. There are only so many properties. */
const known = new Map<string, CodePoints>();

function unicode(members: string): CodePoints {
  let set = known.get(members);
  if (!set) {
    set = readMembers(members);
    known.set(members, set);
  }
  return set;
}

/** The members of a JavaScript class such as `\p{L}\p{Nd}`, read off texts that hold every code point. Throws SyntaxError for an unknown property. */
function readMembers(members: string): CodePoints {
  const ranges: number[] = [];
  const runs = new RegExp(`[${members}]+`, "gu");
  for (const plane of planes()) {
    for (const run of plane.text.matchAll(runs)) {
      const from = run[0].codePointAt(0) ?? 0;
      const unitsPerPoint = from > 0xffff ? 2 : 1;
      const to = from + run[0].length / unitsPerPoint - 1;
      if (ranges[ranges.length - 1] === from - 1) ranges[ranges.length - 1] = to;
      else ranges.push(from, to);
    }
  }
  return ranges;
}

/** Every code point in order, in texts where neighbours stay apart: a high surrogate followed by a low one would become one character. */
function* planes(): Generator<{ readonly text: string }> {
  yield { text: textOf(0, 0xdbff) };
  yield { text: textOf(0xdc00, 0xffff) };
  for (let from = 0x10000; from <= 0x10ffff; from += 0x10000) yield { text: textOf(from, from + 0xffff) };
}

function textOf(from: number, to: number): string {
  let text = "";
  for (let start = from; start <= to; start += 4096) {
    const points = Array.from({ length: Math.min(4096, to - start + 1) }, (_, i) => start + i);
    text += String.fromCodePoint(...points);
  }
  return text;
}
