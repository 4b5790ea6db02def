import type { DocumentParts } from "../document-parts.ts";
import { child, type DocumentNode, isMapping } from "../documents/document-node.ts";
import { coerce } from "../messages/coerce.ts";
import type { Fault } from "../messages/judge-values.ts";
import { namedProperties, propertySchemas } from "../samples/constraints.ts";
import { Random, seedOf } from "../samples/random.ts";
import { uuid } from "../samples/sample-format.ts";
import { conjuncts } from "../schemas/inner-schemas.ts";
import { hiddenProperties } from "../schemas/lower-schema.ts";
import type { Entity, EntityStore } from "./entity-store.ts";
import { answerSchema, type Collection, singular } from "./read-collections.ts";

const idAttempts = 20;
const wholeSamples = 6;

/** What a document says of the entities of one collection: which properties there are, who sets them, what an id is. */
export class EntitySchema {
  readonly #collection: Collection;
  readonly #parts: DocumentParts;
  readonly #seed: number;
  readonly #schemas: readonly DocumentNode[];
  readonly #conjuncts: readonly DocumentNode[];
  readonly #readOnly: ReadonlySet<string>;
  readonly #writeOnly: ReadonlySet<string>;

  constructor(collection: Collection, parts: DocumentParts, seed: number) {
    this.#collection = collection;
    this.#parts = parts;
    this.#seed = seed;
    this.#schemas = entitySchemas(collection, parts);
    this.#conjuncts = this.#schemas.flatMap((schema) => conjuncts(parts.document, schema));
    this.#readOnly = this.#hidden("request");
    this.#writeOnly = this.#hidden("response");
  }

  get properties(): ReadonlySet<string> {
    return new Set(this.#schemas.flatMap((schema) => [...this.#parts.shapes.of(schema).properties.keys()]));
  }

  /** What the service sets itself. */
  isReadOnly(name: string): boolean {
    return this.#readOnly.has(name);
  }

  allowsNull(name: string): boolean {
    const schemas = propertySchemas(this.#conjuncts, name) ?? [];
    return schemas.length > 0 && schemas.every((schema) => this.#parts.judge.isValid(schema, "response", null));
  }

  /** As answers show it: without what is only ever sent. */
  view(entity: Entity): Entity {
    if (this.#writeOnly.size === 0) return entity;
    return Object.fromEntries(Object.entries(entity).filter(([name]) => !this.#writeOnly.has(name)));
  }

  faults(entity: Entity): readonly Fault[] {
    return this.#schemas.flatMap((schema) =>
      this.#parts.judge
        .errors(schema, "response", this.view(entity))
        .map(({ path, message, rule }) => ({ at: ["body", ...path].join("/"), message, rule })),
    );
  }

  /**
   * What was sent, with everything that the service adds: what it had before, defaults, and samples of what it must have or sets
   * itself. Undefined when that is no entity of the schema.
   */
  complete(sent: Entity, { before, seed }: { readonly before: Entity | undefined; readonly seed: readonly string[] }): Entity | undefined {
    const entity = { ...sent };
    for (const [name, must] of namedProperties(this.#conjuncts)) {
      if (Object.hasOwn(entity, name) || this.#writeOnly.has(name)) continue;
      const value = this.#added(name, must, { before, seed });
      if (value !== undefined) define(entity, name, value);
    }
    if (this.faults(entity).length === 0) return entity;
    const [schema] = this.#schemas;
    for (let attempt = 0; schema !== undefined && attempt < wholeSamples; attempt++) {
      const sample = this.#parts.sampler.sample(schema, { seed: [...seed, String(attempt)], direction: "response", vary: attempt > 0 });
      const whole = sample.ok && isMapping(sample.value) ? { ...sample.value, ...entity } : undefined;
      if (whole !== undefined && this.faults(whole).length === 0) return whole;
    }
    return undefined;
  }

  #added(
    name: string,
    must: boolean,
    { before, seed }: { readonly before: Entity | undefined; readonly seed: readonly string[] },
  ): unknown {
    const own = must || this.#readOnly.has(name);
    if (own && before !== undefined && Object.hasOwn(before, name)) return before[name];
    const schemas = propertySchemas(this.#conjuncts, name) ?? [];
    const standard = schemas.flatMap((schema) => conjuncts(this.#parts.document, schema)).map((part) => child(part, "default").value);
    const found = standard.find((value) => value !== undefined);
    if (found !== undefined || !own || schemas[0] === undefined) return found;
    const sample = this.#parts.sampler.sample(schemas[0], { seed: [...seed, name], direction: "response" });
    return sample.ok ? sample.value : undefined;
  }

  /** An id that no entity has: numbers count up, text is made of the schema. Undefined when the schema has no further one. */
  newId(store: EntityStore): unknown {
    const schemas = propertySchemas(this.#conjuncts, this.#collection.id) ?? [];
    const types = schemas.map((schema) => this.#parts.shapes.of(schema).types);
    const numeric = types.some((each) => each?.has("integer") || each?.has("number"));
    const fits = (id: unknown) =>
      schemas.every((schema) => this.#parts.judge.isValid(schema, "response", id)) && store.get(String(id)) === undefined;
    for (let attempt = 0; attempt < idAttempts; attempt++) {
      const number = store.nextNumber();
      const id = [...(numeric ? [store.largestNumber + 1] : []), ...this.#textIds(schemas, number)].find(fits);
      if (id !== undefined) return id;
    }
    return undefined;
  }

  #textIds(schemas: readonly DocumentNode[], number: number): readonly unknown[] {
    const { template } = this.#collection.collection;
    const format = schemas.flatMap((schema) => conjuncts(this.#parts.document, schema)).map((part) => child(part, "format").value);
    const seed = [template, "id", String(number)];
    if (format.includes("uuid")) return [uuid(new Random(seedOf(this.#seed, ...seed)))];
    const [schema] = schemas;
    const sample = schema === undefined ? undefined : this.#parts.sampler.sample(schema, { seed, direction: "response", vary: true });
    return [`${singular(template)}-${number}`, ...(sample?.ok ? [sample.value] : [])];
  }

  /** The text of a path as an id of the schema. */
  idFrom(text: string): unknown {
    return coerce(text, propertySchemas(this.#conjuncts, this.#collection.id) ?? [], this.#parts.shapes);
  }

  #hidden(direction: "request" | "response"): ReadonlySet<string> {
    return new Set(this.#schemas.flatMap((schema) => [...hiddenProperties(this.#parts.document, schema, direction)]));
  }
}

function entitySchemas(collection: Collection, { shapes }: DocumentParts): readonly DocumentNode[] {
  const { item, collection: path, entity } = collection;
  const answer = answerSchema(item, "GET") ?? answerSchema(path, "POST") ?? answerSchema(item, "PUT") ?? answerSchema(item, "PATCH");
  if (answer === undefined) return [];
  return entity === undefined ? [answer] : (shapes.of(answer).properties.get(entity) ?? []);
}

/** Assignment would take `__proto__` for the prototype. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}
