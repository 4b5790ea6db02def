import type { MultipartPattern } from "../mapping/stub-mapping.ts";
import type { RequestPart } from "../request/mock-request.ts";
import { lazy } from "./lazy.ts";
import type { ValueMatcher } from "./matcher.ts";
import { compileMultiValue, compileValue } from "./values/compile-value.ts";

/** How well one part fits. The name of a multipart pattern is a label, and what its patterns note is not kept, as in WireMock. */
export interface PartMatcher {
  readonly pattern: MultipartPattern;
  matchesPart(part: RequestPart): boolean;
  matches(parts: readonly RequestPart[]): boolean;
}

export function compilePart(pattern: MultipartPattern): PartMatcher {
  const { headers, bodyPatterns, fileName, matchingType } = pattern;
  const compiled = lazy(() => ({
    headers: Object.entries(headers ?? {}).map(([name, each]) => ({ name, matcher: compileMultiValue(each) })),
    bodies: (bodyPatterns ?? []).map((each) => compileValue(each)),
  }));
  const matchesPart = (part: RequestPart) => {
    if (headers === undefined && bodyPatterns === undefined) return true;
    return (
      compiled().headers.every(({ name, matcher }) => matcher.matches(part.header(name))) &&
      compiled().bodies.every((matcher) => matcher.matches(bodyOfPart(matcher, part))) &&
      (!fileName || part.fileName === fileName)
    );
  };
  return {
    pattern,
    matchesPart,
    matches: (parts) => (matchingType === "ALL" ? parts.every(matchesPart) : parts.some(matchesPart)),
  };
}

function bodyOfPart(matcher: ValueMatcher, part: RequestPart): string | Buffer {
  return matcher.pattern.kind === "binaryEqualTo" ? part.body : part.text;
}
