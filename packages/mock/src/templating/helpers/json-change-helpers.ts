import type { JsonValue } from "../../json/json-value.ts";
import { parseJson } from "../../json/parse-json.ts";
import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { asWireMockReads, fromJson } from "../values/from-json.ts";
import { isInt, JavaException } from "../values/java-exception.ts";
import { TextSink } from "../values/text-sink.ts";
import { ListValue, MapValue, type Value } from "../values/value.ts";
import { writeJsonTree } from "../values/write-json.ts";
import { booleanArgument, option, param, paramOr, textOf } from "./arguments.ts";
import { pathOf } from "./json-documents.ts";

/** Helpers that take JSON as text and give changed JSON as text. */
export const jsonChangeHelpers: Helpers = new Map<string, Helper>([
  ["jsonMerge", jsonMerge],
  ["jsonRemove", jsonRemove],
  ["jsonArrayAdd", jsonArrayAdd],
]);

function printed(value: Value, call: HelperCall): string {
  const sink = new TextSink(call.rendering.budget);
  writeJsonTree(value, sink, "plain");
  return sink.toString();
}

/** Java maps lose their nulls when they are written; JSON trees do not. */
function printedAsMaps(json: JsonValue, call: HelperCall): string {
  return printed(withoutNulls(fromJson(json, asWireMockReads)), call);
}

function withoutNulls(value: Value): Value {
  if (value instanceof ListValue) return new ListValue(value.items.map(withoutNulls));
  if (!(value instanceof MapValue)) return value;
  return new MapValue(
    new Map([...value.entries].filter(([, member]) => member !== null).map(([key, member]) => [key, withoutNulls(member)])),
  );
}

/** The body of a block, or the second argument. */
function secondText(call: HelperCall): Value {
  return call.isBlock ? call.body() : paramOr(call, 0, null);
}

function jsonMerge(context: Value, call: HelperCall): Value {
  if (typeof context !== "string") return helperError("Base JSON parameter must be a string");
  const base = parseJson(context);
  if (!base.ok) return helperError(`Base JSON is not valid JSON ('${context}')`);
  const baseValue = fromJson(base.value, asWireMockReads);
  if (!(baseValue instanceof MapValue)) return helperError(`Base JSON is not a JSON object ('${context}')`);
  const merged = secondText(call);
  if (typeof merged !== "string") return helperError("JSON to merge must be a string");
  const other = parseJson(merged);
  if (!other.ok) return helperError(`JSON to merge is not valid JSON ('${merged}')`);
  const otherValue = fromJson(other.value, asWireMockReads);
  if (!(otherValue instanceof MapValue)) return helperError(`JSON to merge is not a JSON object ('${merged}')`);
  const removeNulls = call.hash.get("removeNulls");
  if (removeNulls === null) {
    const message = 'Cannot invoke "java.lang.Boolean.booleanValue()" because the return value of "java.util.Map.get(Object)" is null';
    throw new JavaException("java.lang.NullPointerException", message);
  }
  return printed(merge(baseValue, otherValue, booleanArgument(removeNulls ?? false) === true), call);
}

function merge(base: MapValue, other: MapValue, removeNulls: boolean): MapValue {
  const merged = new Map(base.entries);
  for (const [key, value] of other.entries) {
    const before = merged.get(key);
    if (value instanceof MapValue && before instanceof MapValue) merged.set(key, merge(before, value, removeNulls));
    else if (value === null && removeNulls) merged.delete(key);
    else merged.set(key, value);
  }
  return new MapValue(merged);
}

function jsonRemove(context: Value, call: HelperCall): Value {
  if (typeof context !== "string") return helperError("Input JSON must be a string");
  if (context === "null") return context;
  if (call.params.length !== 1) return helperError("A single JSONPath expression parameter must be supplied");
  const expression = param(call, 0);
  if (typeof expression !== "string") return helperError("JSONPath parameter must be a string");
  const parsed = parseJson(context);
  if (!parsed.ok) return helperError(`Input JSON string is not valid JSON ('${context}')`);
  const path = expression === "" ? "empty" : pathOf(expression, call);
  if (typeof path === "string") return helperError(`JSONPath parameter is not a valid JSONPath expression ('${expression}')`);
  const found = path.evaluate(parsed.value);
  if (found.kind === "missing") return context;
  const places = path.locate(parsed.value);
  if (places.some((place) => place.length === 0))
    return helperError(`Delete operation cannot be applied to JSONPath expression ('${expression}')`);
  call.rendering.budget.step(places.length);
  // Later items first, so that the indexes of earlier ones stay right. The document is this call's own.
  for (const place of [...places].sort(laterFirst)) removeAt(parsed.value, place);
  return printedAsMaps(parsed.value, call);
}

type JsonPlace = readonly (string | number)[];

function laterFirst(a: JsonPlace, b: JsonPlace): number {
  const x = a.at(-1);
  const y = b.at(-1);
  return typeof x === "number" && typeof y === "number" ? y - x : 0;
}

function removeAt(root: JsonValue, place: JsonPlace): void {
  let container: unknown = root;
  for (const step of place.slice(0, -1)) container = memberAt(container, step);
  const last = place.at(-1);
  if (Array.isArray(container) && typeof last === "number") container.splice(last, 1);
  else if (typeof container === "object" && container !== null && last !== undefined) Reflect.deleteProperty(container, last);
}

function memberAt(container: unknown, step: string | number): unknown {
  return typeof container === "object" && container !== null ? Object.getOwnPropertyDescriptor(container, step)?.value : undefined;
}

function jsonArrayAdd(context: Value, call: HelperCall): Value {
  if (typeof context !== "string") return helperError("Base JSON must be a string");
  const base = parseJson(context);
  // Jayway takes no document that is null.
  if (!base.ok || base.value === null) return helperError(`Base JSON is not valid JSON ('${context}')`);
  const target = targetList(base.value, context, call);
  if (typeof target === "string") return target;
  const given = secondText(call);
  if (typeof given !== "string") return helperError("Item-to-add JSON must be a string");
  const item = parseJson(given);
  if (!item.ok) return helperError(`Item-to-add JSON is not valid JSON ('${given}')`);
  const flatten = option(call, "flatten") ?? false;
  if (typeof flatten !== "boolean") return helperError("flatten option must be a boolean");
  if (flatten && Array.isArray(item.value)) for (const one of item.value) target.push(one);
  else target.push(item.value);
  const maxItems = option(call, "maxItems");
  if (maxItems !== null) {
    if (!isInt(maxItems)) return helperError("maxItems option must be an integer");
    if (maxItems < 0) return helperError("maxItems option integer must be positive");
    target.splice(0, Math.max(0, target.length - maxItems));
  }
  return printedAsMaps(base.value, call);
}

/** The list to add to, in the document itself; the complaint when there is none. */
function targetList(root: JsonValue, text: string, call: HelperCall): JsonValue[] | string {
  const expression = option(call, "jsonPath");
  if (expression !== null && typeof expression !== "string") return helperError("jsonPath option must be a string");
  let found: unknown = root;
  if (expression !== null) {
    const path = expression === "" ? "empty" : pathOf(expression, call);
    if (typeof path === "string") return helperError(`jsonPath option is not valid JSONPath expression ('${expression}')`);
    const result = path.evaluate(root);
    found = result.kind === "found" ? result.value : null;
  }
  // A path finds parts of the document or lists of them.
  if (Array.isArray(found)) return found as JsonValue[];
  const detail = expression === null ? `'${text}'` : `root: '${text}', jsonPath: '${textOf(expression, call)}'`;
  return helperError(`Target JSON is not a JSON array (${detail})`);
}
