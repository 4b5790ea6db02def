import type { SchemaVersion } from "../../mapping/stub-mapping.ts";
import { isJsonNumber, isJsonObject, type JsonObjectValue, type JsonValue, keysOf, valueAt } from "../json-value.ts";
import { applicatorKeywords } from "./applicator-keywords.ts";
import { arrayKeywords, containsBounds, laterArrayKeywords, unevaluatedItems } from "./array-keywords.ts";
import { laterObjectKeywords, objectKeywords, unevaluatedProperties } from "./object-keywords.ts";
import type { Check, SchemaNode } from "./schema-node.ts";
import { type FoundSchema, isLater, SchemaResources } from "./schema-resources.ts";
import { type Keyword, SchemaRefusal, type SchemaScope } from "./schema-scope.ts";
import { Seen } from "./seen.ts";
import { ValidationRefusal } from "./validation.ts";
import { typeTest, valueKeywords } from "./value-keywords.ts";

/** Throws SchemaRefusal for a schema with a keyword that cannot mean anything. What is only referred to is looked at when a value gets there. */
export function compileSchema(schema: JsonValue, version: SchemaVersion): SchemaNode {
  return new SchemaCompiler(schema, version).root;
}

/** Deeper schemas are refused. */
const MAX_DEPTH = 500;

interface Around {
  readonly base: string;
  readonly parent: JsonObjectValue | undefined;
  readonly isReferred: boolean;
  readonly depth: number;
}

class SchemaCompiler {
  readonly root: SchemaNode;
  readonly #version: SchemaVersion;
  readonly #resources: SchemaResources;
  readonly #keywords: ReadonlyMap<string, Keyword>;
  readonly #makeSeen: (() => Seen) | undefined;
  readonly #referred = new Map<JsonValue, SchemaNode>();

  constructor(schema: JsonValue, version: SchemaVersion) {
    this.#version = version;
    this.#resources = new SchemaResources(schema, version);
    this.#keywords = keywordsOf(version);
    this.#makeSeen = isLater(version) && asksForUnevaluated(schema) ? () => new Seen() : undefined;
    this.root = this.#inner(schema, this.#resources.outer, { parent: undefined, depth: 0 });
    if (isJsonObject(schema)) this.#lookAtDefinitions(schema);
  }

  /** WireMock refuses a schema for what is wrong in its definitions, used or not. */
  #lookAtDefinitions(schema: JsonObjectValue): void {
    for (const keyword of ["definitions", "$defs"]) {
      const definitions = valueAt(schema, keyword);
      if (!isJsonObject(definitions) || (keyword === "$defs" && !isLater(this.#version))) continue;
      for (const name of keysOf(definitions)) {
        this.#inner(valueAt(definitions, name) ?? null, this.#resources.root.base, { parent: schema, depth: 1 });
      }
    }
  }

  #inner(schema: JsonValue, outer: string, around: Pick<Around, "parent" | "depth">): SchemaNode {
    const problem = this.#resources.problemOfId(schema, outer);
    if (problem !== undefined) {
      const keys = [...this.#placeOf(schema), this.#version === "V4" ? "id" : "$id"];
      throw new SchemaRefusal(`/${keys.join("/")}: ${problem}`);
    }
    return this.#node(schema, { ...around, base: this.#resources.baseOf(schema, outer), isReferred: false });
  }

  #node(schema: JsonValue, around: Around): SchemaNode {
    const plain = { resource: around.base, isOfType: undefined, makeSeen: this.#makeSeen };
    if (around.depth > MAX_DEPTH) throw new SchemaRefusal("the schema is nested too deeply");
    if (schema === false && this.#version !== "V4") return { ...plain, checks: [refuse] };
    if (!isJsonObject(schema)) return { ...plain, checks: [] };
    const scope = this.#scope(schema, around);
    const { type } = schema;
    const isOfType = type === undefined || Array.isArray(type) || this.#isReference(schema) ? undefined : typeTest(type, scope);
    return { ...plain, checks: this.#checks(schema, scope), isOfType };
  }

  #isReference(schema: JsonObjectValue): boolean {
    return schema.$ref !== undefined && !isLater(this.#version);
  }

  /** Where a part of the schema stands. Only asked for when something is wrong with it. */
  #placeOf(part: JsonValue): readonly string[] {
    const waiting: { readonly value: JsonValue; readonly place: readonly string[] }[] = [{ value: this.#resources.root.schema, place: [] }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { value, place } = next;
      if (value === part) return place;
      if (typeof value !== "object" || value === null || isJsonNumber(value)) continue;
      for (const [key, child] of Object.entries(value)) waiting.push({ value: child, place: [...place, key] });
    }
    return [];
  }

  /** WireMock's validator stumbles over the `id` of draft 4 in every later one. */
  #refuseStrayKeywords(schema: JsonObjectValue): void {
    if (schema.id !== undefined && this.#version !== "V4") throw new SchemaRefusal("No suitable validator for id");
    const anchor = schema.$recursiveAnchor;
    if (anchor === undefined || typeof anchor === "boolean") return;
    const kind = anchor === null ? "NULL" : Array.isArray(anchor) ? "ARRAY" : isJsonNumber(anchor) ? "NUMBER" : typeof anchor;
    const place = ["$", ...this.#placeOf(schema)].join(".");
    throw new SchemaRefusal(
      `${place}.$recursiveAnchor: The value of a $recursiveAnchor must be a Boolean literal but is ${kind.toUpperCase()}`,
    );
  }

  #checks(schema: JsonObjectValue, scope: SchemaScope): readonly Check[] {
    if (!this.#isReference(schema)) this.#refuseStrayKeywords(schema);
    const checks = keysOf(schema).flatMap((name): { rank: number; check: Check }[] => {
      const check = this.#keywords.get(name)?.(valueAt(schema, name) ?? null, scope);
      if (!check || (this.#isReference(schema) && name !== "$ref")) return [];
      return [{ rank: RANKS[name] ?? 0, check }];
    });
    return checks.sort((one, two) => one.rank - two.rank).map(({ check }) => check);
  }

  #scope(schema: JsonObjectValue, { base, parent, isReferred, depth }: Around): SchemaScope {
    return {
      schema,
      version: this.#version,
      isNullable: schema.nullable === true || parent?.nullable === true,
      isReferred,
      child: (inner) => this.#inner(inner, base, { parent: schema, depth: depth + 1 }),
      refer: (address) => this.#referredNode(this.#found(address, base)),
      referDynamically: (address, resources) => this.#referredNode(this.#foundDynamically(address, base, resources)),
      referRecursively: (resources) => this.#referredNode(this.#foundRecursively(base, resources)),
    };
  }

  #referredNode({ schema, base }: FoundSchema): SchemaNode {
    const known = this.#referred.get(schema);
    if (known) return known;
    const { root } = this.#resources;
    const parent = schema !== root.schema && isJsonObject(root.schema) ? root.schema : undefined;
    const node = this.#node(schema, { base, parent, isReferred: true, depth: 0 });
    if (isJsonObject(schema)) this.#referred.set(schema, node);
    return node;
  }

  #found(address: string, base: string): FoundSchema {
    const found = this.#resources.find(address, base);
    if (found) return found;
    if (address.startsWith("#")) throw new ValidationRefusal(`: Reference ${address.slice(1)} cannot be resolved`);
    throw new ValidationRefusal(`the reference ${address} leads nowhere: it has to lead to a part of the schema, nothing is fetched`);
  }

  #foundDynamically(address: string, base: string, resources: readonly string[]): FoundSchema {
    const first = this.#found(address, base);
    const name = address.slice(address.indexOf("#") + 1);
    if (this.#resources.dynamicAnchor(name, first.base)?.schema !== first.schema) return first;
    for (const resource of resources) {
      const found = this.#resources.dynamicAnchor(name, resource);
      if (found) return found;
    }
    return first;
  }

  #foundRecursively(base: string, resources: readonly string[]): FoundSchema {
    const isAnchor = (resource: string): boolean => {
      const root = this.#resources.resource(resource);
      return root !== undefined && isJsonObject(root) && root.$recursiveAnchor === true;
    };
    const outermost = isAnchor(base) ? resources.find(isAnchor) : undefined;
    return this.#found("#", outermost ?? base);
  }
}

/** Keywords that look at what others have looked at come last. */
const RANKS: Readonly<Record<string, number>> = { properties: -2, patternProperties: -1, unevaluatedItems: 1, unevaluatedProperties: 2 };

const refuse: Check = (_, place, run) => run.fail("false", "is not allowed", place);

function keywordsOf(version: SchemaVersion): ReadonlyMap<string, Keyword> {
  const { const: constant, exclusiveMinimum, exclusiveMaximum, contentEncoding, contentMediaType, format, ...values } = valueKeywords;
  const { contains, items, ...arrays } = arrayKeywords;
  const { propertyNames, ...objects } = objectKeywords;
  const { if: conditional, $dynamicRef, $recursiveRef, ...applicators } = applicatorKeywords;
  const since6 = { const: constant, exclusiveMinimum, exclusiveMaximum, contains, propertyNames };
  const since2019 = {
    ...laterObjectKeywords,
    minContains: containsBounds,
    maxContains: containsBounds,
    unevaluatedItems,
    unevaluatedProperties,
  };
  return new Map<string, Keyword>(
    Object.entries({
      ...values,
      ...arrays,
      ...objects,
      ...applicators,
      ...(version !== "V202012" && { items }),
      ...(version !== "V4" && since6),
      ...(version !== "V4" && version !== "V6" && { if: conditional }),
      // Later drafts leave these to whoever reads them.
      ...(!isLater(version) && { format }),
      ...(version === "V7" && { contentEncoding, contentMediaType }),
      ...(isLater(version) && since2019),
      ...(version === "V201909" && { $recursiveRef }),
      ...(version === "V202012" && { ...laterArrayKeywords, $dynamicRef }),
    }),
  );
}

/** Most schemas do not, and then need not remember what was looked at. */
function asksForUnevaluated(value: JsonValue): boolean {
  const open: JsonValue[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) for (const item of next) open.push(item);
    else if (isJsonObject(next)) {
      if (Object.hasOwn(next, "unevaluatedProperties") || Object.hasOwn(next, "unevaluatedItems")) return true;
      for (const key of keysOf(next)) open.push(valueAt(next, key) ?? null);
    }
  }
  return false;
}
