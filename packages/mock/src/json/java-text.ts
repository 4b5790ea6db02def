import { KeySet } from "./evaluate-json-path.ts";
import { javaNumberText } from "./json-number-text.ts";
import { isJsonNumber, isJsonObject, keysOf, valueAt } from "./json-value.ts";

/**
 * A value as Java's `toString` prints what JSONPath found: text as it is, a list as JSON without spaces, an object as `{a=1, b=[2]}`.
 */
export function javaText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (isJsonNumber(value)) return javaNumberText(value);
  if (Array.isArray(value)) return smartJson(value);
  if (isJsonObject(value) && !(value instanceof KeySet)) {
    return `{${keysOf(value)
      .map((key) => `${key}=${javaText(valueAt(value, key))}`)
      .join(", ")}}`;
  }
  return String(value);
}

/** JSON as json-smart writes it: on one line, `/` escaped, numbers as Java prints them. */
export function smartJson(value: unknown): string {
  if (typeof value === "string") return `"${escapeSmart(value)}"`;
  if (Array.isArray(value)) return `[${value.map(smartJson).join(",")}]`;
  if (value instanceof KeySet) return smartJson([...value.keys]);
  if (isJsonNumber(value)) {
    const text = javaNumberText(value);
    return /^-?[\d.]/.test(text) ? text : "null";
  }
  if (isJsonObject(value)) {
    return `{${keysOf(value)
      .map((key) => `"${escapeSmart(key)}":${smartJson(valueAt(value, key))}`)
      .join(",")}}`;
  }
  return value === null || value === undefined ? "null" : String(value);
}

function escapeSmart(text: string): string {
  return text.replace(
    /["\\/\x00-\x1f\x7f-\x9f\u2000-\u20ff]/g,
    (char) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "/": "\\/",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
