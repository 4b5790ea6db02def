import { JsonNumber, type JsonObjectValue, type JsonValue, keysOf, valueAt } from "../../json/json-value.ts";
import type { Json } from "../../mapping/stub-mapping.ts";
import { BigDecimal } from "./big-decimal.ts";
import { JavaDouble } from "./java-double.ts";
import { type ListStyle, ListValue, MapValue, type Value } from "./value.ts";

/** How fractions were read: WireMock's own reader keeps `1.50` (BigDecimal), the reader under JSONPath makes doubles of them. */
export interface FromJsonOptions {
  readonly fractions: "decimal" | "double";
  readonly listStyle: ListStyle;
}

/** Stub files, parameters and `parseJson`. */
export const asWireMockReads: FromJsonOptions = { fractions: "decimal", listStyle: "plain" };
/** What `jsonPath` reads out of text. */
export const asJsonPathReads: FromJsonOptions = { fractions: "double", listStyle: "json" };

export function fromJson(json: JsonValue | Json, options: FromJsonOptions): Value {
  if (json === null || typeof json === "string" || typeof json === "boolean") return json;
  if (typeof json === "number") return Number.isSafeInteger(json) && !Object.is(json, -0) ? json : numberOf(jsonText(json), options);
  if (json instanceof JsonNumber) return json.calculated ? new JavaDouble(Number(json.text)) : numberOf(json.text, options);
  if (Array.isArray(json))
    return new ListValue(
      json.map((item: JsonValue) => fromJson(item, options)),
      options.listStyle,
    );
  // Arrays and numbers are gone: it is an object of the document, or of a stub file.
  const object = json as JsonObjectValue;
  return new MapValue(new Map(keysOf(object).map((key) => [key, fromJson(valueAt(object, key) ?? null, options)])));
}

function jsonText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A number by its text: whole ones stay whole, whatever their size. */
export function numberOf(text: string, options: Pick<FromJsonOptions, "fractions">): Value {
  if (/^-?\d+$/.test(text)) {
    const value = Number(text);
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    return text.length <= MAX_WHOLE_DIGITS ? BigInt(text) : new JavaDouble(value);
  }
  if (options.fractions === "decimal") return BigDecimal.parse(text) ?? new JavaDouble(Number(text));
  // The reader under JSONPath keeps fractions of more than 17 or so digits exactly.
  if (text.length > EXACT_FRACTION_CHARS) return BigDecimal.parse(text) ?? new JavaDouble(Number(text));
  return new JavaDouble(Number(text));
}

const MAX_WHOLE_DIGITS = 1000;
const EXACT_FRACTION_CHARS = 18;
