import type { SchemaVersion } from "../mapping/stub-mapping.ts";
import { isJsonObject, type JsonValue, valueAt } from "./json-value.ts";
import { compileSchema } from "./schema/compile-schema.ts";
import { evaluate, type SchemaNode } from "./schema/schema-node.ts";
import { SchemaRefusal } from "./schema/schema-scope.ts";
import { pointerOf, Validation, ValidationRefusal } from "./schema/validation.ts";

export interface SchemaViolation {
  /** JSON pointer into the value. */
  readonly pointer: string;
  readonly message: string;
  readonly keyword: string;
}

export interface SchemaReport {
  readonly isValid: boolean;
  /** Of all violations, those that alternatives share counted with each. */
  readonly count: number;
  /** The first thousand. */
  readonly violations: readonly SchemaViolation[];
  /** Why it could not be found out: the value then is not valid. */
  readonly problem?: string;
}

/**
 * A compiled JSON Schema, as WireMock's validator understands it: formats are asserted up to draft 7, keywords that are written wrongly
 * mostly mean nothing. Never throws, and takes a bounded number of steps.
 */
export interface JsonSchema {
  readonly version: SchemaVersion;
  isValid(value: JsonValue): boolean;
  report(value: JsonValue): SchemaReport;
}

/** Thrown by `compileJsonSchema` for a schema that cannot be used. */
export class JsonSchemaError extends Error {
  override readonly name = "JsonSchemaError";
}

/**
 * Compiles once; keep the result. `$schema` goes before `version`. Nothing is ever fetched: a `$ref` out of the schema leads nowhere,
 * which is found out when a value gets there. Throws `JsonSchemaError`.
 */
export function compileJsonSchema(schema: JsonValue, version: SchemaVersion = "V202012"): JsonSchema {
  const own = ownVersion(schema) ?? version;
  const node = compiled(schema, own);
  const report = (value: JsonValue): SchemaReport => {
    const run = new Validation();
    const problem = problemOf(() => evaluate(node, value, undefined, run));
    const violations = run.violations.map(({ keyword, message, place }) => ({ keyword, message, pointer: pointerOf(place) }));
    return { isValid: run.count === 0 && problem === undefined, count: run.count, violations, ...(problem !== undefined && { problem }) };
  };
  return { version: own, isValid: (value) => report(value).isValid, report };
}

function compiled(schema: JsonValue, version: SchemaVersion): SchemaNode {
  try {
    return compileSchema(schema, version);
  } catch (error) {
    if (error instanceof SchemaRefusal) throw new JsonSchemaError(error.message, { cause: error });
    throw error;
  }
}

function problemOf(validate: () => void): string | undefined {
  try {
    validate();
    return undefined;
  } catch (error) {
    // What is only referred to is compiled when a value gets there.
    if (error instanceof ValidationRefusal || error instanceof SchemaRefusal) return error.message;
    if (error instanceof RangeError) return "the value is too deep for the schema";
    throw error;
  }
}

const VERSIONS: readonly (readonly [RegExp, SchemaVersion])[] = [
  [/^https?:\/\/json-schema\.org\/draft-04\/schema(?:[?#]|$)/, "V4"],
  [/^https?:\/\/json-schema\.org\/draft-06\/schema(?:[?#]|$)/, "V6"],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema(?:[?#]|$)/, "V7"],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema(?:[?#]|$)/, "V201909"],
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema(?:[?#]|$)/, "V202012"],
];

/** `$schema` says which draft it is written in. */
function ownVersion(schema: JsonValue): SchemaVersion | undefined {
  const address = isJsonObject(schema) ? valueAt(schema, "$schema") : undefined;
  if (address === undefined) return undefined;
  const known = typeof address === "string" ? VERSIONS.find(([pattern]) => pattern.test(address)) : undefined;
  if (!known) throw new JsonSchemaError(`Unknown MetaSchema: ${String(address)}`);
  return known[1];
}
