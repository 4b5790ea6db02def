import type { MultiValuePattern, ValuePattern } from "../../mapping/stub-mapping.ts";
import type { MultiValueMatcher, ValueMatcher } from "../matcher.ts";
import { compileAbsent } from "./absent.ts";
import { compileAnything } from "./anything.ts";
import { compileBinaryEqualTo } from "./binary-equal-to.ts";
import { compileContains } from "./contains.ts";
import { compileDateMatcher } from "./dates.ts";
import { compileEqualTo } from "./equal-to.ts";
import { compileEqualToJson } from "./equal-to-json.ts";
import { compileEqualToXml } from "./equal-to-xml.ts";
import { compileAnd, compileNot, compileOr } from "./logical.ts";
import { compileMatches } from "./matches.ts";
import { compileMatchesJsonPath } from "./matches-json-path.ts";
import { compileMatchesJsonSchema } from "./matches-json-schema.ts";
import { compileMatchesPathTemplate } from "./matches-path-template.ts";
import { compileMatchesXPath } from "./matches-xpath.ts";
import { compileAnyOf, compileHasExactly, compileIncludes } from "./multi-value.ts";

/** Compiles a content pattern that was checked when it was injected. Throws for a pattern that was not. */
export function compileValue(pattern: ValuePattern): ValueMatcher {
  switch (pattern.kind) {
    case "absent":
      return compileAbsent(pattern);
    case "anything":
      return compileAnything(pattern);
    case "before":
    case "after":
    case "equalToDateTime":
      return compileDateMatcher(pattern);
    case "equalTo":
      return compileEqualTo(pattern);
    case "binaryEqualTo":
      return compileBinaryEqualTo(pattern);
    case "contains":
    case "doesNotContain":
      return compileContains(pattern);
    case "equalToJson":
      return compileEqualToJson(pattern);
    case "equalToXml":
      return compileEqualToXml(pattern);
    case "matchesJsonPath":
      return compileMatchesJsonPath(pattern, pattern.inner && compileValue(pattern.inner));
    case "matchesJsonSchema":
      return compileMatchesJsonSchema(pattern);
    case "matchesPathTemplate":
      return compileMatchesPathTemplate(pattern);
    case "matchesXPath":
      return compileMatchesXPath(pattern, pattern.inner && compileValue(pattern.inner));
    case "matches":
    case "doesNotMatch":
      return compileMatches(pattern);
    case "and":
      return compileAnd(pattern, pattern.patterns.map(compileValue));
    case "or":
      return compileOr(pattern, pattern.patterns.map(compileValue));
    case "not":
      return compileNot(pattern, compileValue(pattern.pattern));
  }
}

export function compileMultiValue(pattern: MultiValuePattern): MultiValueMatcher {
  if (pattern.kind === "hasExactly") return compileHasExactly(pattern, pattern.patterns.map(compileValue));
  if (pattern.kind === "includes") return compileIncludes(pattern, pattern.patterns.map(compileValue));
  return compileAnyOf(pattern, compileValue(pattern));
}
