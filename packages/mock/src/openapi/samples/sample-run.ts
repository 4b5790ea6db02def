import { child, type DocumentNode, entries, isMapping, items, placeOf } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import { canonical } from "../schemas/bounded-keywords.ts";
import { isUsable } from "../schemas/ecma-pattern.ts";
import { conjuncts } from "../schemas/inner-schemas.ts";
import { type Direction, hiddenProperties } from "../schemas/lower-schema.ts";
import type { SchemaGraph } from "../schemas/schema-graph.ts";
import type { SchemaJudge } from "../schemas/schema-judge.ts";
import type { JsonType } from "../schemas/schema-shape.ts";
import { chooseAlternatives } from "./alternatives.ts";
import {
  flagOf,
  impliedType,
  namedProperties,
  numberBounds,
  numberOf,
  type Parts,
  propertySchemas,
  schemasOf,
  textsOf,
  typesOf,
} from "./constraints.ts";
import { Heights } from "./heights.ts";
import { literalsOf } from "./literals.ts";
import type { Random } from "./random.ts";
import { word } from "./sample-format.ts";
import { sampleNumber } from "./sample-number.ts";
import { samplePattern } from "./sample-pattern.ts";
import { sampleText } from "./sample-text.ts";

/** No value was found: there is none, or it is beyond what is searched for. */
export class Impossible extends Error {
  override readonly name = "Impossible";
}

/** Trying another way at the same place would not help: only what is optional above can be left out. */
class OutOfBounds extends Impossible {}

export interface RunOptions {
  readonly document: OpenApiDocument;
  readonly graph: SchemaGraph;
  readonly judge: SchemaJudge;
  readonly direction: Direction;
  readonly vary: boolean;
  /** Judges every value by its own schema, and tries other ways where it does not hold. */
  readonly careful: boolean;
}

/** Optional parts beyond this depth are left out. */
const deepestOptional = 6;
const deepest = 60;
const mostValues = 20_000;
const tries = 10;

/** One attempt at a sample. */
export class SampleRun {
  readonly #options: RunOptions;
  readonly #heights: Heights;
  /** Schemas of the values around the one that is made: an optional part that would repeat one is left out. */
  readonly #open = new Map<object, number>();
  #values = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#heights = new Heights(options.document);
  }

  make(schemas: readonly DocumentNode[], random: Random): unknown {
    return this.#value(schemas, { random, depth: 0, name: undefined, index: 0 });
  }

  /** A value for all the schemas. With care, several ways are tried. */
  #value(schemas: readonly DocumentNode[], at: Spot): unknown {
    if (schemas.some(({ value }) => value === false)) throw new Impossible("its schema is `false`: nothing satisfies it");
    if (at.depth > deepest) throw new OutOfBounds(`it would be nested more than ${deepest} deep`);
    const { careful, judge, direction } = this.#options;
    let last: unknown;
    for (let attempt = 0; attempt < (careful ? tries : 1); attempt++) {
      if (++this.#values > mostValues) throw new OutOfBounds(`it would take more than ${mostValues} values`);
      try {
        const { value, parts } = this.#once(schemas, { ...at, random: at.random.branch(attempt), attempt });
        if (!careful || isPlain(parts) || schemas.every((schema) => judge.isValid(schema, direction, value))) return value;
        last = undefined;
      } catch (error) {
        if (!(error instanceof Impossible) || error instanceof OutOfBounds) throw error;
        last = error;
      }
    }
    throw last ?? new Impossible(`no value was found for ${schemas.map(placeOf).join(" and ")}`);
  }

  #once(schemas: readonly DocumentNode[], at: Attempt): { readonly value: unknown; readonly parts: Parts } {
    const { document, graph, vary } = this.#options;
    const nearEnd = at.depth > deepestOptional || this.#repeats(schemas);
    const parts = chooseAlternatives(schemas, {
      document,
      graph,
      random: at.random,
      vary,
      attempt: at.attempt,
      index: at.index,
      cheapestFirst: nearEnd ? (node) => this.#heights.of(node) : undefined,
    });
    const literals = literalsOf(parts, { examples: !vary && at.attempt === 0, random: at.random, index: at.index });
    if (literals.length > 0) return { value: literals[Math.min(at.attempt, literals.length - 1)], parts };
    const objects = parts.flatMap(({ value }) => (isMapping(value) ? [value] : []));
    for (const each of objects) this.#open.set(each, (this.#open.get(each) ?? 0) + 1);
    try {
      return { value: this.#ofType(parts, this.#type(parts, at, nearEnd), at), parts };
    } finally {
      for (const each of objects) this.#open.set(each, (this.#open.get(each) ?? 1) - 1);
    }
  }

  #type(parts: Parts, at: Attempt, nearEnd: boolean): JsonType | undefined {
    const allowed = typesOf(parts);
    if (allowed === undefined) return impliedType(parts);
    if (allowed.length === 0) throw new Impossible(`its types exclude each other: ${parts.map(placeOf).join(" and ")}`);
    const values = allowed.filter((type) => type !== "null");
    if (this.#options.vary && allowed.includes("null") && at.random.branch("null").chance(0.15)) return "null";
    const choice = nearEnd ? (values.find((type) => type !== "object" && type !== "array") ?? values[0]) : values[0];
    if (at.attempt === 0) return choice ?? "null";
    // Whole numbers are numbers: the narrower type is the safer one.
    return [choice, ...values, ...allowed].filter((type) => type !== undefined)[at.attempt % (allowed.length + 1)] ?? "null";
  }

  #ofType(parts: Parts, type: JsonType | undefined, at: Attempt): unknown {
    switch (type) {
      case "null":
        return null;
      case "boolean":
        return at.random.branch("boolean").chance(0.5);
      case "integer":
      case "number":
        return this.#number(parts, type === "integer", at);
      case "string":
        return this.#text(parts, at);
      case "array":
        return this.#list(parts, at);
      case "object":
        return this.#object(parts, at);
      case undefined:
        return at.depth === 0 ? {} : word(at.random);
    }
  }

  #number(parts: Parts, integer: boolean, at: Attempt): number {
    const value = sampleNumber(numberBounds(parts, integer), at.random);
    if (value === undefined) throw new Impossible(`no number is within the bounds of ${parts.map(placeOf).join(" and ")}`);
    return value;
  }

  #text(parts: Parts, at: Attempt): string {
    const encoded = textsOf(parts, "contentEncoding").includes("base64");
    const value = sampleText(
      {
        minLength: numberOf(parts, "minLength", Math.max) ?? 0,
        maxLength: numberOf(parts, "maxLength", Math.min) ?? Number.POSITIVE_INFINITY,
        patterns: textsOf(parts, "pattern").filter(isUsable),
        formats: [...textsOf(parts, "format"), ...(encoded ? ["byte"] : [])],
        name: at.name,
      },
      at.random,
    );
    if (value === undefined) throw new Impossible(`no text was found for ${parts.map(placeOf).join(" and ")}`);
    return value;
  }

  #list(parts: Parts, at: Attempt): readonly unknown[] {
    const least = numberOf(parts, "minItems", Math.max) ?? 0;
    const most = numberOf(parts, "maxItems", Math.min) ?? Number.POSITIVE_INFINITY;
    const tuples = schemasOfTuple(parts);
    const contained = schemasOf(parts, "contains");
    const containedLeast = contained.length === 0 ? 0 : (numberOf(parts, "minContains", Math.max) ?? 1);
    const unique = flagOf(parts, "uniqueItems");
    const count = this.#count({ least: Math.max(least, containedLeast), most, tuple: tuples.length, parts }, at);
    const made: unknown[] = [];
    const seen = new Set<string>();
    for (let index = 0; index < count; index++) {
      const schemas = [...itemSchemas(parts, tuples, index), ...(index < containedLeast ? contained : [])];
      const item = this.#item(schemas, { at, index, seen: unique ? seen : undefined });
      if (item === undefined) {
        if (index >= least) break;
        throw new Impossible(`no ${least} different items were found for ${parts.map(placeOf).join(" and ")}`);
      }
      made.push(item.value);
    }
    return made;
  }

  #count({ least, most, tuple, parts }: { least: number; most: number; tuple: number; parts: Parts }, at: Attempt): number {
    const closed = parts.some((part) => child(part, "items").value === false);
    const limit = closed ? Math.min(most, tuple) : most;
    const inner = itemSchemas(parts, [], 0);
    const exampled = inner.some((schema) =>
      conjuncts(this.#options.document, schema).some((part) => child(part, "example").value !== undefined),
    );
    const none = at.depth >= deepestOptional || this.#repeats(inner) || inner.some(({ value }) => value === false);
    const usual = none ? 0 : this.#options.vary ? at.random.branch("count").integer(0, 3) : exampled || at.depth > 2 ? 1 : 2;
    return Math.min(Math.max(least, tuple, at.attempt > 3 ? 0 : usual), limit);
  }

  /** Undefined when no further item differs from those before. */
  #item(
    schemas: readonly DocumentNode[],
    { at, index, seen }: { at: Attempt; index: number; seen: Set<string> | undefined },
  ): { readonly value: unknown } | undefined {
    for (let attempt = 0; attempt < (seen === undefined ? 1 : 30); attempt++) {
      const random = at.random.branch(`item ${index} ${attempt}`);
      const value = this.#value(schemas, { random, depth: at.depth + 1, name: at.name?.replace(/s$/, ""), index: index + attempt });
      const key = seen === undefined ? "" : canonical(value);
      if (seen?.has(key)) continue;
      seen?.add(key);
      return { value };
    }
    return undefined;
  }

  #object(parts: Parts, at: Attempt): Record<string, unknown> {
    const most = numberOf(parts, "maxProperties", Math.min) ?? Number.POSITIVE_INFINITY;
    const least = numberOf(parts, "minProperties", Math.max) ?? 0;
    const hidden = this.#hidden(parts);
    const named = [...namedProperties(parts)].filter(([name]) => !hidden.has(name));
    const required = this.#alsoRequired(
      parts,
      named.flatMap(([name, must]) => (must ? [name] : [])),
    );
    const made = new Map<string, unknown>();
    for (const [name, must] of named) if (must) made.set(name, this.#property(parts, name, at));
    for (const name of required) if (!made.has(name) && !hidden.has(name)) made.set(name, this.#property(parts, name, at));
    for (const [name, must] of named) {
      if (must || made.has(name) || made.size >= most || !this.#wanted(parts, { name, at, needed: made.size < least })) continue;
      const value = this.#optional(parts, name, at);
      if (value !== undefined) made.set(name, value.value);
    }
    this.#addFreely(parts, made, { least, most, at });
    // In the order of the schema, whichever came first; `fromEntries` keeps `__proto__` a property.
    const order = new Map(named.map(([name], index) => [name, index]));
    return Object.fromEntries([...made].sort(([left], [right]) => (order.get(left) ?? 1e9) - (order.get(right) ?? 1e9)));
  }

  #hidden(parts: Parts): ReadonlySet<string> {
    return new Set(parts.flatMap((part) => [...hiddenProperties(this.#options.document, part, this.#options.direction)]));
  }

  #alsoRequired(parts: Parts, required: readonly string[]): ReadonlySet<string> {
    const all = new Set(required);
    for (const name of all) {
      for (const part of parts) {
        for (const { value } of items(child(child(part, "dependentRequired"), name))) if (typeof value === "string") all.add(value);
      }
    }
    return all;
  }

  #property(parts: Parts, name: string, at: Attempt): unknown {
    const schemas = propertySchemas(parts, name);
    if (schemas === undefined) throw new Impossible(`"${name}" is required and not allowed by ${parts.map(placeOf).join(" and ")}`);
    const dependent = parts
      .map((part) => child(child(child(part, "dependentSchemas"), name), "properties"))
      .flatMap((node) => {
        const own = child(node, name);
        return own.value === undefined ? [] : [own];
      });
    return this.#value([...schemas, ...dependent], {
      random: at.random.branch(`property ${name}`),
      depth: at.depth + 1,
      name,
      index: at.index,
    });
  }

  #optional(parts: Parts, name: string, at: Attempt): { readonly value: unknown } | undefined {
    try {
      return { value: this.#property(parts, name, at) };
    } catch (error) {
      if (error instanceof Impossible) return undefined;
      throw error;
    }
  }

  #wanted(parts: Parts, { name, at, needed }: { name: string; at: Attempt; needed: boolean }): boolean {
    const schemas = propertySchemas(parts, name);
    if (schemas === undefined) return false;
    if (needed) return true;
    if (at.depth >= deepestOptional || this.#repeats(schemas)) return false;
    // What depends on a property may not be there: with care, properties that are not asked for are left out.
    if (at.attempt === 1) return false;
    return this.#options.vary || at.attempt > 1 ? at.random.branch(`optional ${name}`).chance(0.7) : true;
  }

  /** Properties that are not named: of a map a few, elsewhere as many as are still asked for. */
  #addFreely(parts: Parts, made: Map<string, unknown>, { least, most, at }: { least: number; most: number; at: Attempt }): void {
    const free = [
      ...schemasOf(parts, "additionalProperties"),
      ...parts.flatMap((part) => entries(child(part, "patternProperties")).map(([, node]) => node)),
    ];
    const isMap = made.size === 0 && free.some(({ value }) => isMapping(value));
    const usual = isMap && at.depth < deepestOptional && !this.#repeats(free) && at.attempt !== 1 ? 2 : 0;
    const count = Math.min(Math.max(least, usual), most);
    for (let attempt = 0; made.size < count && attempt < count * 4 + 20; attempt++) {
      const name = this.#freeName(parts, at, attempt);
      if (name === undefined || made.has(name)) continue;
      const value = propertySchemas(parts, name) === undefined ? undefined : this.#optional(parts, name, at);
      if (value !== undefined) made.set(name, value.value);
    }
    if (made.size < least) throw new Impossible(`no ${least} properties were found for ${parts.map(placeOf).join(" and ")}`);
  }

  #freeName(parts: Parts, at: Attempt, attempt: number): string | undefined {
    const random = at.random.branch(`name ${attempt}`);
    const names = schemasOf(parts, "propertyNames");
    if (names.length > 0) {
      const name = this.#value(names, { random, depth: at.depth + 1, name: undefined, index: attempt });
      return typeof name === "string" ? name : undefined;
    }
    const patterns = parts.flatMap((part) => entries(child(part, "patternProperties")).map(([pattern]) => pattern)).filter(isUsable);
    const [pattern] = patterns.slice(attempt % Math.max(1, patterns.length));
    if (pattern !== undefined) return samplePattern(pattern, { min: 0, max: 64 }, random, () => true);
    return attempt < 20 ? word(random) : `${word(random)}${attempt}`;
  }

  /** Whether a schema would be entered again within itself. */
  #repeats(schemas: readonly DocumentNode[]): boolean {
    return schemas.some((schema) =>
      conjuncts(this.#options.document, schema).some(({ value }) => isMapping(value) && (this.#open.get(value) ?? 0) > 0),
    );
  }
}

/** Keywords that are followed to the letter when a value is made: what has no others is valid as far as its own parts are. */
const followed = new Set(
  "type properties required items minimum maximum multipleOf minLength maxLength pattern minItems maxItems title description deprecated".split(
    " ",
  ),
);

function isPlain(parts: Parts): boolean {
  return parts.length === 1 && parts.every(({ value }) => isMapping(value) && Object.keys(value).every((key) => followed.has(key)));
}

interface Spot {
  readonly random: Random;
  readonly depth: number;
  /** Of the property that the value stands in. */
  readonly name: string | undefined;
  /** Among the items of a list: later ones take later examples. */
  readonly index: number;
}

interface Attempt extends Spot {
  readonly attempt: number;
}

function schemasOfTuple(parts: Parts): readonly (readonly DocumentNode[])[] {
  const tuples = parts.map((part) => items(child(part, "prefixItems")));
  const length = Math.max(0, ...tuples.map((tuple) => tuple.length));
  return Array.from({ length }, (_, index) => tuples.flatMap((tuple) => tuple[index] ?? []));
}

function itemSchemas(parts: Parts, tuples: readonly (readonly DocumentNode[])[], index: number): readonly DocumentNode[] {
  if (index < tuples.length) return tuples[index] ?? [];
  return parts.flatMap((part) => {
    const inner = child(part, "items");
    return isMapping(inner.value) || typeof inner.value === "boolean" ? [inner] : [];
  });
}
