import { BigDecimal } from "./big-decimal.ts";
import { dateText } from "./date-text.ts";
import { JavaDouble } from "./java-double.ts";
import type { TextSink } from "./text-sink.ts";
import { BeanValue, DateValue, ListValue, MapValue, type Value, XmlValue } from "./value.ts";

/** As WireMock writes JSON for people: `{\n  "a" : [ 1, 2 ]\n}`. Members that are null are left out unless told otherwise. */
export function writePrettyJson(value: Value, sink: TextSink, layout: { readonly dropNulls?: boolean } = {}): void {
  new PrettyWriter(sink, layout.dropNulls ?? true).write(value, "");
}

/** On one line, nulls kept, as a JSON tree of WireMock prints itself. `decimals` says how 1E+3 is written. */
export function writeJsonTree(value: Value, sink: TextSink, decimals: Decimals): void {
  new CompactWriter(sink, { decimals, quote: jacksonString }).write(value);
}

/** As lists that JSONPath read print themselves: on one line, slashes escaped. */
export function writeCompactJson(value: Value, sink: TextSink): void {
  new CompactWriter(sink, { decimals: "asIs", quote: smartString }).write(value);
}

type Decimals = "plain" | "asIs";

interface Spelling {
  readonly decimals: Decimals;
  readonly quote: (text: string) => string;
}

class PrettyWriter {
  readonly #sink: TextSink;
  readonly #dropNulls: boolean;

  constructor(sink: TextSink, dropNulls: boolean) {
    this.#sink = sink;
    this.#dropNulls = dropNulls;
  }

  write(value: Value, indent: string): void {
    const shape = jsonShape(value);
    if (shape instanceof ListValue) this.#list(shape, indent);
    else if (shape instanceof MapValue) this.#map(shape, indent);
    else this.#sink.write(scalarJson(shape, { decimals: "plain", quote: jacksonString }));
  }

  #list({ items }: ListValue, indent: string): void {
    this.#sink.write("[ ");
    for (const [at, item] of items.entries()) {
      if (at > 0) this.#sink.write(", ");
      this.write(item, indent);
    }
    this.#sink.write(items.length === 0 ? "]" : " ]");
  }

  #map({ entries }: MapValue, indent: string): void {
    let separator = "{";
    for (const [key, member] of entries) {
      if (this.#dropNulls && member === null) continue;
      this.#sink.write(`${separator}\n${indent}  ${jacksonString(key)} : `);
      this.write(member, `${indent}  `);
      separator = ",";
    }
    this.#sink.write(separator === "{" ? "{ }" : `\n${indent}}`);
  }
}

class CompactWriter {
  readonly #sink: TextSink;
  readonly #spelling: Spelling;

  constructor(sink: TextSink, spelling: Spelling) {
    this.#sink = sink;
    this.#spelling = spelling;
  }

  write(value: Value): void {
    const shape = jsonShape(value);
    if (shape instanceof ListValue) this.#list(shape);
    else if (shape instanceof MapValue) this.#map(shape);
    else this.#sink.write(scalarJson(shape, this.#spelling));
  }

  #list({ items }: ListValue): void {
    this.#sink.write("[");
    for (const [at, item] of items.entries()) {
      if (at > 0) this.#sink.write(",");
      this.write(item);
    }
    this.#sink.write("]");
  }

  #map({ entries }: MapValue): void {
    let separator = "{";
    for (const [key, member] of entries) {
      this.#sink.write(`${separator}${this.#spelling.quote(key)}:`);
      this.write(member);
      separator = ",";
    }
    this.#sink.write(separator === "{" ? "{}" : "}");
  }
}

/** Objects as the map or text that Java serialises them to. */
function jsonShape(value: Value): Value {
  if (value instanceof BeanValue) {
    return value.json ? value.json() : new MapValue(new Map([...value.members].map(([name, read]) => [name, read()])));
  }
  if (value instanceof ListValue && value.style === "firstOnly" && value.items.length === 1) return jsonShape(value.items[0] ?? null);
  return value;
}

function scalarJson(value: Exclude<Value, ListValue | MapValue>, { decimals, quote }: Spelling): string {
  if (typeof value === "string") return quote(value);
  if (value instanceof BigDecimal) return decimals === "plain" ? value.toPlain() : value.toString();
  if (value instanceof JavaDouble)
    return Number.isFinite(value.value) ? value.toString() : quote === smartString ? "null" : quote(value.toString());
  if (value instanceof DateValue) return quote(dateText(value));
  if (value instanceof XmlValue) return quote(value.text);
  return value instanceof BeanValue ? quote(value.text()) : String(value);
}

/** Only what JSON demands is escaped, with Java's capital hex digits. */
export function jacksonString(text: string): string {
  const quoted = JSON.stringify(text);
  if (!/[\u0000-\u001f]/.test(text)) return quoted;
  // A backslash of the text is doubled there, so that it cannot be taken for the beginning of an escape.
  return quoted.replace(/\\(?:\\|u[0-9a-f]{4})/g, (sequence) => (sequence === "\\\\" ? sequence : `\\u${sequence.slice(2).toUpperCase()}`));
}

function smartString(text: string): string {
  return jacksonString(text).replace(/[/\u007f-\u009f\u2000-\u20ff]/g, (char) =>
    char === "/" ? "\\/" : `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}
