import { foldCase } from "./case-folding.ts";
import { type CodePoints, intersect, negate, range, union } from "./code-points.ts";
import { parseEscape } from "./parse-escape.ts";
import { END, type PatternReader, plain } from "./pattern-reader.ts";
import { foldingOf, propertyModeOf, type RegexFlags } from "./regex-flags.ts";

const OPEN = 0x5b;
const CLOSE = 0x5d;
const AMPERSAND = 0x26;
const DASH = 0x2d;
const CARET = 0x5e;
const BACKSLASH = 0x5c;

/** A class, its `[` being taken: union of members and nested classes, `&&` binding weaker than both, `^` negating the whole. */
export function parseClass(reader: PatternReader, flags: RegexFlags): CodePoints {
  let negated = false;
  if (reader.peekRaw() === CARET) {
    reader.takeRaw();
    negated = true;
  }
  const set = parseMembers(reader, flags);
  reader.take();
  return negated ? negate(set) : set;
}

/** Up to the closing bracket, which is left. */
function parseMembers(reader: PatternReader, flags: RegexFlags): CodePoints {
  let set: CodePoints | undefined;
  let last: CodePoints | undefined;
  for (;;) {
    const token = reader.peek();
    if (token === END) reader.fail("Unclosed character class");
    if (token === CLOSE && set) return set;
    if (token === AMPERSAND && isIntersection(reader)) {
      last = parseRightSide(reader, flags) ?? last;
      if (!set && !last) reader.fail("Bad class syntax");
      set = set && last ? intersect(set, last) : (set ?? last);
    } else {
      last = token === OPEN ? parseNested(reader, flags) : parseMember(reader, flags);
      set = set ? union(set, last) : last;
    }
  }
}

/** Takes `&&`; leaves a single `&`, which is a member. */
function isIntersection(reader: PatternReader): boolean {
  const start = reader.position;
  reader.take();
  if (reader.peek() === AMPERSAND) {
    reader.take();
    return true;
  }
  reader.back(start);
  return false;
}

/** What follows `&&`: nested classes, or members up to the closing bracket. */
function parseRightSide(reader: PatternReader, flags: RegexFlags): CodePoints | undefined {
  let right: CodePoints | undefined;
  for (let token = reader.peek(); token !== CLOSE && token !== AMPERSAND; token = reader.peek()) {
    const part = token === OPEN ? parseNested(reader, flags) : parseMembers(reader, flags);
    right = right ? union(right, part) : part;
  }
  return right;
}

function parseNested(reader: PatternReader, flags: RegexFlags): CodePoints {
  reader.take();
  return parseClass(reader, flags);
}

/** One character, one escape or one range. */
function parseMember(reader: PatternReader, flags: RegexFlags): CodePoints {
  const from = parsePoint(reader, flags);
  if (typeof from !== "number") return from;
  if (reader.peek() === DASH) {
    const next = reader.peekRaw(1);
    if (next !== OPEN && next !== CLOSE && next !== END) {
      reader.take();
      const to = parsePoint(reader, flags);
      if (typeof to !== "number" || to < from) return reader.fail("Illegal character range");
      return foldCase(range(from, to), foldingOf(flags));
    }
  }
  return foldCase(range(from), foldingOf(flags));
}

function parsePoint(reader: PatternReader, flags: RegexFlags): number | CodePoints {
  if (reader.peek() !== BACKSLASH) {
    const token = reader.take();
    return token === END ? reader.fail("Unclosed character class") : plain(token);
  }
  reader.take();
  const escaped = parseEscape(reader, propertyModeOf(flags), "class");
  if (escaped.kind === "point") return escaped.point;
  return escaped.kind === "set" ? escaped.set : reader.fail("Illegal/unsupported escape sequence");
}
