import { normalNumberText } from "../decimal.ts";
import { isJsonNumber, isJsonObject, type JsonNumber, type JsonValue, keysOf, valueAt } from "../json-value.ts";

/** Whether a number was written without point and exponent. Java then keeps all its digits; any other is a double. */
export function isWrittenWhole(value: number | JsonNumber): boolean {
  return typeof value === "number" ? Number.isInteger(value) : /^-?\d+$/.test(value.text);
}

/** A number as Java has it, for comparisons. */
export function javaNumber(value: number | JsonNumber): number | JsonNumber {
  return isWrittenWhole(value) ? value : Number(value);
}

/**
 * A text that is the same for values that are equal. By their kind, 1 and 1.0 are two numbers, as Jackson's nodes are; by value they are
 * one, in arrays too but not in objects.
 */
export function equalityText(value: JsonValue, numbers: "by-kind" | "by-value"): string {
  if (isJsonNumber(value)) {
    const number = javaNumber(value);
    if (numbers === "by-value") return Number.isFinite(Number(number)) ? normalNumberText(number) : String(number);
    return isWrittenWhole(value) ? `i${normalNumberText(number)}` : Object.is(number, -0) ? "d-0" : `d${number}`;
  }
  if (Array.isArray(value)) return `[${value.map((item) => equalityText(item, numbers)).join()}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = keysOf(value).map((key) => `${JSON.stringify(key)}:${equalityText(valueAt(value, key) ?? null, "by-kind")}`);
  return `{${fields.sort().join()}}`;
}
