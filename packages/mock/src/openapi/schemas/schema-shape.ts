import { child, type DocumentNode, entries, isMapping, items, ownValue } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import { conjuncts } from "./inner-schemas.ts";

export type JsonType = "null" | "boolean" | "object" | "array" | "number" | "integer" | "string";

/** What kind of value a schema takes, as far as it says: what text needs to be read as a value. */
export interface SchemaShape {
  /** Undefined when nothing limits them. */
  readonly types: ReadonlySet<JsonType> | undefined;
  /** Takes lists, and text, numbers and the like: both may be so. */
  readonly array: boolean;
  readonly object: boolean;
  readonly scalar: boolean;
  /** Every schema of each property, and of the items. */
  readonly properties: ReadonlyMap<string, readonly DocumentNode[]>;
  readonly items: readonly DocumentNode[];
  /** Schemas of properties that are not named. */
  readonly additional: readonly DocumentNode[];
  /** Properties may have any name. */
  readonly open: boolean;
}

const jsonTypes: readonly JsonType[] = ["null", "boolean", "object", "array", "number", "integer", "string"];
const mostParts = 200;

/** Alternatives are looked into as well: what any of them takes may come. */
export class SchemaShapes {
  readonly #document: OpenApiDocument;
  readonly #shapes = new WeakMap<object, SchemaShape>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
  }

  of(schema: DocumentNode | undefined): SchemaShape {
    if (schema === undefined || !isMapping(schema.value)) return anything;
    let shape = this.#shapes.get(schema.value);
    if (shape === undefined) {
      shape = this.#read(schema);
      this.#shapes.set(schema.value, shape);
    }
    return shape;
  }

  #read(schema: DocumentNode): SchemaShape {
    const parts = this.#parts(schema);
    const types = this.#types(schema, 0);
    const properties = new Map<string, DocumentNode[]>();
    const itemSchemas: DocumentNode[] = [];
    const additional: DocumentNode[] = [];
    let open = false;
    for (const part of parts) {
      for (const [name, node] of entries(child(part, "properties"))) properties.set(name, [...(properties.get(name) ?? []), node]);
      const each = child(part, "items");
      if (each.value !== undefined) itemSchemas.push(each);
      const more = child(part, "additionalProperties");
      if (more.value !== undefined && more.value !== false) open = true;
      if (isMapping(more.value)) additional.push(more);
    }
    const object = types === undefined ? properties.size > 0 : types.has("object");
    return {
      types,
      array: types === undefined ? itemSchemas.length > 0 : types.has("array"),
      object,
      scalar: types === undefined || [...types].some((type) => type !== "array" && type !== "object"),
      properties,
      items: itemSchemas,
      additional,
      open: open || (object && properties.size === 0),
    };
  }

  /** Types that all parts allow; of alternatives those of any. */
  #types(schema: DocumentNode, depth: number): ReadonlySet<JsonType> | undefined {
    let allowed: ReadonlySet<JsonType> | undefined;
    for (const part of conjuncts(this.#document, schema)) {
      for (const types of [ownTypes(part), ...this.#alternativeTypes(part, depth)]) {
        if (types !== undefined) allowed = allowed === undefined ? types : intersect(allowed, types);
      }
    }
    return allowed;
  }

  #alternativeTypes(part: DocumentNode, depth: number): readonly (ReadonlySet<JsonType> | undefined)[] {
    if (depth > 6) return [];
    return ["oneOf", "anyOf"].flatMap((keyword) => {
      const members = items(child(part, keyword));
      if (members.length === 0) return [];
      const each = members.slice(0, mostParts).map((member) => this.#types(member, depth + 1));
      const all = new Set<JsonType>();
      for (const types of each) {
        if (types === undefined) return [undefined];
        for (const type of types) all.add(type);
      }
      return [all];
    });
  }

  #parts(schema: DocumentNode): readonly DocumentNode[] {
    const found = new Map<unknown, DocumentNode>();
    const queue = [schema];
    for (let next = 0; next < queue.length && found.size < mostParts; next++) {
      const from = queue[next];
      for (const part of from === undefined ? [] : conjuncts(this.#document, from)) {
        if (found.has(part.value)) continue;
        found.set(part.value, part);
        queue.push(...items(child(part, "oneOf")), ...items(child(part, "anyOf")));
      }
    }
    return [...found.values()];
  }
}

function ownTypes(part: DocumentNode): ReadonlySet<JsonType> | undefined {
  if (!isMapping(part.value)) return undefined;
  const written = [ownValue(part.value, "type")].flat();
  const types = new Set(jsonTypes.filter((type) => written.includes(type)));
  if (types.size === 0) return constantTypes(part);
  if (part.value.nullable === true) types.add("null");
  return types;
}

function constantTypes(part: DocumentNode): ReadonlySet<JsonType> | undefined {
  const only = child(part, "const").value;
  const allowed = only !== undefined ? [only] : items(child(part, "enum")).map(({ value }) => value);
  if (allowed.length === 0) return undefined;
  return new Set(allowed.map(typeOf));
}

export function typeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "number":
      return Number.isInteger(value) ? "integer" : "number";
    case "object":
      return "object";
    default:
      return "string";
  }
}

function intersect(left: ReadonlySet<JsonType>, right: ReadonlySet<JsonType>): ReadonlySet<JsonType> {
  const both = new Set([...left].filter((type) => right.has(type)));
  // Every integer is a number.
  if ((left.has("number") && right.has("integer")) || (left.has("integer") && right.has("number"))) both.add("integer");
  return both;
}

const anything: SchemaShape = {
  types: undefined,
  array: false,
  object: false,
  scalar: true,
  properties: new Map(),
  items: [],
  additional: [],
  open: true,
};
