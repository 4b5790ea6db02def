import type { ValueMatcher } from "../matcher.ts";
import type { PatternOf } from "./pattern-of.ts";

export function compileAbsent(pattern: PatternOf<"absent">): ValueMatcher {
  return {
    pattern,
    matches: (value) => value === undefined,
    distance: (value) => (value === undefined ? 0 : 1),
    describe: () => "(absent)",
  };
}
