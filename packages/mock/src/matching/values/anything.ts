import type { ValueMatcher } from "../matcher.ts";
import type { PatternOf } from "./pattern-of.ts";

/** Matches an absent value too. */
export function compileAnything(pattern: PatternOf<"anything">): ValueMatcher {
  return { pattern, matches: () => true, distance: () => 0, describe: () => "anything" };
}
