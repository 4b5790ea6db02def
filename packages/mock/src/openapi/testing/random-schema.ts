import { Random } from "../samples/random.ts";

export type Schema = boolean | { readonly [keyword: string]: unknown };

const patterns = [
  "^[a-z]{2,5}$",
  "^\\d{3}-\\d{4}$",
  "^(red|green|blue)$",
  "^[A-Z][a-z]+( [A-Z][a-z]+)*$",
  "^#[0-9a-f]{6}$",
  "[aeiou]{2}",
  "^\\+?[1-9]\\d{7,14}$",
  "^(?!admin$)[a-z]\\w{3,15}$",
  "^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$",
  "^v\\d+(\\.\\d+){0,2}(-(alpha|beta)\\.\\d)?$",
  "^([01]\\d|2[0-3]):[0-5]\\d$",
  "^\\p{Lu}\\p{Ll}*$",
];
const formats = [
  "date",
  "date-time",
  "time",
  "email",
  "uuid",
  "uri",
  "hostname",
  "ipv4",
  "ipv6",
  "byte",
  "uri-reference",
  "duration",
  "json-pointer",
  "password",
];
const names = ["id", "name", "email", "count", "tags", "kind", "price", "child", "a-b", "$ref2", "x/y", "~z", "constructor"];

/** Schemas of JSON Schema 2020-12 that some value satisfies, by construction. `refs` are names of `#/components/schemas`. */
export class RandomSchema {
  readonly #random: Random;
  readonly #refs: readonly string[];

  constructor(seed: number, refs: readonly string[] = []) {
    this.#random = new Random(seed);
    this.#refs = refs;
  }

  make(depth = 0): Schema {
    const random = this.#random;
    const simple = [
      () => this.#string(),
      () => this.#number(),
      () => this.#integer(),
      () => ({ type: "boolean" }),
      () => this.#enum(),
      () => this.#constant(),
    ];
    const nested = [
      () => this.#object(depth),
      () => this.#object(depth),
      () => this.#array(depth),
      () => this.#map(depth),
      () => this.#tuple(depth),
      () => this.#allOf(depth),
      () => this.#tagged(depth),
      () => this.#choice(depth),
      () => this.#nullable(depth),
      () => this.#conditional(depth),
      () => this.#ref(),
    ];
    const make = random.pick(depth > 3 ? simple : [...simple, ...nested, ...nested]);
    return make?.() ?? true;
  }

  #maybe(keywords: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(keywords).filter(() => this.#random.chance(0.5)));
  }

  #string(): Schema {
    const random = this.#random;
    if (random.chance(0.3)) return { type: "string", format: random.pick(formats) };
    if (random.chance(0.4)) return { type: "string", pattern: random.pick(patterns) };
    const minLength = random.integer(0, 30);
    return { type: "string", ...this.#maybe({ minLength, maxLength: minLength + random.integer(0, 30) }) };
  }

  #integer(): Schema {
    const random = this.#random;
    const minimum = random.integer(-1000, 1000);
    return {
      type: "integer",
      ...this.#maybe({ minimum, maximum: minimum + random.integer(20, 500), multipleOf: random.integer(1, 10), format: "int32" }),
    };
  }

  #number(): Schema {
    const random = this.#random;
    const low = random.integer(-100, 100);
    return {
      type: "number",
      ...this.#maybe({
        exclusiveMinimum: low,
        exclusiveMaximum: low + random.integer(3, 50),
        multipleOf: random.pick([0.01, 0.05, 0.5, 1.5]),
      }),
    };
  }

  #enum(): Schema {
    return { enum: ["a", 1, null, { x: [1] }, [], true, 2.5].filter((_, index) => index === 0 || this.#random.chance(0.5)) };
  }

  #constant(): Schema {
    return { const: this.#random.pick(["fixed", 0, false, { deep: { er: [null] } }]) };
  }

  #object(depth: number): Schema {
    const random = this.#random;
    const chosen = names.filter(() => random.chance(0.35));
    const properties = Object.fromEntries(chosen.map((name) => [name, this.make(depth + 1)]));
    const required = chosen.filter(() => random.chance(0.5));
    const [first, second] = chosen;
    return {
      type: "object",
      properties,
      ...(required.length > 0 && { required }),
      ...this.#maybe({
        additionalProperties: random.pick([false, true, { type: "integer" }]),
        minProperties: Math.min(chosen.length, required.length),
        ...(first !== undefined && second !== undefined && { dependentRequired: { [first]: [second] } }),
      }),
    };
  }

  #map(depth: number): Schema {
    return {
      type: "object",
      additionalProperties: this.make(depth + 1),
      ...this.#maybe({ minProperties: 2, maxProperties: 4, propertyNames: { pattern: "^[a-z]{1,8}$" } }),
    };
  }

  #array(depth: number): Schema {
    const random = this.#random;
    const minItems = random.integer(0, 3);
    const unique = random.chance(0.3);
    const items = unique ? { type: "string", minLength: 4, maxLength: 12 } : this.make(depth + 1);
    return { type: "array", items, ...this.#maybe({ minItems, maxItems: minItems + 2 }), ...(unique && { uniqueItems: true }) };
  }

  #tuple(depth: number): Schema {
    return { type: "array", prefixItems: [this.make(depth + 1), this.make(depth + 1)], ...this.#maybe({ items: false, minItems: 2 }) };
  }

  #allOf(depth: number): Schema {
    const base = { type: "object", required: ["base"], properties: { base: this.make(depth + 1) } };
    return { allOf: [base, { type: "object", properties: { more: this.make(depth + 1) }, ...this.#maybe({ required: ["more"] }) }] };
  }

  #tagged(depth: number): Schema {
    const kinds = ["cat", "dog", "emu"].slice(0, this.#random.integer(2, 3));
    const oneOf = kinds.map((kind) => ({
      type: "object",
      required: ["kind", kind],
      properties: { kind: { const: kind }, [kind]: this.make(depth + 1) },
    }));
    return { oneOf, ...this.#maybe({ discriminator: { propertyName: "kind" } }) };
  }

  #choice(depth: number): Schema {
    return {
      [this.#random.pick(["oneOf", "anyOf"])]: [
        { type: "string", minLength: 3 },
        { type: "integer", minimum: 5 },
        { type: "array", items: this.make(depth + 1), maxItems: 1 },
      ],
    };
  }

  #nullable(depth: number): Schema {
    return this.#random.chance(0.5)
      ? { anyOf: [{ type: "null" }, this.make(depth + 1)] }
      : { type: ["null", "string"], ...this.#maybe({ maxLength: 9 }) };
  }

  #conditional(depth: number): Schema {
    const condition = { properties: { mode: { const: "on" } }, required: ["mode"] };
    return {
      type: "object",
      properties: { mode: { enum: ["on", "off"] }, value: this.make(depth + 1) },
      if: condition,
      ...Object.fromEntries(["then"].map((keyword) => [keyword, { required: ["value"] }])),
      else: { required: ["other"] },
    };
  }

  #ref(): Schema {
    const name = this.#random.pick(this.#refs);
    return name === undefined ? this.#string() : { $ref: `#/components/schemas/${name}` };
  }
}

/** Something like JSON, of any shape. */
export function randomValue(random: Random, depth = 0): unknown {
  const scalars = [null, true, false, 0, -1, 1.5, 1e21, "", "a", "cat", "fixed", "2025-01-01", "\u0000", "가"];
  const choice = random.integer(0, depth > 4 ? 3 : 7);
  if (choice <= 3) return random.pick(scalars);
  if (choice <= 5) return Array.from({ length: random.integer(0, 3) }, () => randomValue(random, depth + 1));
  return Object.fromEntries(names.filter(() => random.chance(0.3)).map((name) => [name, randomValue(random, depth + 1)]));
}

/** The value with one place changed. */
export function mutated(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.8)) {
    const at = random.integer(0, value.length - 1);
    return value.flatMap((item, index) => (index !== at ? [item] : random.chance(0.3) ? [] : [mutated(item, random)]));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value) && random.chance(0.9)) {
    const all = Object.entries(value);
    const at = random.integer(0, all.length);
    if (at === all.length) return { ...value, [random.pick(["extra", ...names]) ?? "extra"]: randomValue(random) };
    return Object.fromEntries(
      all.flatMap(([name, each], index) => (index !== at ? [[name, each]] : random.chance(0.4) ? [] : [[name, mutated(each, random)]])),
    );
  }
  return randomValue(random, 3);
}
