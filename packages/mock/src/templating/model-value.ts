import { JsonNumber, type JsonObjectValue, keysOf, valueAt } from "../json/json-value.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { requestModel } from "./request-model.ts";
import { numberOf } from "./values/from-json.ts";
import { hashMapOrder } from "./values/java-hash.ts";
import { ListValue, MapValue, type Value } from "./values/value.ts";

/**
 * A model of someone else's making as values: JSON, dates left out, and requests wherever they stand (webhooks say `originalRequest`).
 * Only own, enumerable members of plain objects and arrays are taken.
 */
export function modelOf(model: Readonly<Record<string, unknown>>): MapValue {
  const values = new Map(Object.entries(model).map(([name, value]) => [name, toValue(value, 0)]));
  const ordered = hashMapOrder([...values.keys()]).map((name): [string, Value] => [name, values.get(name) ?? null]);
  return new MapValue(new Map(ordered), { javaClass: "java.util.HashMap" });
}

const MAX_DEPTH = 500;

export function toValue(value: unknown, depth = 0): Value {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return value;
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? value
        : numberOf(Object.is(value, -0) ? "-0.0" : String(value), { fractions: "decimal" });
    case "object":
      return value === null || depth > MAX_DEPTH ? null : objectValue(value, depth);
    default:
      return null;
  }
}

function objectValue(value: object, depth: number): Value {
  if (value instanceof JsonNumber) return numberOf(value.text, { fractions: "decimal" });
  if (Array.isArray(value)) return new ListValue(value.map((item: unknown) => toValue(item, depth + 1)));
  if (isMockRequest(value)) return requestModel(value);
  // Own, enumerable members, in the order of the text they were read from.
  const members = value as JsonObjectValue;
  return new MapValue(new Map(keysOf(members).map((name) => [name, toValue(valueAt(members, name), depth + 1)])));
}

function isMockRequest(value: object): value is MockRequest {
  return "header" in value && typeof value.header === "function" && "absoluteUrl" in value && "receivedAt" in value;
}
