import { compileJsonSchema, type JsonSchema, JsonSchemaError, type SchemaReport } from "../../json/json-schema.ts";
import { isJsonObject, type JsonValue, keysOf, valueAt } from "../../json/json-value.ts";
import { parseJson } from "../../json/parse-json.ts";
import { printJson } from "../../json/print-json.ts";
import type { Notice, ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";
import { LastParsed } from "./parsed-text.ts";
import type { PatternOf } from "./pattern-of.ts";

/** Keeps nothing of a request beyond its turn, so all mock servers of a process may share it. A text that is no JSON is a string. */
const lastValue = new LastParsed((text): JsonValue => {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : text;
});

/**
 * A text that is no JSON counts as a string. A number or boolean that does not match is asked again as the text it is: headers and query
 * parameters are written without quotes. A schema that cannot be used matches nothing, and says so with each request, as WireMock does.
 */
export function compileMatchesJsonSchema(pattern: PatternOf<"matchesJsonSchema">): ValueMatcher {
  const parsed = parseJson(pattern.schema);
  if (!parsed.ok) throw new SyntaxError(`matchesJsonSchema: ${parsed.message}`);
  const properties = propertyCount(parsed.value);
  const compiled = usable(() => compileJsonSchema(parsed.value, pattern.schemaVersion ?? "V202012"));
  return {
    pattern,
    matches(value, notice) {
      if ("problem" in compiled) {
        say(compiled.problem, notice);
        return false;
      }
      const text = matchedText(value);
      if (text === undefined) return false;
      const { isValid, problem } = reportOf(text, compiled.schema);
      if (problem !== undefined) say(problem, notice);
      return isValid;
    },
    distance(value) {
      const text = matchedText(value);
      if (text === undefined || "problem" in compiled) return 1;
      const { isValid, count, problem } = reportOf(text, compiled.schema);
      if (isValid) return 0;
      return properties === 0 || problem !== undefined ? 1 : count / properties;
    },
    describe: () => printJson(parsed.value),
  };
}

function reportOf(text: string, schema: JsonSchema): SchemaReport {
  const value = lastValue.of(text);
  const report = schema.report(value);
  const isRead = typeof value === "string" || Array.isArray(value) || isJsonObject(value);
  return report.isValid || isRead || report.problem !== undefined ? report : schema.report(text);
}

function say(problem: string, notice: Notice | undefined): void {
  notice?.("ERROR", { errors: [{ code: 10, title: "Invalid JSON Schema", detail: problem }] });
}

type Usable = { readonly schema: JsonSchema } | { readonly problem: string };

function usable(compile: () => JsonSchema): Usable {
  try {
    return { schema: compile() };
  } catch (error) {
    if (error instanceof JsonSchemaError) return { problem: error.message };
    throw error;
  }
}

/** How WireMock counts a schema, for distances: its properties and theirs. */
function propertyCount(schema: JsonValue): number {
  const properties = isJsonObject(schema) ? valueAt(schema, "properties") : undefined;
  if (properties === undefined || !isJsonObject(properties)) return 0;
  return keysOf(properties).reduce((sum, name) => sum + 1 + propertyCount(valueAt(properties, name) ?? null), 0);
}
