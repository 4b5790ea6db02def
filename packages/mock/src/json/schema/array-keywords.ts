import { isJsonNumber, isJsonObject, type JsonValue, keysOf, valueAt } from "../json-value.ts";
import { equalityText } from "./json-equality.ts";
import { accepts, type Check, evaluate } from "./schema-node.ts";
import { type Keyword, SchemaRefusal, type SchemaScope } from "./schema-scope.ts";
import { wholeNumber } from "./value-keywords.ts";

/** Keywords about arrays. */
export const arrayKeywords = {
  minItems: (limit) => sizeKeyword("minItems", wholeNumber(limit) ?? 0, (size, least) => size >= least),
  // WireMock takes what is no number for 0.
  maxItems: (limit) => sizeKeyword("maxItems", wholeNumber(limit) ?? 0, (size, most) => size <= most),
  uniqueItems(isUnique) {
    if (isUnique !== true) return undefined;
    return (value, place, run) => {
      const seen = new Set<string>();
      for (const item of partsOf(value)) {
        run.step();
        const text = equalityText(item, "by-kind");
        if (seen.has(text)) return run.fail("uniqueItems", "has the same item twice", place);
        seen.add(text);
      }
    };
  },
  /** Before draft 2020-12: one schema for all items, or one for each of the first. */
  items: (schemas, scope) => (Array.isArray(schemas) ? tuple(schemas, scope) : allItems(schemas, scope)),
  contains(schema, scope) {
    if (!isJsonObject(schema) && typeof schema !== "boolean") return undefined;
    const node = scope.child(schema);
    const least = wholeNumber(scope.schema.minContains ?? null) ?? 1;
    const most = wholeNumber(scope.schema.maxContains ?? null) ?? Number.POSITIVE_INFINITY;
    return (value, place, run, seen) => {
      if (!Array.isArray(value)) return;
      const found = value.flatMap((item, index) => (accepts(node, item, { outer: place, key: index }, run) ? [index] : []));
      if (found.length < least) run.fail("contains", `contains fewer than ${least} such items`, place);
      if (found.length > most) run.fail("contains", `contains more than ${most} such items`, place);
      if (!seen) return;
      if (found.length === value.length) seen.containsAll = true;
      else for (const index of found) seen.contained.add(index);
    };
  },
} satisfies Record<string, Keyword>;

/** `minContains` and `maxContains` are read by `contains`. WireMock finds fault with bounds that contradict each other, whatever the value. */
export function containsBounds(_: JsonValue, { schema }: SchemaScope): Check | undefined {
  const bounds = [schema.minContains, schema.maxContains].filter((bound) => bound !== undefined);
  const areCounts = bounds.every((bound) => isJsonNumber(bound) && Number.isInteger(Number(bound)) && Number(bound) >= 0);
  const contradict = Number(schema.maxContains ?? Number.POSITIVE_INFINITY) < Number(schema.minContains ?? 1);
  if (areCounts && !contradict) return undefined;
  return (_value, place, run) => run.fail("minContains", "cannot be met: the bounds of `contains` contradict each other", place);
}

/** Since draft 2020-12. */
export const laterArrayKeywords = {
  prefixItems(schemas, scope) {
    if (!Array.isArray(schemas) || schemas.length === 0)
      throw new SchemaRefusal("The value of 'prefixItems' MUST be a non-empty array of valid JSON Schemas.");
    const nodes = schemas.map((schema) => scope.child(schema));
    return (value, place, run, seen) => {
      if (!Array.isArray(value)) return;
      for (const [index, node] of nodes.entries()) {
        const item = value[index];
        if (item !== undefined) evaluate(node, item, { outer: place, key: index }, run);
      }
      markFirst(seen, nodes.length, value.length);
    };
  },
  items(schema, scope) {
    if (!isJsonObject(schema) && typeof schema !== "boolean") throw new SchemaRefusal("items is no schema");
    const { prefixItems } = scope.schema;
    const first = Array.isArray(prefixItems) ? prefixItems.length : 0;
    const node = scope.child(schema);
    return (value, place, run, seen) => {
      if (!Array.isArray(value)) return;
      for (let index = first; index < value.length; index++) evaluate(node, value[index] ?? null, { outer: place, key: index }, run);
      if (seen && value.length > first) seen.allItems = true;
    };
  },
} satisfies Record<string, Keyword>;

export function unevaluatedItems(schema: JsonValue, scope: SchemaScope): Check {
  if (!isJsonObject(schema) && typeof schema !== "boolean")
    throw new SchemaRefusal("The value of 'unevaluatedItems' MUST be a valid JSON Schema.");
  const node = scope.child(schema);
  return (value, place, run, seen) => {
    if (!Array.isArray(value) || !seen || seen.allItems || seen.containsAll) return;
    for (let index = seen.items; index < value.length; index++) {
      if (!seen.contained.has(index)) evaluate(node, value[index] ?? null, { outer: place, key: index }, run);
    }
    seen.allItems = true;
  };
}

function sizeKeyword(keyword: string, limit: number, isWithin: (size: number, limit: number) => boolean): Check {
  return (value, place, run) => {
    if (Array.isArray(value) && !isWithin(value.length, limit)) run.fail(keyword, `has ${value.length} items`, place);
  };
}

function allItems(schema: JsonValue, scope: SchemaScope): Check | undefined {
  if (!isJsonObject(schema) && typeof schema !== "boolean") return undefined;
  const node = scope.child(schema);
  return (value, place, run, seen) => {
    if (!Array.isArray(value)) return;
    for (const [index, item] of value.entries()) evaluate(node, item, { outer: place, key: index }, run);
    if (seen) seen.allItems = true;
  };
}

function tuple(schemas: readonly JsonValue[], scope: SchemaScope): Check {
  const nodes = schemas.map((schema) => scope.child(schema));
  const { additionalItems } = scope.schema;
  const rest = isJsonObject(additionalItems) || typeof additionalItems === "boolean" ? scope.child(additionalItems) : undefined;
  return (value, place, run, seen) => {
    if (!Array.isArray(value)) return;
    for (const [index, item] of value.entries()) {
      const node = nodes[index] ?? rest;
      if (node) evaluate(node, item, { outer: place, key: index }, run);
    }
    markFirst(seen, nodes.length, value.length);
    if (seen && rest && additionalItems !== false && value.length > nodes.length) seen.allItems = true;
  };
}

function markFirst(seen: Parameters<Check>[3], count: number, size: number): void {
  if (!seen) return;
  if (size > count) seen.items = Math.max(seen.items, count);
  else seen.allItems = true;
}

/** WireMock looks at the values of an object, too. */
function partsOf(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? keysOf(value).map((key) => valueAt(value, key) ?? null) : [];
}
