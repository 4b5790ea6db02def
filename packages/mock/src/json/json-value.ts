/**
 * JSON as matchers and templates see it: what `JSON.parse` makes, with two additions that lose nothing of the text.
 * A number that JavaScript would print differently (`1.0`, `1e3`, 20 digits) is a JsonNumber. An object with keys that JavaScript
 * would put in another order (`"10"` before `"9"`) remembers the order; ask `keysOf`.
 */
export type JsonValue = null | boolean | number | string | JsonNumber | JsonValue[] | JsonObjectValue;

export interface JsonObjectValue {
  [key: string]: JsonValue;
}

export class JsonNumber {
  /** As written: `1.0`, `12345678901234567890`. */
  readonly text: string;
  /** A result of arithmetic, a double in Java however many digits it has. */
  readonly calculated: boolean;

  constructor(text: string, calculated = false) {
    this.text = text;
    this.calculated = calculated;
  }

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  /** `JSON.stringify` writes the number as it was written. */
  toJSON(): unknown {
    // Node has it since 22; the library's types do not yet.
    return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(this.text);
  }
}

const ORDER = Symbol("order of keys");

/** The keys of an object in the order of its text. */
export function keysOf(object: JsonObjectValue): readonly string[] {
  return (object as Ordered)[ORDER] ?? Object.keys(object);
}

/** Makes `keysOf` answer this order. */
export function rememberOrder(object: JsonObjectValue, keys: readonly string[]): void {
  Object.defineProperty(object, ORDER, { value: keys });
}

interface Ordered {
  readonly [ORDER]?: readonly string[];
}

export function isJsonNumber(value: unknown): value is number | JsonNumber {
  return typeof value === "number" || value instanceof JsonNumber;
}

export function isJsonObject(value: unknown): value is JsonObjectValue {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** Sets a key that may be `__proto__`. */
export function setKey(object: JsonObjectValue, key: string, value: JsonValue): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** A key's own value: never what an object inherits. */
export function valueAt(object: JsonObjectValue, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The shortest value for a number's text that loses nothing. */
export function numberOf(text: string): number | JsonNumber {
  const number = Number(text);
  return String(number) === text ? number : new JsonNumber(text);
}
