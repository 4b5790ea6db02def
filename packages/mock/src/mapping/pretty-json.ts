import { isJsonObject, type JsonValue, keysOf } from "../json/json-value.ts";
import { printJson } from "../json/print-json.ts";

/** As `printJson`, of what an answer is made of: fields that are undefined are left out. */
export function prettyJson(value: unknown, indent = ""): string {
  if (Array.isArray(value)) return value.length === 0 ? "[ ]" : `[ ${value.map((each) => prettyJson(each, indent)).join(", ")} ]`;
  // Safe: what is neither a list nor an object is a scalar, and what is undefined in a list is null in JSON.
  if (!isJsonObject(value)) return printJson((value ?? null) as JsonValue);
  const keys = keysOf(value).filter((key) => value[key] !== undefined);
  if (keys.length === 0) return "{ }";
  const inner = `${indent}  `;
  return `{\n${keys.map((key) => `${inner}${printJson(key)} : ${prettyJson(value[key], inner)}`).join(",\n")}\n${indent}}`;
}
