import type { ValueMatcher } from "../matcher.ts";
import { compilePathTemplate } from "../path-template.ts";
import { matchedText } from "./matched-text.ts";
import type { PatternOf } from "./pattern-of.ts";
import { textDistance } from "./text-distance.ts";

/** A value is taken for a URL: what follows `?` does not count. */
export function compileMatchesPathTemplate(pattern: PatternOf<"matchesPathTemplate">): ValueMatcher {
  const template = compilePathTemplate(pattern.value);
  const matches = (text: string): boolean => template.matches(text.split("?", 1)[0] ?? "");
  return {
    pattern,
    matches(value) {
      const text = matchedText(value);
      return text !== undefined && matches(text);
    },
    distance(value) {
      const text = matchedText(value);
      if (text === undefined) return 1;
      return matches(text) ? 0 : textDistance(template.withoutVariables, text);
    },
    describe: () => pattern.value,
  };
}
