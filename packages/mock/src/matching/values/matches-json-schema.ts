import { compileJsonSchema, type JsonSchema, JsonSchemaError } from "../../json/json-schema.ts";
import { parseJson } from "../../json/parse-json.ts";
import { compactJson, printJson } from "../../json/print-json.ts";
import type { ValueMatcher } from "../matcher.ts";
import { matchedText } from "./matched-text.ts";
import { LastParsed } from "./parsed-text.ts";
import type { PatternOf } from "./pattern-of.ts";

/** Keeps nothing of a request beyond its turn, so all mock servers of a process may share it. */
const lastPlain = new LastParsed(plainJson);

/**
 * A text that is no JSON counts as a string. A number or boolean that does not match is asked again as the text it is: headers and query
 * parameters are written without quotes. A schema that cannot be used matches nothing, and says so with each request, as WireMock does.
 */
export function compileMatchesJsonSchema(pattern: PatternOf<"matchesJsonSchema">): ValueMatcher {
  const parsed = parseJson(pattern.schema);
  if (!parsed.ok) throw new SyntaxError(`matchesJsonSchema: ${parsed.message}`);
  const schema: unknown = plainJson(pattern.schema);
  const properties = propertyCount(schema);
  const compiled = usable(() => compileJsonSchema(schema, pattern.schemaVersion ?? "V202012"));
  const violationCount = (text: string, of: JsonSchema): number => {
    const value = lastPlain.of(text);
    if (of.isValid(value)) return 0;
    const isText = typeof value === "string" || (typeof value === "object" && value !== null);
    if (!isText && of.isValid(text)) return 0;
    return of.violations(isText ? value : text).length;
  };
  return {
    pattern,
    matches(value, notice) {
      const text = matchedText(value);
      if ("problem" in compiled) {
        notice?.("ERROR", { errors: [{ code: 10, title: "Invalid JSON Schema", detail: compiled.problem }] });
        return false;
      }
      return text !== undefined && violationCount(text, compiled.schema) === 0;
    },
    distance(value) {
      const text = matchedText(value);
      if (text === undefined || "problem" in compiled) return 1;
      const violations = violationCount(text, compiled.schema);
      if (violations === 0) return 0;
      return properties === 0 ? 1 : violations / properties;
    },
    describe: () => printJson(parsed.value),
  };
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

/** As JavaScript has it; a text that is none stays a text. */
function plainJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const lenient = parseJson(text);
    return lenient.ok ? JSON.parse(compactJson(lenient.value)) : text;
  }
}

/** How WireMock counts a schema, for distances: its properties and theirs. */
function propertyCount(schema: unknown): number {
  if (typeof schema !== "object" || schema === null || !("properties" in schema)) return 0;
  const { properties } = schema;
  if (typeof properties !== "object" || properties === null) return 0;
  return Object.values(properties).reduce((sum: number, property: unknown) => sum + 1 + propertyCount(property), 0);
}
