import type { ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";
import type { PatternOf } from "./pattern-of.ts";
import { textDistance } from "./text-distance.ts";

export function compileEqualTo(pattern: PatternOf<"equalTo">): ValueMatcher {
  const expected = pattern.value;
  return {
    pattern,
    matches(value) {
      const text = matchedText(value);
      if (text === undefined) return false;
      return text === expected || (pattern.caseInsensitive === true && equalIgnoringCase(text, expected));
    },
    distance(value) {
      const text = matchedText(value);
      return text === undefined ? 1 : textDistance(expected, text);
    },
    describe: () => expected,
  };
}

/** Java's String.equalsIgnoreCase: character by character, so ß is not SS. */
export function equalIgnoringCase(one: string, two: string): boolean {
  if (one.length !== two.length) return false;
  for (let i = 0; i < one.length; i++) {
    if (one.charCodeAt(i) === two.charCodeAt(i)) continue;
    const upper = upperOf(one, i);
    const other = upperOf(two, i);
    if (upper !== other && upper.toLowerCase() !== other.toLowerCase()) return false;
  }
  return true;
}

/** One UTF-16 unit in upper case, unless its upper case is longer than one unit. */
function upperOf(text: string, index: number): string {
  const char = text.charAt(index);
  const upper = char.toUpperCase();
  return upper.length === 1 ? upper : char;
}
