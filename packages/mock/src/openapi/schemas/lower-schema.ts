import { child, type DocumentNode, entries, isMapping, items, type Mapping, ownValue } from "../documents/document-node.ts";
import { type OpenApiDocument, referenceOf } from "../documents/openapi-document.ts";
import type { DiscriminatedUnion } from "./discriminators.ts";
import { isUsable } from "./ecma-pattern.ts";
import { conjuncts } from "./inner-schemas.ts";
import type { SchemaGraph } from "./schema-graph.ts";

/** Whose message a schema describes: `readOnly` properties are not asked of requests, `writeOnly` ones must not be in responses. */
export type Direction = "request" | "response";

export type LoweredSchema = Readonly<Record<string, unknown>>;

interface Named {
  readonly id: string;
  readonly node: DocumentNode;
  readonly direction: Direction;
  readonly plain: boolean;
}

/**
 * Writes schemas of OpenAPI 3.0 and 3.1 as JSON Schema 2020-12. What a `$ref` names becomes a schema of its own with an id, so that
 * circles stay circles and each is compiled once; what is written in place stays in place. Three things become different:
 * `nullable` and boolean `exclusiveMinimum` are spelled as in 2020-12; a discriminator becomes a choice by its property;
 * and `required` and `properties` follow the direction of the message.
 */
export class SchemaLowering {
  /** Where each lowered schema comes from: its own document's words are what a violation names. */
  readonly origins = new WeakMap<object, DocumentNode>();
  readonly #document: OpenApiDocument;
  readonly #graph: SchemaGraph;
  readonly #ids = new WeakMap<object, Map<string, string>>();
  readonly #queue: Named[] = [];
  #next = 0;

  constructor(document: OpenApiDocument, graph: SchemaGraph) {
    this.#document = document;
    this.#graph = graph;
  }

  lower(node: DocumentNode, direction: Direction): LoweredSchema {
    return this.#lower(node, direction, false);
  }

  /** Schemas that what was lowered so far refers to and that were not taken yet, each with its `$id`. */
  takeNamed(): readonly LoweredSchema[] {
    const taken: LoweredSchema[] = [];
    for (let named = this.#queue.pop(); named !== undefined; named = this.#queue.pop()) {
      const body = this.#lower(named.node, named.direction, named.plain);
      const schema = { $id: named.id, "dojang-step": true, ...body };
      this.#keepOrigin(schema, named.node);
      taken.push(schema);
    }
    return taken;
  }

  /** `plain`: without the choice of its discriminator. */
  #lower(node: DocumentNode, direction: Direction, plain: boolean): LoweredSchema {
    const lowered = this.#body(node, direction, plain);
    this.#keepOrigin(lowered, node);
    return lowered;
  }

  #keepOrigin(lowered: object, node: DocumentNode): void {
    if (!this.origins.has(lowered)) this.origins.set(lowered, node);
  }

  #body(node: DocumentNode, direction: Direction, plain: boolean): LoweredSchema {
    if (node.value === false) return { not: {} };
    if (!isMapping(node.value)) return {};
    const ref = referenceOf(node.value);
    if (ref === undefined) return this.#keywords(node, node.value, { direction, plain });
    const target = this.#document.target(node, ref);
    const reference = target.ok ? { $ref: this.#idOf(node, target.node, direction) } : {};
    if (this.#document.version === "3.0" || Object.keys(node.value).length === 1) return reference;
    return { ...this.#keywords(node, node.value, { direction, plain }), ...reference };
  }

  #idOf(from: DocumentNode, node: DocumentNode, direction: Direction): string {
    const plain = this.#graph.withoutChoice(from, node);
    const variant = `${direction}${plain ? "-plain" : ""}`;
    // Booleans have no identity; they are rare enough to be written again.
    const key = isMapping(node.value) ? node.value : {};
    const ids = this.#ids.get(key) ?? new Map<string, string>();
    this.#ids.set(key, ids);
    let id = ids.get(variant);
    if (id === undefined) {
      id = `dojang:${this.#next++}`;
      ids.set(variant, id);
      this.#queue.push({ id, node, direction, plain });
    }
    return id;
  }

  #keywords(node: DocumentNode, given: Mapping, { direction, plain }: { direction: Direction; plain: boolean }): LoweredSchema {
    const out: Record<string, unknown> = {};
    const inner = (at: DocumentNode) => this.#lower(at, direction, false);
    const concerned = Array.isArray(given.required) || (direction === "response" && given.properties !== undefined);
    const hidden = concerned ? hiddenProperties(this.#document, node, direction) : nothingHidden;
    const union = this.#graph.discriminators.unionOf(node);
    for (const key of Object.keys(given)) {
      const at = child(node, key);
      if (key === "pattern") {
        if (typeof at.value === "string" && isUsable(at.value)) out[key] = at.value;
      } else if (copied.has(key)) out[key] = at.value;
      else if (single.has(key)) out[key] = typeof at.value === "boolean" ? at.value : inner(at);
      else if (lists.has(key)) {
        if (union?.form !== "listed" || (key !== "oneOf" && key !== "anyOf")) out[key] = items(at).map(inner);
      } else if (maps.has(key)) {
        const usable = entries(at).filter(([name]) => key !== "patternProperties" || isUsable(name));
        out[key] = Object.fromEntries(usable.map(([name, each]) => [name, inner(each)]));
      }
    }
    Object.assign(out, bounds(given));
    if (Array.isArray(given.required)) out.required = given.required.filter((name) => !hidden.has(name));
    if (direction === "response" && hidden.size > 0 && isMapping(out.properties)) {
      out.properties = { ...out.properties, ...this.#forbidden(node, hidden) };
    }
    if (union !== undefined && !plain) out.allOf = [...(Array.isArray(out.allOf) ? out.allOf : []), this.#choice(union, direction)];
    return given.nullable === true ? orNull(out) : out;
  }

  #forbidden(node: DocumentNode, hidden: ReadonlySet<string>): LoweredSchema {
    const properties = child(node, "properties");
    const own = [...hidden].filter((name) => child(properties, name).value !== undefined);
    return Object.fromEntries(
      own.map((name) => {
        const never = { not: {}, "dojang-write-only": true };
        this.#keepOrigin(never, child(properties, name));
        return [name, never];
      }),
    );
  }

  #choice(union: DiscriminatedUnion, direction: Direction): LoweredSchema {
    const names = union.branches.flatMap((branch) => branch.names);
    const origin = child(union.node, "discriminator");
    // Of inheritance, the schema itself is one more choice.
    const own = union.form === "inherited" ? ownNames(union) : [];
    const branches = union.branches.map((branch) => ({
      if: { required: [union.property], properties: { [union.property]: { enum: branch.names } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: this.#branch(union, branch.node, direction),
    }));
    const choice = {
      type: "object",
      ...(union.form === "listed" && { required: [union.property] }),
      properties: { [union.property]: { enum: [...new Set([...names, ...own])] } },
      allOf: branches,
    };
    this.#keepOrigin(choice, origin);
    this.#keepOrigin(choice.properties[union.property] ?? choice, origin);
    if (union.form === "inherited") {
      const { type: _, ...open } = choice;
      this.#keepOrigin(open, origin);
      return open;
    }
    return union.others.length === 0 ? choice : { anyOf: [...union.others.map((other) => this.#lower(other, direction, false)), choice] };
  }

  #branch(union: DiscriminatedUnion, node: DocumentNode, direction: Direction): LoweredSchema {
    if (union.form === "listed") return this.#lower(node, direction, false);
    return { $ref: this.#idOf(union.node, node, direction) };
  }
}

const nothingHidden: ReadonlySet<string> = new Set();

const copied = new Set(
  "type enum const maxLength minLength multipleOf maxItems minItems uniqueItems maxContains minContains maxProperties minProperties dependentRequired format".split(
    " ",
  ),
);
const single = new Set(
  "not if then else items contains propertyNames additionalProperties unevaluatedProperties unevaluatedItems".split(" "),
);
const lists = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const maps = new Set(["properties", "patternProperties", "dependentSchemas"]);

/** `exclusiveMinimum` is a bound of its own in 3.1, and in 3.0 says what `minimum` means. */
function bounds(given: Mapping): LoweredSchema {
  return { ...bound(given, "minimum", "exclusiveMinimum"), ...bound(given, "maximum", "exclusiveMaximum") };
}

function bound(given: Mapping, inclusive: string, exclusive: string): LoweredSchema {
  const limit = ownValue(given, inclusive);
  const beyond = ownValue(given, exclusive);
  return {
    ...(typeof limit === "number" && { [beyond === true ? exclusive : inclusive]: limit }),
    ...(typeof beyond === "number" && { [exclusive]: beyond }),
  };
}

/** Properties that the other side alone may set. A property says so itself, or what it refers to does. */
export function hiddenProperties(document: OpenApiDocument, node: DocumentNode, direction: Direction): ReadonlySet<string> {
  const mark = direction === "request" ? "readOnly" : "writeOnly";
  const hidden = new Set<string>();
  for (const part of conjuncts(document, node)) {
    for (const [name, property] of entries(child(part, "properties"))) {
      if (conjuncts(document, property).some((each) => child(each, mark).value === true)) hidden.add(name);
    }
  }
  return hidden;
}

/** A `nullable` schema without types allows null only beside what it is made of. */
function orNull(lowered: Record<string, unknown>): LoweredSchema {
  const composed = ["allOf", "anyOf", "oneOf", "not", "if", "const", "$ref"].some((key) => key in lowered);
  if (composed) return { anyOf: [{ type: "null" }, lowered] };
  const { type, enum: allowed } = lowered;
  return {
    ...lowered,
    ...(type !== undefined && { type: [...new Set([...(Array.isArray(type) ? type : [type]), "null"])] }),
    ...(Array.isArray(allowed) && !allowed.includes(null) && { enum: [...allowed, null] }),
  };
}

function ownNames(union: DiscriminatedUnion): readonly string[] {
  const name = /\/components\/schemas\/([^/]+)$/.exec(union.node.pointer)?.[1];
  const mapped = entries(child(child(union.node, "discriminator"), "mapping")).map(([key]) => key);
  return name === undefined ? mapped : [name, ...mapped];
}
