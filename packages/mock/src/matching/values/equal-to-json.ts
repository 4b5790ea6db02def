import { compareJson } from "../../json/compare-json.ts";
import { expectationOf } from "../../json/json-expectation.ts";
import { jsonSize } from "../../json/json-size.ts";
import { parseJson } from "../../json/parse-json.ts";
import { printJson } from "../../json/print-json.ts";
import type { ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";
import { LastParsed } from "./parsed-text.ts";
import type { PatternOf } from "./pattern-of.ts";

/** Keeps nothing of a request beyond its turn, so all mock servers of a process may share it. */
const lastJson = new LastParsed(parseJson);

/** Throws for an expected value that is no JSON: it is checked when the stub is injected. */
export function compileEqualToJson(pattern: PatternOf<"equalToJson">): ValueMatcher {
  const parsed = parseJson(pattern.value);
  if (!parsed.ok) throw new SyntaxError(`equalToJson: ${parsed.message}`);
  const expected = parsed.value;
  const expectation = expectationOf(expected);
  const expectedSize = jsonSize(expected);
  const options = { ignoreArrayOrder: pattern.ignoreArrayOrder === true, ignoreExtraElements: pattern.ignoreExtraElements === true };
  return {
    pattern,
    matches(value, notice) {
      const text = matchedText(value);
      if (text === undefined) {
        notice?.("WARNING", { message: 'argument "content" is null' });
        return false;
      }
      const actual = lastJson.of(text);
      if (!actual.ok) {
        notice?.("JSON_ERROR", jsonErrors(actual.detail));
        return false;
      }
      const comparison = compareJson(expectation, actual.value, options, true);
      if (comparison.gaveUp !== undefined) notice?.("WARNING", { message: comparison.gaveUp });
      return comparison.similar;
    },
    distance(value) {
      const text = matchedText(value);
      const actual = text === undefined ? undefined : lastJson.of(text);
      if (!actual?.ok) return 1;
      const comparison = compareJson(expectation, actual.value, options, false);
      return comparison.gaveUp === undefined ? comparison.difference / Math.max(expectedSize, jsonSize(actual.value)) : 1;
    },
    describe: () => printJson(expected),
  };
}

/** The body of a JSON_ERROR event, in the shape of WireMock's error answers. */
function jsonErrors(detail: string): Readonly<Record<string, unknown>> {
  return { errors: [{ code: 10, source: {}, title: "Error parsing JSON", detail }] };
}
