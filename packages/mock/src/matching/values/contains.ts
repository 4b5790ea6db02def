import type { ValuePattern } from "../../mapping/stub-mapping.ts";
import type { ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";

/** `doesNotContain` also matches an absent value. */
export function compileContains(pattern: ValuePattern & { kind: "contains" | "doesNotContain" }): ValueMatcher {
  const wanted = pattern.kind === "contains";
  const matches: ValueMatcher["matches"] = (value) => (matchedText(value)?.includes(pattern.value) ?? false) === wanted;
  return { pattern, matches, distance: (value) => (matches(value) ? 0 : 1), describe: () => pattern.value };
}
