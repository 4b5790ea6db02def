import type { SchemaVersion } from "../../mapping/stub-mapping.ts";
import type { JsonObjectValue, JsonValue } from "../json-value.ts";
import type { Check, SchemaNode } from "./schema-node.ts";

/** A schema cannot be used. */
export class SchemaRefusal extends Error {
  override readonly name = "SchemaRefusal";
}

/** Where a keyword stands, and what it may ask of what is around it. */
export interface SchemaScope {
  readonly schema: JsonObjectValue;
  readonly version: SchemaVersion;
  /** Null is of every type here: of a schema with `nullable`, and of those right below it. */
  readonly isNullable: boolean;
  /** It was reached by `$ref`. */
  readonly isReferred: boolean;
  /** The schema below; what is neither object nor boolean accepts everything. */
  child(schema: JsonValue): SchemaNode;
  /** Finds a schema by its address, as seen from here; throws ValidationRefusal. */
  refer(address: string): SchemaNode;
  /** As `refer`, in the outermost of these resources that has such a dynamic anchor, if the address found here is one. */
  referDynamically(address: string, resources: readonly string[]): SchemaNode;
  referRecursively(resources: readonly string[]): SchemaNode;
}

/** Makes the question of a keyword; undefined where its value means nothing. Throws SchemaRefusal. */
export type Keyword = (value: JsonValue, scope: SchemaScope) => Check | undefined;
