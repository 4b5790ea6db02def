import { plainNumberText } from "./decimal.ts";
import { isJsonNumber, type JsonNumber, type JsonObjectValue, type JsonValue, keysOf, valueAt } from "./json-value.ts";

/** How a value is printed where not as it was written. */
export interface JsonPrintOptions {
  /** The text of a number; default without exponent, its digits as written. */
  readonly numberText?: (number: number | JsonNumber) => string;
  /** Leaves fields out that are null, as WireMock does when it prints what JSONPath found. Default false. */
  readonly skipNullFields?: boolean;
}

/** A value on several lines as WireMock prints JSON: `{\n  "a" : [ 1, 2 ]\n}`. */
export function printJson(value: JsonValue, options: JsonPrintOptions = {}): string {
  return print(value, "\n", options);
}

/** A value on one line without spaces. */
export function compactJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(compactJson).join(",")}]`;
  if (isScalar(value)) return scalar(value);
  return `{${keysOf(value)
    .map((key) => `${quote(key)}:${compactJson(valueAt(value, key) ?? null)}`)
    .join(",")}}`;
}

function print(value: JsonValue, indent: string, options: JsonPrintOptions): string {
  if (Array.isArray(value)) return value.length === 0 ? "[ ]" : `[ ${value.map((item) => print(item, indent, options)).join(", ")} ]`;
  if (isScalar(value)) return isJsonNumber(value) && options.numberText ? options.numberText(value) : scalar(value);
  const keys = options.skipNullFields ? keysOf(value).filter((key) => valueAt(value, key) !== null) : keysOf(value);
  if (keys.length === 0) return "{ }";
  const deeper = `${indent}  `;
  return `{${keys.map((key) => `${deeper}${quote(key)} : ${print(valueAt(value, key) ?? null, deeper, options)}`).join(",")}${indent}}`;
}

function isScalar(value: JsonValue): value is Exclude<JsonValue, JsonValue[] | JsonObjectValue> {
  return typeof value !== "object" || value === null || isJsonNumber(value);
}

function scalar(value: Exclude<JsonValue, JsonValue[] | JsonObjectValue>): string {
  if (isJsonNumber(value)) return plainNumberText(String(value));
  return typeof value === "string" ? quote(value) : String(value);
}

/** Java escapes what JSON demands, in upper-case hexadecimal; lone surrogates stay. */
function quote(text: string): string {
  return `"${text.replace(/["\\\x00-\x1f]/g, (char) => SHORT[char] ?? `\\u00${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`)}"`;
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
