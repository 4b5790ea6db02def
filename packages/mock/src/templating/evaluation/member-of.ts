import { javaTrim, stripEnd, stripStart } from "../language/java-space.ts";
import { isNumeric, toDouble } from "../values/compare.ts";
import { JavaDouble } from "../values/java-double.ts";
import { javaStringHash } from "../values/java-hash.ts";
import { BeanValue, DateValue, ListValue, MapValue, type Value, XmlValue } from "../values/value.ts";
import { attributesOf, textContentOf } from "../values/xml-value.ts";

/**
 * The member of a value by its name; undefined when there is none. Handlebars.java reaches every public method without arguments; here
 * it is this list and the data itself. Nothing of JavaScript's objects (`constructor`, `__proto__`) can be reached: values are looked
 * into by their kind, never by property access.
 */
export function memberOf(value: Exclude<Value, null>, name: string): Value | undefined {
  if (value instanceof MapValue) return ofMap(value, name);
  if (value instanceof ListValue) return ofList(value, name);
  if (value instanceof BeanValue) return value.members.get(name)?.();
  if (typeof value === "string") return STRING_MEMBERS.get(name)?.(value);
  if (value instanceof DateValue) return ofDate(value, name);
  if (value instanceof XmlValue) return ofXml(value, name);
  return isNumeric(value) ? NUMBER_MEMBERS.get(name)?.(toDouble(value)) : undefined;
}

function ofMap(map: MapValue, name: string): Value | undefined {
  const own = map.get(name);
  if (own !== undefined && own !== null) return own;
  switch (name) {
    case "size":
      return map.entries.size;
    case "empty":
    case "isEmpty":
      return map.entries.size === 0;
    case "keySet":
      return new ListValue([...map.entries.keys()]);
    case "values":
      return new ListValue([...map.entries.values()]);
    default:
      return undefined;
  }
}

function ofList(list: ListValue, name: string): Value | undefined {
  const { items, style } = list;
  switch (name) {
    case "size":
    case "length":
      return items.length;
    case "empty":
    case "isEmpty":
      return items.length === 0;
  }
  if (style !== "firstOnly") return undefined;
  switch (name) {
    case "first":
    case "getFirst":
      return items[0];
    case "last":
    case "getLast":
      return items.at(-1);
    case "single":
    case "isSingle":
      return items.length === 1;
    default:
      return undefined;
  }
}

function ofDate(value: DateValue, name: string): Value | undefined {
  switch (name) {
    case "time":
    case "getTime":
      return value.date.epochMs;
    case "format":
    case "getFormat":
      return value.format ?? null;
    case "timezone":
    case "getTimezone":
      return value.date.zone ?? null;
    default:
      return undefined;
  }
}

function ofXml({ node }: XmlValue, name: string): Value | undefined {
  switch (name) {
    case "attributes":
    case "getAttributes":
      return attributesOf(node);
    case "text":
    case "getText":
      return node ? textContentOf(node) : undefined;
    case "name":
    case "getName":
      return node && "name" in node ? node.name : undefined;
    default:
      return undefined;
  }
}

const STRING_MEMBERS: ReadonlyMap<string, (text: string) => Value> = new Map<string, (text: string) => Value>([
  ["length", (text) => text.length],
  ["empty", (text) => text === ""],
  ["isEmpty", (text) => text === ""],
  ["blank", (text) => stripStart(text) === ""],
  ["isBlank", (text) => stripStart(text) === ""],
  ["toUpperCase", (text) => text.toUpperCase()],
  ["toLowerCase", (text) => text.toLowerCase()],
  ["trim", javaTrim],
  ["strip", (text) => stripStart(stripEnd(text))],
  ["stripLeading", stripStart],
  ["stripTrailing", stripEnd],
  ["toString", (text) => text],
  ["intern", (text) => text],
  ["hashCode", javaStringHash],
]);

const NUMBER_MEMBERS: ReadonlyMap<string, (value: number) => Value> = new Map<string, (value: number) => Value>([
  ["intValue", (value) => Math.trunc(value) | 0],
  ["longValue", (value) => Math.trunc(value)],
  ["doubleValue", (value) => new JavaDouble(value)],
]);
