import type { JsonPath } from "../../json/json-path.ts";
import { compileJsonPath, JsonPathSyntaxError } from "../../json/json-path.ts";
import { JsonNumber, type JsonObjectValue, type JsonValue, rememberOrder, setKey } from "../../json/json-value.ts";
import { parseSmartJson } from "../../json/parse-smart-json.ts";
import type { HelperCall } from "../evaluation/helper.ts";
import { CacheSlot } from "../evaluation/render-cache.ts";
import { BigDecimal } from "../values/big-decimal.ts";
import { JavaDouble } from "../values/java-double.ts";
import { BeanValue, ListValue, MapValue, type Value } from "../values/value.ts";
import { textOf } from "./arguments.ts";

/**
 * A value of a template as JSON that paths are evaluated on. Objects remember the value they were made of, so that what a path finds
 * in a list of the template is that list again.
 */
export interface JsonDocument {
  readonly root: JsonValue;
  /** What a container was made of; undefined for containers read from text. */
  originalOf(container: object): Value | undefined;
}

const documents = new CacheSlot<JsonDocument | undefined>();
const paths = new CacheSlot<JsonPath | string>();

/** Text is parsed, once per rendering; undefined when it is no JSON at all. */
export function documentOf(input: Exclude<Value, null>, call: HelperCall): JsonDocument | undefined {
  if (typeof input !== "string") return viewOf(input, call);
  return call.rendering.cache.get(documents, input, (text) => {
    const parsed = parseSmartJson(text);
    return parsed.ok ? { root: parsed.value, originalOf: () => undefined } : undefined;
  });
}

function viewOf(input: Value, call: HelperCall): JsonDocument {
  const originals = new WeakMap<object, Value>();
  const views = new Map<Value, JsonValue>();
  const view = (value: Value): JsonValue => {
    call.rendering.budget.step();
    if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
    if (typeof value === "bigint" || value instanceof JavaDouble || value instanceof BigDecimal) return new JsonNumber(value.toString());
    if (!(value instanceof ListValue || value instanceof MapValue)) return value instanceof BeanValue ? {} : textOf(value, call);
    const known = views.get(value);
    if (known !== undefined) return known;
    const made = value instanceof ListValue ? value.items.map(view) : objectOf(value, view);
    views.set(value, made);
    originals.set(made, value);
    return made;
  };
  return { root: view(input), originalOf: (container) => originals.get(container) };
}

function objectOf(map: MapValue, view: (value: Value) => JsonValue): JsonObjectValue {
  const object: JsonObjectValue = {};
  for (const [key, member] of map.entries) setKey(object, key, view(member));
  rememberOrder(object, [...map.entries.keys()]);
  return object;
}

/** Compiled for templates, where a missing last property is null. The complaint when it is no path. */
export function pathOf(expression: string, call: HelperCall): JsonPath | string {
  return call.rendering.cache.get(paths, expression, (text) => {
    try {
      return compileJsonPath(text, { missingLeafIsNull: true });
    } catch (error) {
      if (error instanceof JsonPathSyntaxError) return error.message;
      throw error;
    }
  });
}
