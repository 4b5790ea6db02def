import type { ValueMatcher } from "../matcher.ts";
import type { PatternOf } from "./pattern-of.ts";

export function compileBinaryEqualTo(pattern: PatternOf<"binaryEqualTo">): ValueMatcher {
  const expected = Buffer.from(pattern.base64, "base64");
  const matches: ValueMatcher["matches"] = (value) =>
    value !== undefined && expected.equals(typeof value === "string" ? Buffer.from(value) : value);
  return { pattern, matches, distance: (value) => (matches(value) ? 0 : 1), describe: () => expected.toString("base64") };
}
