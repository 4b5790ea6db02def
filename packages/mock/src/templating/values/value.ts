import type { RenderableDate } from "../../dates/render-date.ts";
import type { XmlNode } from "../../xml/xml-node.ts";
import type { BigDecimal } from "./big-decimal.ts";
import type { JavaDouble } from "./java-double.ts";

/**
 * What a template can hold. Java's types show through in WireMock's output (1 or 1.0, `[1, 2]` or `[1,2]`, the first of several
 * values), so each value knows which of them it plays. Whole numbers are safe integers, or bigints beyond those. None of these
 * objects hands out anything but its own data: `memberOf` is the only way in.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | JavaDouble
  | BigDecimal
  | ListValue
  | MapValue
  | BeanValue
  | DateValue
  | XmlValue;

/**
 * `plain` prints `[a, b]`; `firstOnly` is WireMock's ListOrSingle and prints its first item; `json` prints compact JSON, as lists
 * that JSONPath read do; `path` is the path of a request and prints it whole.
 */
export type ListStyle = "plain" | "firstOnly" | "json" | "path";

export class ListValue {
  readonly items: readonly Value[];
  readonly style: ListStyle;
  /** What a `path` prints. */
  readonly text: string;

  constructor(items: readonly Value[], style: ListStyle = "plain", text = "") {
    this.items = items;
    this.style = style;
    this.text = text;
  }
}

/** `plain` prints `{a=1}`; `json` prints indented JSON, as an object JSONPath found does; `path` is the path of a request with named parts. */
export type MapStyle = "plain" | "json" | "path";

export class MapValue {
  readonly entries: ReadonlyMap<string, Value>;
  readonly style: MapStyle;
  readonly text: string;
  /** What Java calls it when it is no text or list where one is wanted. */
  readonly javaClass: string;
  readonly #byLowerCase: ReadonlyMap<string, Value> | undefined;

  constructor(
    entries: ReadonlyMap<string, Value>,
    options: { readonly style?: MapStyle; readonly text?: string; readonly anyCase?: boolean; readonly javaClass?: string } = {},
  ) {
    this.entries = entries;
    this.style = options.style ?? "plain";
    this.text = options.text ?? "";
    this.javaClass = options.javaClass ?? "java.util.LinkedHashMap";
    this.#byLowerCase = options.anyCase ? new Map([...entries].map(([key, value]) => [key.toLowerCase(), value])) : undefined;
  }

  get(key: string): Value | undefined {
    return this.#byLowerCase ? this.#byLowerCase.get(key.toLowerCase()) : this.entries.get(key);
  }
}

/** An object of WireMock with named members: the request, one of its parts, its method. */
export class BeanValue {
  readonly members: ReadonlyMap<string, () => Value>;
  /** What it prints. */
  readonly text: () => string;
  /** Two beans of equal identity are equal to `eq`. */
  readonly identity: unknown;
  /** What Java calls it when it is no text where one is wanted. */
  readonly javaClass: string;
  /** What `toJson` writes; the members in their order when absent. */
  readonly json: (() => Value) | undefined;

  constructor(options: {
    members: ReadonlyMap<string, () => Value>;
    text: () => string;
    javaClass: string;
    identity?: unknown;
    json?: () => Value;
  }) {
    this.members = options.members;
    this.text = options.text;
    this.javaClass = options.javaClass;
    this.identity = options.identity ?? this;
    this.json = options.json;
  }
}

export class DateValue {
  readonly date: RenderableDate;
  readonly format: string | undefined;

  constructor(date: RenderableDate, format?: string) {
    this.date = date;
    this.format = format;
  }
}

/** A node XPath found, or the number, text or truth it computed. */
export class XmlValue {
  readonly node: XmlNode | undefined;
  readonly #text: () => string;

  constructor(text: () => string, node?: XmlNode) {
    this.#text = text;
    this.node = node;
  }

  get text(): string {
    return this.#text();
  }
}

export function listOrSingle(items: readonly Value[]): ListValue {
  return new ListValue(items, "firstOnly");
}

/** What is iterated item by item: lists, and paths with named parts by their segments, the empty one before the first slash included. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  if (value instanceof ListValue) return value.items;
  if (!(value instanceof MapValue) || value.style !== "path") return undefined;
  const segments = value.text.split("/");
  while (segments.at(-1) === "") segments.pop();
  return segments;
}
