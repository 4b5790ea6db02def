import { decodePercent } from "../../request/parse-query.ts";
import type { ParameterStyle } from "../reading/operation.ts";
import type { SchemaShape } from "../schemas/schema-shape.ts";

/** A parameter as text says it, before its schema tells text from numbers. */
export type RawValue = string | readonly RawValue[] | { readonly [name: string]: RawValue };

export interface Decoding {
  readonly name: string;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  /** What the schema takes: text alone does not tell a list of one from a single value. */
  readonly shape: SchemaShape;
}

/** A pair of a query or form, percent-encoding kept: a delimiter that was encoded is not one. */
export interface RawPair {
  readonly name: string;
  readonly value: string;
}

const mostPairs = 10_000;

export function rawPairs(text: string): readonly RawPair[] {
  return text
    .split("&", mostPairs)
    .filter((part) => part !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      return equals < 0 ? { name: plain(part), value: "" } : { name: plain(part.slice(0, equals)), value: part.slice(equals + 1) };
    });
}

const offsetDateTime = /^\d{4}-\d{2}-\d{2}T[\d:.]+\+\d{2}:?\d{2}$/;

/** The plus of a date is a plus although nobody encoded it, as WireMock has it; elsewhere it is a space. */
export function plain(text: string): string {
  return offsetDateTime.test(text) ? text : decodePercent(text, undefined);
}

/** Of a path segment or header: `simple`, `label`, `matrix`. Undefined for text that is not in that style. */
export function decodeSimple(
  text: string,
  { name, style, explode, shape }: Decoding,
  decode: (text: string) => string,
): RawValue | undefined {
  if (style === "label") {
    if (!text.startsWith(".")) return undefined;
    return decodeList(text.slice(1), { explode, shape, between: explode ? "." : "," }, decode);
  }
  if (style === "matrix") return decodeMatrix(text, { name, explode, shape }, decode);
  return decodeList(text, { explode, shape, between: "," }, decode);
}

interface ListStyle {
  readonly explode: boolean;
  readonly shape: SchemaShape;
  readonly between: string;
}

function decodeList(text: string, { explode, shape, between }: ListStyle, decode: (text: string) => string): RawValue {
  if (shape.array) return text === "" ? [] : text.split(between).map((part) => decode(part.trim()));
  if (!shape.object) return decode(text);
  const parts = text.split(between);
  return explode ? fromPairs(parts.map(splitPair), decode) : fromFlat(parts, decode);
}

function decodeMatrix(
  text: string,
  { name, explode, shape }: Omit<Decoding, "style">,
  decode: (text: string) => string,
): RawValue | undefined {
  if (!text.startsWith(";")) return undefined;
  const pairs = text.slice(1).split(";").map(splitPair);
  if (shape.object && explode) return fromPairs(pairs, decode);
  const own = pairs.filter((pair) => decode(pair.name) === name).map(({ value }) => value);
  if (own.length === 0) return undefined;
  if (shape.array && explode) return own.map(decode);
  return decodeList(own[0] ?? "", { explode: false, shape, between: "," }, decode);
}

/** Of a query, form or cookie. Undefined when it was not given. */
export function decodePairs(pairs: readonly RawPair[], decoding: Decoding): RawValue | undefined {
  const { name, style, explode, shape } = decoding;
  if (style === "deepObject") return decodeDeep(pairs, name);
  if (shape.object && explode && style === "form") return decodeSpread(pairs, shape);
  const own = pairs.filter((pair) => pair.name === name).map(({ value }) => value);
  const first = own[0];
  if (first === undefined) return undefined;
  if (shape.array) {
    // Several of a list that is written in one is a list all the same.
    if (explode || own.length > 1) return own.map(plain);
    return first === "" ? [] : splitDelimited(first, style).map(plain);
  }
  if (shape.object && !explode) return fromFlat(splitDelimited(first, style), plain);
  return own.length > 1 && !shape.scalar ? own.map(plain) : plain(own.at(-1) ?? "");
}

function splitDelimited(text: string, style: ParameterStyle): readonly string[] {
  if (style === "spaceDelimited") return text.split(/%20|\+/);
  if (style === "pipeDelimited") return text.split(/\||%7C/i);
  return text.split(",");
}

/** `form` with `explode` writes each property as a parameter of its own; only those that the schema names can be told from others. */
function decodeSpread(pairs: readonly RawPair[], shape: SchemaShape): RawValue | undefined {
  const known = pairs.filter((pair) => shape.open || shape.properties.has(pair.name));
  return known.length === 0 ? undefined : fromPairs(known, plain);
}

const deepestObject = 8;

type Deep = Map<string, Deep | string[]>;

/** `filter[a]=1`, and what is written beyond the specification: `filter[a][b]=1`, `list[]=1`. */
function decodeDeep(pairs: readonly RawPair[], name: string): RawValue | undefined {
  const root: Deep = new Map();
  for (const pair of pairs) {
    if (!pair.name.startsWith(`${name}[`) || !pair.name.endsWith("]")) continue;
    const keys = pair.name.slice(name.length + 1, -1).split("][");
    if (keys.length <= deepestObject) setDeep(root, keys, plain(pair.value));
  }
  return root.size === 0 ? undefined : gather(root);
}

function setDeep(root: Deep, keys: readonly string[], value: string): void {
  let at = root;
  for (const [index, key] of keys.entries()) {
    const name = key === "" ? String(at.size) : key;
    const known = at.get(name);
    if (index === keys.length - 1) {
      if (Array.isArray(known)) known.push(value);
      else if (known === undefined) at.set(name, [value]);
      return;
    }
    const next: Deep = known instanceof Map ? known : new Map();
    at.set(name, next);
    at = next;
  }
}

/** Objects with the keys 0, 1, 2... were written as lists. */
function gather(value: Deep | string[]): RawValue {
  if (Array.isArray(value)) return value.length === 1 ? (value[0] ?? "") : value;
  const keys = [...value.keys()];
  const values = [...value.values()].map(gather);
  if (keys.every((key, index) => key === String(index))) return values;
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? ""]));
}

function splitPair(text: string): RawPair {
  const equals = text.indexOf("=");
  return equals < 0 ? { name: text, value: "" } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

function fromFlat(parts: readonly string[], decode: (text: string) => string): RawValue {
  const pairs: [string, RawValue][] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) pairs.push([decode(parts[at] ?? ""), decode(parts[at + 1] ?? "")]);
  return Object.fromEntries(pairs);
}

function fromPairs(pairs: readonly RawPair[], decode: (text: string) => string): RawValue {
  const found = new Map<string, string[]>();
  for (const pair of pairs) {
    const name = decode(pair.name);
    const known = found.get(name);
    if (known === undefined) found.set(name, [decode(pair.value)]);
    else known.push(decode(pair.value));
  }
  return Object.fromEntries([...found].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]));
}
