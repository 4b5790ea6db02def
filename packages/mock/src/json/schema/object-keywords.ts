import type { SafeRegex } from "../../regex/safe-regex.ts";
import { isJsonObject, type JsonObjectValue, type JsonValue, keysOf, valueAt } from "../json-value.ts";
import { type Check, evaluate, type SchemaNode } from "./schema-node.ts";
import { compilePattern } from "./schema-pattern.ts";
import { type Keyword, SchemaRefusal, type SchemaScope } from "./schema-scope.ts";
import type { Validation } from "./validation.ts";
import { wholeNumber } from "./value-keywords.ts";

/** Keywords about objects. */
export const objectKeywords = {
  minProperties: (limit) => sizeKeyword("minProperties", wholeNumber(limit) ?? 0, (size, least) => size >= least),
  maxProperties: (limit) => sizeKeyword("maxProperties", wholeNumber(limit) ?? Number.POSITIVE_INFINITY, (size, most) => size <= most),
  required(names) {
    if (!Array.isArray(names)) return undefined;
    const required = names.map(String);
    return (value, place, run) => {
      if (!isJsonObject(value)) return;
      for (const name of required) if (!Object.hasOwn(value, name)) run.fail("required", `lacks ${name}`, place);
    };
  },
  properties(schemas, scope) {
    const nodes = nodesOf(schemas, scope);
    return (value, place, run, seen) => {
      if (!isJsonObject(value)) return;
      for (const [name, node] of nodes) {
        const property = valueAt(value, name);
        if (property === undefined) continue;
        seen?.properties.add(name);
        evaluate(node, property, { outer: place, key: name }, run);
      }
    };
  },
  patternProperties(schemas, scope) {
    if (!isJsonObject(schemas)) throw new SchemaRefusal("patternProperties must be an object node");
    const nodes = nodesOf(schemas, scope).map(([source, node]): [SafeRegex, SchemaNode] => [compilePattern(source), node]);
    return (value, place, run, seen) => {
      if (!isJsonObject(value)) return;
      for (const name of keysOf(value)) {
        for (const [regex, node] of nodes) {
          run.step();
          if (!regex.find(name, run.outOfTime)) continue;
          if (evaluate(node, valueAt(value, name) ?? null, { outer: place, key: name }, run)) seen?.properties.add(name);
        }
      }
    };
  },
  additionalProperties(schema, scope) {
    const { properties, patternProperties } = scope.schema;
    const known = new Set(isJsonObject(properties) ? keysOf(properties) : []);
    const patterns = isJsonObject(patternProperties) ? keysOf(patternProperties).map(compilePattern) : [];
    const isAdditional = (name: string, run: Validation): boolean => {
      run.step();
      // WireMock leaves names with a number sign to comments.
      return !name.startsWith("#") && !known.has(name) && !patterns.some((regex) => regex.find(name, run.outOfTime));
    };
    const node = isJsonObject(schema) ? scope.child(schema) : undefined;
    return (value, place, run, seen) => {
      if (!isJsonObject(value) || schema === true) {
        if (isJsonObject(value)) for (const name of keysOf(value)) seen?.properties.add(name);
        return;
      }
      for (const name of keysOf(value)) {
        if (node) seen?.properties.add(name);
        if (!isAdditional(name, run)) continue;
        if (node) evaluate(node, valueAt(value, name) ?? null, { outer: place, key: name }, run);
        else run.fail("additionalProperties", `has the additional property ${name}`, place);
      }
    };
  },
  propertyNames(schema, scope) {
    const node = scope.child(schema);
    return (value, place, run) => {
      if (!isJsonObject(value)) return;
      for (const name of keysOf(value)) evaluate(node, name, { outer: place, key: name }, run);
    };
  },
  dependencies: (dependencies, scope) => allChecks([requiredWith(dependencies, "dependencies"), schemasWith(dependencies, scope)]),
  notAllowed(names) {
    if (!Array.isArray(names)) return undefined;
    const forbidden = names.map(String);
    return (value, place, run) => {
      if (!isJsonObject(value)) return;
      for (const name of forbidden) if (Object.hasOwn(value, name)) run.fail("notAllowed", `has ${name}`, place);
    };
  },
} satisfies Record<string, Keyword>;

/** Since draft 2019-09. */
export const laterObjectKeywords = {
  dependentRequired: (dependencies) => requiredWith(dependencies, "dependentRequired"),
  dependentSchemas: (dependencies, scope) => schemasWith(dependencies, scope),
} satisfies Record<string, Keyword>;

export function unevaluatedProperties(schema: JsonValue, scope: SchemaScope): Check {
  if (!isJsonObject(schema) && typeof schema !== "boolean")
    throw new SchemaRefusal("The value of 'unevaluatedProperties' MUST be a valid JSON Schema.");
  const node = scope.child(schema);
  return (value, place, run, seen) => {
    if (!isJsonObject(value) || !seen) return;
    for (const name of keysOf(value)) {
      if (seen.properties.has(name)) continue;
      evaluate(node, valueAt(value, name) ?? null, { outer: place, key: name }, run);
      seen.properties.add(name);
    }
  };
}

function sizeKeyword(keyword: string, limit: number, isWithin: (size: number, limit: number) => boolean): Check {
  return (value, place, run) => {
    if (!isJsonObject(value)) return;
    const size = keysOf(value).length;
    if (!isWithin(size, limit)) run.fail(keyword, `has ${size} properties`, place);
  };
}

function nodesOf(schemas: JsonValue, scope: SchemaScope): [string, SchemaNode][] {
  return isJsonObject(schemas) ? fieldsOf(schemas).map(([name, schema]) => [name, scope.child(schema)]) : [];
}

function fieldsOf(object: JsonObjectValue): [string, JsonValue][] {
  return keysOf(object).map((key) => [key, valueAt(object, key) ?? null]);
}

/** Names that have to be there when another is. */
function requiredWith(dependencies: JsonValue, keyword: string): Check | undefined {
  if (!isJsonObject(dependencies)) return undefined;
  const names = fieldsOf(dependencies).flatMap(([name, needed]) => (Array.isArray(needed) ? [[name, needed.map(String)] as const] : []));
  return (value, place, run) => {
    if (!isJsonObject(value)) return;
    for (const [name, needed] of names) {
      if (!Object.hasOwn(value, name)) continue;
      for (const other of needed) if (!Object.hasOwn(value, other)) run.fail(keyword, `has ${name} without ${other}`, place);
    }
  };
}

/** Schemas of the whole object when a name is there. */
function schemasWith(dependencies: JsonValue, scope: SchemaScope): Check | undefined {
  if (!isJsonObject(dependencies)) return undefined;
  const nodes = fieldsOf(dependencies).flatMap(([name, schema]) =>
    isJsonObject(schema) || typeof schema === "boolean" ? [[name, scope.child(schema)] as const] : [],
  );
  return (value, place, run, seen) => {
    if (!isJsonObject(value)) return;
    for (const [name, node] of nodes) if (Object.hasOwn(value, name)) evaluate(node, value, place, run, seen);
  };
}

function allChecks(checks: readonly (Check | undefined)[]): Check {
  return (value, place, run, seen) => {
    for (const check of checks) check?.(value, place, run, seen);
  };
}
