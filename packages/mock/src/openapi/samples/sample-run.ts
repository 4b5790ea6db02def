import { type DocumentNode, isMapping, placeOf } from "../documents/document-node.ts";
import { isUsable } from "../schemas/ecma-pattern.ts";
import { conjuncts } from "../schemas/inner-schemas.ts";
import type { JsonType } from "../schemas/schema-shape.ts";
import { chooseAlternatives } from "./alternatives.ts";
import { impliedType, numberBounds, numberOf, type Parts, textsOf, typesOf } from "./constraints.ts";
import { Heights } from "./heights.ts";
import { literalsOf } from "./literals.ts";
import type { Random } from "./random.ts";
import { word } from "./sample-format.ts";
import { sampleList } from "./sample-list.ts";
import { sampleNumber } from "./sample-number.ts";
import { sampleObject } from "./sample-object.ts";
import { sampleText } from "./sample-text.ts";
import { type Attempt, deepestOptional, Impossible, OutOfBounds, type RunOptions, type Spot, type ValueMaker } from "./value-maker.ts";

const deepest = 60;
const mostValues = 20_000;
const tries = 10;

/** One attempt at a sample. */
export class SampleRun implements ValueMaker {
  readonly options: RunOptions;
  readonly #heights: Heights;
  /** Schemas of the values around the one that is made: an optional part that would repeat one is left out. */
  readonly #open = new Map<object, number>();
  #values = 0;

  constructor(options: RunOptions) {
    this.options = options;
    this.#heights = new Heights(options.document);
  }

  make(schemas: readonly DocumentNode[], random: Random): unknown {
    return this.value(schemas, { random, depth: 0, name: undefined, index: 0 });
  }

  /** A value for all the schemas. With care, several ways are tried. */
  value = (schemas: readonly DocumentNode[], at: Spot): unknown => {
    if (schemas.some(({ value }) => value === false)) throw new Impossible("its schema is `false`: nothing satisfies it");
    if (at.depth > deepest) throw new OutOfBounds(`it would be nested more than ${deepest} deep`);
    const { careful, judge, direction } = this.options;
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
  };

  #once(schemas: readonly DocumentNode[], at: Attempt): { readonly value: unknown; readonly parts: Parts } {
    const { document, graph, vary } = this.options;
    const nearEnd = at.depth > deepestOptional || this.repeats(schemas);
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
    if (this.options.vary && allowed.includes("null") && at.random.branch("null").chance(0.15)) return "null";
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
        return sampleList(parts, at, this);
      case "object":
        return sampleObject(parts, at, this);
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

  /** Whether a schema would be entered again within itself. */
  repeats = (schemas: readonly DocumentNode[]): boolean =>
    schemas.some((schema) =>
      conjuncts(this.options.document, schema).some(({ value }) => isMapping(value) && (this.#open.get(value) ?? 0) > 0),
    );
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
