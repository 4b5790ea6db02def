import type { SchemaVersion } from "../mapping/stub-mapping.ts";

export interface SchemaViolation {
  /** JSON pointer into the value. */
  readonly pointer: string;
  readonly message: string;
  readonly keyword: string;
}

/** A compiled JSON Schema. Never throws and never runs longer than a bounded time. */
export interface JsonSchema {
  readonly version: SchemaVersion;
  isValid(value: unknown): boolean;
  /** All violations, at most `limit` (default 1000). */
  violations(value: unknown, limit?: number): readonly SchemaViolation[];
}

/** Thrown by `compileJsonSchema` for a schema that cannot be used; `checkJsonSchema` gives its message instead. */
export class JsonSchemaError extends Error {
  override readonly name = "JsonSchemaError";
}

/** Compiles once; keep the result. Nothing is fetched: a `$ref` out of the schema is refused. Throws `JsonSchemaError`. */
export function compileJsonSchema(_schema: unknown, _version: SchemaVersion = "V202012"): JsonSchema {
  throw new JsonSchemaError("not built yet");
}
