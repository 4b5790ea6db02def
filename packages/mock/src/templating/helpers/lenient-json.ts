import { JsonNumber, type JsonValue } from "../../json/json-value.ts";

/**
 * JSON as the reader under WireMock's jsonPath helper takes it (json-smart, permissive): names and texts without quotes, single
 * quotes, commas too many, whatever stands after the first value. So the body `hello` is the text `hello`, and only a bracket that
 * is never closed is no JSON. Undefined then.
 */
export function parseLenientJson(text: string): { readonly value: JsonValue } | undefined {
  const reader = new Reader(text);
  try {
    return { value: reader.value("", 0) };
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

class NotJson extends Error {
  override readonly name = "NotJson";
}

const MAX_DEPTH = 400;
const SPACE = /[ \t\r\n]*/y;
const NUMBER = /^-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$|^-?\.\d+(?:[eE][+-]?\d+)?$/;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** `stops`: what ends a text without quotes. */
  value(stops: string, depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new NotJson();
    switch (this.#peek()) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
      case "'":
        return this.#quoted();
      case "}":
      case "]":
      case ":":
        throw new NotJson();
      default:
        return bare(this.#bare(stops));
    }
  }

  #peek(): string {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
    return this.#text[this.#at] ?? "";
  }

  #object(depth: number): JsonValue {
    const entries: [string, JsonValue][] = [];
    this.#at += 1;
    for (;;) {
      const char = this.#peek();
      if (char === "") throw new NotJson();
      if (char === "," || char === "}") {
        this.#at += 1;
        if (char === "}") return Object.fromEntries(entries);
        continue;
      }
      if ("[]{:".includes(char)) throw new NotJson();
      const name = char === '"' || char === "'" ? this.#quoted() : this.#bare(":");
      if (this.#peek() !== ":") throw new NotJson();
      this.#at += 1;
      if (this.#peek() === ",") throw new NotJson();
      entries.push([name, this.value(",}", depth + 1)]);
      if (!",}".includes(this.#peek() || " ")) throw new NotJson();
    }
  }

  #array(depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.#at += 1;
    for (;;) {
      const char = this.#peek();
      if (char === "") throw new NotJson();
      if (char === "," || char === "]") {
        this.#at += 1;
        if (char === "]") return items;
        continue;
      }
      items.push(this.value(",]", depth + 1));
      if (!",]".includes(this.#peek() || " ")) throw new NotJson();
    }
  }

  #bare(stops: string): string {
    let end = this.#at;
    while (end < this.#text.length && !stops.includes(this.#text[end] ?? "")) end += 1;
    const text = this.#text.slice(this.#at, end).trim();
    this.#at = end;
    return text;
  }

  #quoted(): string {
    const quote = this.#text[this.#at];
    const parts: string[] = [];
    let from = this.#at + 1;
    for (let at = from; at < this.#text.length; at++) {
      const char = this.#text[at];
      if (char === quote) {
        parts.push(this.#text.slice(from, at));
        this.#at = at + 1;
        return parts.join("");
      }
      if (char !== "\\") continue;
      const escaped = ESCAPES.get(this.#text[at + 1] ?? "");
      const hex = this.#text.slice(at + 2, at + 6);
      if (this.#text[at + 1] === "u" && !/^[0-9a-fA-F]{4}$/.test(hex)) throw new NotJson();
      const isUnicode = this.#text[at + 1] === "u";
      parts.push(
        this.#text.slice(from, at),
        isUnicode ? String.fromCharCode(Number.parseInt(hex, 16)) : (escaped ?? this.#text[at + 1] ?? ""),
      );
      at += isUnicode ? 5 : 1;
      from = at + 1;
    }
    throw new NotJson();
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["b", "\b"],
  ["f", "\f"],
]);

function bare(text: string): JsonValue {
  if (text === "true") return true;
  if (text === "false") return false;
  if (text === "null") return null;
  if (text === "NaN") return new JsonNumber("NaN");
  if (!NUMBER.test(text)) return text;
  const value = Number(text);
  return String(value) === text ? value : new JsonNumber(text.replace(/^(-?)0+(?=\d)/, "$1"));
}
