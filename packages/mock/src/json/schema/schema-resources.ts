import type { SchemaVersion } from "../../mapping/stub-mapping.ts";
import { isJsonObject, type JsonObjectValue, type JsonValue, keysOf, valueAt } from "../json-value.ts";

/** A schema found by an address. */
export interface FoundSchema {
  readonly schema: JsonValue;
  /** The address of the resource it is in: what addresses in it are relative to. */
  readonly base: string;
}

/** Of a schema that does not say its own. */
const UNNAMED = "schema:///";

/** Schemas nested deeper have no addresses of their own. */
const MAX_DEPTH = 500;

/**
 * The parts of a schema that have addresses: resources by their `$id`, and anchors in them. Nothing is ever fetched.
 */
export class SchemaResources {
  readonly root: FoundSchema;
  /** What the root's address is relative to. */
  readonly outer: string;
  readonly #idKeyword: "id" | "$id";
  readonly #version: SchemaVersion;
  readonly #resources = new Map<string, JsonValue>();
  /** By `address#anchor`. */
  readonly #anchors = new Map<string, FoundSchema>();
  readonly #dynamicAnchors = new Map<string, FoundSchema>();

  constructor(root: JsonValue, version: SchemaVersion) {
    this.#idKeyword = version === "V4" ? "id" : "$id";
    this.#version = version;
    this.outer = UNNAMED;
    this.root = { schema: root, base: this.baseOf(root, UNNAMED) };
    this.#resources.set(this.root.base, root);
    this.#register(root, UNNAMED, 0);
  }

  /** What is wrong with the address a schema gives itself: relative ones need something to be relative to. */
  problemOfId(schema: JsonValue, outer: string): string | undefined {
    const id = isJsonObject(schema) ? valueAt(schema, this.#idKeyword) : undefined;
    if (typeof id !== "string" || (outer === UNNAMED && /^[#/]/.test(id))) return undefined;
    const isAbsolute = !(addressOf(id, outer)?.resource ?? outer).startsWith(UNNAMED);
    return isAbsolute ? undefined : `'${id}' is not a valid ${this.#idKeyword}`;
  }

  /** The address of a schema that stands in a resource: its own if it has one. */
  baseOf(schema: JsonValue, outer: string): string {
    const id = isJsonObject(schema) ? valueAt(schema, this.#idKeyword) : undefined;
    if (typeof id !== "string" || id.startsWith("#") || this.#isHidden(schema)) return outer;
    return addressOf(id, outer)?.resource ?? outer;
  }

  /** Undefined for an address that leads nowhere. */
  find(address: string, base: string): FoundSchema | undefined {
    const { resource, fragment } = addressOf(address, base) ?? {};
    const root = resource === undefined ? undefined : this.#resources.get(resource);
    if (resource === undefined || root === undefined || fragment === undefined) return undefined;
    if (fragment === "") return { schema: root, base: resource };
    return fragment.startsWith("/") ? this.#at(fragment, { schema: root, base: resource }) : this.anchor(fragment, resource);
  }

  anchor(name: string, base: string): FoundSchema | undefined {
    return this.#anchors.get(`${base}#${name}`) ?? this.dynamicAnchor(name, base);
  }

  dynamicAnchor(name: string, base: string): FoundSchema | undefined {
    return this.#dynamicAnchors.get(`${base}#${name}`);
  }

  resource(base: string): JsonValue | undefined {
    return this.#resources.get(base);
  }

  #at(pointer: string, from: FoundSchema): FoundSchema | undefined {
    let { schema, base } = from;
    for (const escaped of pointer.slice(1).split("/")) {
      const key = decoded(escaped).replaceAll("~1", "/").replaceAll("~0", "~");
      const next = Array.isArray(schema) ? schema[indexOf(key)] : isJsonObject(schema) ? valueAt(schema, key) : undefined;
      if (next === undefined) return undefined;
      base = this.baseOf(next, base);
      schema = next;
    }
    return { schema, base };
  }

  #register(value: JsonValue, outer: string, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (Array.isArray(value)) for (const item of value) this.#register(item, outer, depth + 1);
    if (!isJsonObject(value)) return;
    const base = this.baseOf(value, outer);
    if (base !== outer) setOnce(this.#resources, base, value);
    this.#registerAnchors(value, base);
    for (const key of keysOf(value)) {
      const inner = valueAt(value, key) ?? null;
      if (!VALUES.has(key)) this.#register(inner, base, depth + 1);
    }
  }

  #registerAnchors(schema: JsonObjectValue, base: string): void {
    const found: FoundSchema = { schema, base };
    const id = valueAt(schema, this.#idKeyword);
    if (typeof id === "string" && id.startsWith("#")) setOnce(this.#anchors, base + id, found);
    const { $anchor, $dynamicAnchor } = schema;
    if (typeof $anchor === "string" && isLater(this.#version)) setOnce(this.#anchors, `${base}#${$anchor}`, found);
    if (typeof $dynamicAnchor === "string" && this.#version === "V202012")
      setOnce(this.#dynamicAnchors, `${base}#${$dynamicAnchor}`, found);
  }

  /** Before draft 2019-09 nothing counts next to a reference. */
  #isHidden(schema: JsonValue): boolean {
    return !isLater(this.#version) && isJsonObject(schema) && schema.$ref !== undefined;
  }
}

/** What stands there is no schema. */
const VALUES = new Set(["enum", "const", "default", "examples", "example"]);

export function isLater(version: SchemaVersion): boolean {
  return version === "V201909" || version === "V202012";
}

function addressOf(address: string, base: string): { readonly resource: string; readonly fragment: string } | undefined {
  const hash = address.indexOf("#");
  const fragment = hash < 0 ? "" : decoded(address.slice(hash + 1));
  const reference = hash < 0 ? address : address.slice(0, hash);
  if (reference === "") return { resource: base, fragment };
  const url = URL.canParse(reference, base) ? new URL(reference, base) : undefined;
  return url && { resource: url.href, fragment };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Of two schemas with one address the first is found. */
function setOnce<Value>(map: Map<string, Value>, address: string, value: Value): void {
  if (!map.has(address)) map.set(address, value);
}

function indexOf(key: string): number {
  return /^(?:0|[1-9]\d*)$/.test(key) ? Number(key) : -1;
}
