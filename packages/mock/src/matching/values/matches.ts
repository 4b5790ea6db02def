import { compileRegex } from "../../regex/safe-regex.ts";
import type { Notice, ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";
import type { PatternOf } from "./pattern-of.ts";

/** The whole value, `.` being any character. `doesNotMatch` also matches an absent value. */
export function compileMatches(pattern: PatternOf<"matches">): ValueMatcher {
  const regex = compileRegex(pattern.value, { dotAll: true });
  const wanted = pattern.kind === "matches";
  const matches: ValueMatcher["matches"] = (value, notice) => {
    const text = matchedText(value);
    let gaveUp = false;
    const found =
      text !== undefined &&
      regex.matches(text, (message) => {
        gaveUp = true;
        warn(message, notice);
      });
    return !gaveUp && found === wanted;
  };
  return { pattern, matches, distance: (value) => (matches(value) ? 0 : 1), describe: () => pattern.value };
}

function warn(message: string, notice: Notice | undefined): void {
  notice?.("WARNING", { message });
}
