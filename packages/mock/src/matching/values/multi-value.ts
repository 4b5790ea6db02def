import type { MultiValuePattern, ValuePattern } from "../../mapping/stub-mapping.ts";
import type { MultiValueMatcher, ValueMatcher } from "../matcher.ts";
import { isFurthestApart, matchesBest } from "./best-value.ts";

/** A plain content pattern on a field: any of its values, or the absence of all. */
export function compileAnyOf(pattern: ValuePattern, matcher: ValueMatcher): MultiValueMatcher {
  return {
    pattern,
    matches: (values, notice) => (values.length === 0 ? matcher.matches(undefined, notice) : matchesBest(matcher, values, notice)),
    distance: (values) => (values.length === 0 ? matcher.distance(undefined) : nearest(matcher, values)),
    describe: () => matcher.describe(),
  };
}

export function compileIncludes(pattern: MultiValuePattern & { kind: "includes" }, matchers: readonly ValueMatcher[]): MultiValueMatcher {
  return {
    pattern,
    matches: (values, notice) => values.length > 0 && matchers.every((matcher) => matchesBest(matcher, values, notice)),
    distance: (values) => (values.length === 0 ? 1 : mean(matchers.map((matcher) => nearest(matcher, values)))),
    describe: () => joined(matchers),
  };
}

/** As `includes`, with as many values as patterns. */
export function compileHasExactly(
  pattern: MultiValuePattern & { kind: "hasExactly" },
  matchers: readonly ValueMatcher[],
): MultiValueMatcher {
  return {
    pattern,
    matches: (values, notice) =>
      values.length > 0 && values.length === matchers.length && matchers.every((matcher) => matchesBest(matcher, values, notice)),
    distance: (values) =>
      values.length === 0
        ? 1
        : mean([values.length === matchers.length ? 0 : 1, mean(matchers.map((matcher) => nearest(matcher, values)))]),
    describe: () => joined(matchers),
  };
}

function nearest(matcher: ValueMatcher, values: readonly string[]): number {
  const compared = values.filter((value) => !isFurthestApart(matcher.pattern, value));
  return compared.length === 0 ? 0 : Math.min(...compared.map((value) => matcher.distance(value)));
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

function joined(matchers: readonly ValueMatcher[]): string {
  return matchers.map((matcher) => `${matcher.pattern.kind} ${matcher.describe()}`).join(" AND ");
}
