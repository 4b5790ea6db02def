import type { ValuePattern } from "../../mapping/stub-mapping.ts";
import type { Notice, ValueMatcher } from "../matcher.ts";

/**
 * Of several values WireMock asks the one at the least distance whether it matches. That is not always one that does: a date before
 * another may be further from it than one that is not, text that is equal but for its case further than text that is not equal.
 */
export function matchesBest(matcher: ValueMatcher, values: readonly (string | undefined)[], notice: Notice | undefined): boolean {
  const [first] = values;
  if (values.length > 1 && isFurthestApart(matcher.pattern, "")) return values.every((value) => value === "");
  if (values.length <= 1 || isNearestMatch(matcher.pattern)) return values.some((value) => matcher.matches(value, notice));
  let best = { value: first, distance: matcher.distance(first) };
  const end = performance.now() + TIME_LIMIT_MS;
  for (const value of values.slice(1)) {
    if (performance.now() > end) {
      notice?.("WARNING", { message: `Gave up after ${TIME_LIMIT_MS} ms of comparing ${values.length} values` });
      return false;
    }
    const distance = matcher.distance(value);
    if (distance < best.distance) best = { value, distance };
  }
  return matcher.matches(best.value, notice);
}

const TIME_LIMIT_MS = 1000;

/** To WireMock two empty texts are no number apart, which is further than anything else. */
export function isFurthestApart(pattern: ValuePattern, value: string): boolean {
  return pattern.kind === "equalTo" && pattern.value === "" && value === "";
}

/** Whether a pattern's distance is 0 for what matches and above for what does not. */
function isNearestMatch(pattern: ValuePattern): boolean {
  switch (pattern.kind) {
    case "equalTo":
      return pattern.caseInsensitive !== true;
    case "before":
    case "after":
    case "equalToDateTime":
    case "matchesXPath":
    case "matchesJsonPath":
      return false;
    case "and":
    case "or":
      return pattern.patterns.every(isNearestMatch);
    default:
      return true;
  }
}
