import { child, type DocumentNode, entries, isMapping, items, ownValue } from "../documents/document-node.ts";
import { compilePattern, isUsable } from "../schemas/ecma-pattern.ts";
import type { JsonType } from "../schemas/schema-shape.ts";
import type { NumberBounds } from "./sample-number.ts";

/** Schemas that one value has to satisfy together, read as one: what samples are made by. */
export type Parts = readonly DocumentNode[];

const jsonTypes: readonly JsonType[] = ["object", "array", "string", "integer", "number", "boolean", "null"];

/** Types that all parts allow, in the order the first of them names them; undefined when none names any. */
export function typesOf(parts: Parts): readonly JsonType[] | undefined {
  let allowed: readonly JsonType[] | undefined;
  for (const part of parts) {
    const written = [child(part, "type").value].flat();
    const own = written.flatMap((each) => jsonTypes.filter((type) => type === each));
    if (own.length === 0) continue;
    if (child(part, "nullable").value === true) own.push("null");
    const wide = own.includes("number") ? [...own, "integer" as const] : own;
    if (allowed === undefined) allowed = own;
    else allowed = wide.filter((type) => allowed?.includes(type) || (type === "integer" && allowed?.includes("number")));
  }
  return allowed;
}

/** What kind of value keywords speak of, where no type is named. */
export function impliedType(parts: Parts): JsonType | undefined {
  const has = (keys: readonly string[]) =>
    parts.some(({ value }) => isMapping(value) && keys.some((key) => ownValue(value, key) !== undefined));
  if (has(["properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties", "propertyNames"]))
    return "object";
  if (has(["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"])) return "array";
  if (has(["minLength", "maxLength", "pattern", "contentEncoding"])) return "string";
  if (has(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"])) return "number";
  const format = parts.map((part) => child(part, "format").value).find((each) => typeof each === "string");
  if (format === undefined) return undefined;
  return ["int32", "int64"].includes(format) ? "integer" : ["float", "double"].includes(format) ? "number" : "string";
}

export function numberOf(parts: Parts, keyword: string, choose: (...all: number[]) => number): number | undefined {
  const found = parts.flatMap((part) => {
    const { value } = child(part, keyword);
    return typeof value === "number" ? [value] : [];
  });
  return found.length === 0 ? undefined : choose(...found);
}

export function textsOf(parts: Parts, keyword: string): readonly string[] {
  const found = parts.flatMap((part) => {
    const { value } = child(part, keyword);
    return typeof value === "string" ? [value] : [];
  });
  return [...new Set(found)];
}

export function flagOf(parts: Parts, keyword: string): boolean {
  return parts.some((part) => child(part, keyword).value === true);
}

/** Every schema below a keyword, over all parts. */
export function schemasOf(parts: Parts, keyword: string): readonly DocumentNode[] {
  return parts.map((part) => child(part, keyword)).filter(({ value }) => isMapping(value) || typeof value === "boolean");
}

export function numberBounds(parts: Parts, integer: boolean): NumberBounds {
  const formats = textsOf(parts, "format");
  const narrow = formats.includes("int32");
  const bound = (keyword: string, exclusive: string, choose: (...all: number[]) => number) => {
    const inclusive: number[] = [];
    const beyond: number[] = [];
    for (const part of parts) {
      const limit = child(part, keyword).value;
      const flag = child(part, exclusive).value;
      if (typeof limit === "number") (flag === true ? beyond : inclusive).push(limit);
      if (typeof flag === "number") beyond.push(flag);
    }
    return {
      inclusive: inclusive.length === 0 ? undefined : choose(...inclusive),
      beyond: beyond.length === 0 ? undefined : choose(...beyond),
    };
  };
  const low = bound("minimum", "exclusiveMinimum", Math.max);
  const high = bound("maximum", "exclusiveMaximum", Math.min);
  return {
    integer: integer || narrow || formats.includes("int64"),
    minimum: narrow ? Math.max(low.inclusive ?? -(2 ** 31), -(2 ** 31)) : low.inclusive,
    maximum: narrow ? Math.min(high.inclusive ?? 1_000, 2 ** 31 - 1) : high.inclusive,
    exclusiveMinimum: low.beyond,
    exclusiveMaximum: high.beyond,
    multiplesOf: parts.flatMap((part) => {
      const { value } = child(part, "multipleOf");
      return typeof value === "number" ? [value] : [];
    }),
  };
}

/** Of an object: each property that is named, in the order written, and whether it must be there. */
export function namedProperties(parts: Parts): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const part of parts) for (const [name] of entries(child(part, "properties"))) if (!found.has(name)) found.set(name, false);
  for (const part of parts) {
    for (const { value } of items(child(part, "required"))) if (typeof value === "string") found.set(value, true);
  }
  return found;
}

/** Every schema that a property of a name has to satisfy; undefined when some part forbids it. */
export function propertySchemas(parts: Parts, name: string): readonly DocumentNode[] | undefined {
  const found: DocumentNode[] = [];
  for (const part of parts) {
    const own = child(child(part, "properties"), name);
    const matching = entries(child(part, "patternProperties")).filter(
      ([pattern]) => isUsable(pattern) && compilePattern(pattern).test(name),
    );
    const named = [...(own.value === undefined ? [] : [own]), ...matching.map(([, node]) => node)];
    if (named.some(({ value }) => value === false)) return undefined;
    if (named.length > 0) found.push(...named);
    else {
      const more = child(part, "additionalProperties");
      if (more.value === false) return undefined;
      if (isMapping(more.value)) found.push(more);
    }
  }
  return found;
}
