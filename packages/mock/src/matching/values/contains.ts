import type { ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";
import type { PatternOf } from "./pattern-of.ts";

/** `doesNotContain` also matches an absent value. */
export function compileContains(pattern: PatternOf<"contains">): ValueMatcher {
  const wanted = pattern.kind === "contains";
  const matches: ValueMatcher["matches"] = (value) => (matchedText(value)?.includes(pattern.value) ?? false) === wanted;
  return { pattern, matches, distance: (value) => (matches(value) ? 0 : 1), describe: () => pattern.value };
}
