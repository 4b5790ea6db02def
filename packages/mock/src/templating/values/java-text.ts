import type { RenderBudget } from "../evaluation/render-budget.ts";
import { dateText } from "./date-text.ts";
import { TextSink } from "./text-sink.ts";
import { BeanValue, DateValue, ListValue, MapValue, type Value, XmlValue } from "./value.ts";
import { writeCompactJson, writePrettyJson } from "./write-json.ts";

/** What Java's String.valueOf makes of a value. */
export function textOf(value: Value, budget: RenderBudget): string {
  if (typeof value === "string") return value;
  const sink = new TextSink(budget);
  writeText(value, sink);
  return sink.toString();
}

function writeText(value: Value, sink: TextSink): void {
  if (value instanceof ListValue) writeList(value, sink);
  else if (value instanceof MapValue) writeMap(value, sink);
  else sink.write(scalarText(value));
}

function scalarText(value: Exclude<Value, ListValue | MapValue>): string {
  if (value instanceof BeanValue) return value.text();
  if (value instanceof DateValue) return dateText(value);
  return value instanceof XmlValue ? value.text : String(value);
}

function writeList(list: ListValue, sink: TextSink): void {
  switch (list.style) {
    case "path":
      sink.write(list.text);
      break;
    case "json":
      writeCompactJson(list, sink);
      break;
    case "firstOnly":
      if (list.items[0] !== undefined) writeText(list.items[0], sink);
      break;
    case "plain":
      sink.write("[");
      for (const [at, item] of list.items.entries()) {
        if (at > 0) sink.write(", ");
        writeText(item, sink);
      }
      sink.write("]");
  }
}

function writeMap(map: MapValue, sink: TextSink): void {
  switch (map.style) {
    case "path":
      sink.write(map.text);
      break;
    case "json":
      writePrettyJson(map, sink);
      break;
    case "plain": {
      let separator = "{";
      for (const [key, value] of map.entries) {
        sink.write(`${separator}${key}=`);
        writeText(value, sink);
        separator = ", ";
      }
      sink.write(map.entries.size === 0 ? "{}" : "}");
    }
  }
}
