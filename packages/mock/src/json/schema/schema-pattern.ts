import { compileRegex, RegexSyntaxError, type SafeRegex } from "../../regex/safe-regex.ts";
import { SchemaRefusal } from "./schema-scope.ts";

/** Expressions in schemas are Java's, too. Throws SchemaRefusal. */
export function compilePattern(source: string): SafeRegex {
  try {
    return compileRegex(source);
  } catch (error) {
    if (error instanceof RegexSyntaxError) throw new SchemaRefusal(error.message);
    throw error;
  }
}
