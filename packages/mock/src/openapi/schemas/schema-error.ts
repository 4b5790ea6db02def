import type { ErrorObject } from "ajv";
import { child, type DocumentNode, isMapping, show } from "../documents/document-node.ts";
import { pointerKeys } from "../documents/json-pointer.ts";

/** One thing wrong with a value, in the document's own words. */
export interface SchemaError {
  /** Into the value. */
  readonly path: readonly string[];
  readonly message: string;
  /** The keyword of the document that it breaks. */
  readonly rule: DocumentNode;
}

export interface ErrorContext {
  readonly origin: (lowered: object) => DocumentNode | undefined;
  readonly fallback: DocumentNode;
}

/** An error of ajv, or one of those that `nearest-errors.ts` makes of several. */
export type ToldError = ErrorObject & { readonly told?: string };

export function toSchemaError(error: ToldError, { origin, fallback }: ErrorContext): SchemaError {
  const { parentSchema } = error;
  const node = typeof parentSchema === "object" && parentSchema !== null ? (origin(parentSchema) ?? fallback) : fallback;
  const own = child(node, error.keyword);
  return { path: pointerKeys(error.instancePath), message: error.told ?? messageOf(error), rule: own.value === undefined ? node : own };
}

function messageOf(error: ErrorObject): string {
  const { keyword, params, data } = error;
  const got = `, got ${show(data)}`;
  switch (keyword) {
    case "required":
      return `"${params.missingProperty}" is missing`;
    case "additionalProperties":
      return `"${params.additionalProperty}" is not declared`;
    case "unevaluatedProperties":
      return `"${params.unevaluatedProperty}" is not declared`;
    case "dependentRequired":
      return `"${params.missingProperty}" is missing, which "${params.property}" asks for`;
    case "type":
      return `must be ${[params.type].flat().join(" or ")}${got}`;
    case "enum":
      return `must be one of ${enumOf(error)}${got}`;
    case "const":
      return `must be ${show(params.allowedValue)}${got}`;
    case "not":
      return isMapping(error.parentSchema) && error.parentSchema["dojang-write-only"] === true
        ? "is writeOnly: it is never sent in a response"
        : `is not allowed here${got}`;
    case "format":
      return `must be of format ${params.format}${got}`;
    case "pattern":
      return `must match ${params.pattern}${got}`;
    case "uniqueItems":
      return `must not have equal items${got}`;
    case "minLength":
    case "maxLength":
      return `must have at ${keyword === "minLength" ? "least" : "most"} ${params.limit} characters${got}`;
    case "minItems":
    case "maxItems":
      return `must have at ${keyword === "minItems" ? "least" : "most"} ${params.limit} items${got}`;
    case "minProperties":
    case "maxProperties":
      return `must have at ${keyword === "minProperties" ? "least" : "most"} ${params.limit} properties${got}`;
    default:
      return `${error.message ?? `breaks \`${keyword}\``}${got}`;
  }
}

function enumOf({ parentSchema }: ErrorObject): string {
  const allowed: unknown = parentSchema?.enum;
  if (!Array.isArray(allowed)) return "the values listed";
  const shown = allowed.slice(0, 8).map(show).join(", ");
  return allowed.length > 8 ? `${shown} and ${allowed.length - 8} more` : shown;
}
