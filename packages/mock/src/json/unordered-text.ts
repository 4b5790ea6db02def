import { normalNumberText } from "./decimal.ts";
import { isJsonNumber, type JsonValue, keysOf, valueAt } from "./json-value.ts";

/** A text that two values share exactly when they are equal but for the order of keys, the order in arrays and the notation of numbers. */
export function unorderedText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(unorderedText).sort().join(",")}]`;
  if (isJsonNumber(value)) return normalNumberText(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = keysOf(value).map((key) => `${JSON.stringify(key)}:${unorderedText(valueAt(value, key) ?? null)}`);
  return `{${fields.sort().join(",")}}`;
}
