import type { MultipartPattern } from "../mapping/stub-mapping.ts";
import type { RequestPart } from "../request/mock-request.ts";
import { lazy } from "./lazy.ts";
import type { Notice, ValueMatcher } from "./matcher.ts";
import { compileMultiValue, compileValue } from "./values/compile-value.ts";

/** How well one part fits. The name of a multipart pattern is a label, as in WireMock. */
export interface PartMatcher {
  readonly pattern: MultipartPattern;
  matchesPart(part: RequestPart, notice?: Notice): boolean;
  matches(parts: readonly RequestPart[], notice?: Notice): boolean;
}

export function compilePart(pattern: MultipartPattern): PartMatcher {
  const { headers, bodyPatterns, fileName, matchingType } = pattern;
  const compiled = lazy(() => ({
    headers: Object.entries(headers ?? {}).map(([name, each]) => ({ name, matcher: compileMultiValue(each) })),
    bodies: (bodyPatterns ?? []).map((each) => compileValue(each)),
  }));
  const matchesPart = (part: RequestPart, notice?: Notice) => {
    if (headers === undefined && bodyPatterns === undefined) return true;
    return (
      compiled().headers.every(({ name, matcher }) => matcher.matches(part.header(name), notice)) &&
      compiled().bodies.every((matcher) => matcher.matches(bodyOfPart(matcher, part), notice)) &&
      (!fileName || part.fileName === fileName)
    );
  };
  return {
    pattern,
    matchesPart,
    matches: (parts, notice) =>
      matchingType === "ALL" ? parts.every((part) => matchesPart(part, notice)) : parts.some((part) => matchesPart(part, notice)),
  };
}

function bodyOfPart(matcher: ValueMatcher, part: RequestPart): string | Buffer {
  return matcher.pattern.kind === "binaryEqualTo" ? part.body : part.text;
}
