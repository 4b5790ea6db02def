import { type JsonObjectValue, type JsonValue, numberOf, rememberOrder, setKey } from "./json-value.ts";

export type JsonParse =
  | { readonly ok: true; readonly value: JsonValue }
  /** `offset`: index into the text where it stopped being JSON, where that is known. Files show it as line and column. */
  | { readonly ok: false; readonly message: string; readonly offset?: number };

/** Jackson's limits: of nesting, of a number's text, of a key. */
const MAX_DEPTH = 1000;
const MAX_NUMBER_LENGTH = 1000;
const MAX_KEY_LENGTH = 50_000;

/**
 * JSON as WireMock's own reader (Jackson, so configured) takes it: comments and single quotes are allowed, the last of equal keys
 * wins, what follows the first value is ignored, nesting ends at 1000. Numbers stay exact. Never throws.
 */
export function parseJson(text: string): JsonParse {
  const quick = parsePlain(text);
  if (quick !== undefined) return { ok: true, value: quick };
  try {
    return { ok: true, value: new JsonReader(text).read() };
  } catch (error) {
    if (error instanceof JsonRefusal) return { ok: false, message: error.message, offset: error.offset };
    throw error;
  }
}

/** What JavaScript's parser may lose: digits and notation of numbers, the order of keys that look like array indexes. */
const MAY_LOSE = /\d[.eE]|\d{16}|-0|"\d+"\s*:/;

/** The value of a text that JavaScript's parser takes without loss; undefined for any other. Some ten times as fast. */
export function parsePlain(text: string, maxDepth = MAX_DEPTH): JsonValue | undefined {
  if (MAY_LOSE.test(text)) return undefined;
  try {
    const value: JsonValue = JSON.parse(text);
    return text.length > 2 * maxDepth && depthExceeds(value, maxDepth) ? undefined : value;
  } catch {
    return undefined;
  }
}

function depthExceeds(root: JsonValue, maxDepth: number): boolean {
  let level: JsonValue[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= maxDepth) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value).filter(isContainer) : []));
  }
  return false;
}

function isContainer(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

class JsonRefusal extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonValue {
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw new JsonRefusal("No content: the text is empty", this.#at);
    return this.#value();
  }

  #value(): JsonValue {
    const char = this.#text[this.#at];
    switch (char) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
      case "'":
        return this.#string(char);
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(): JsonObjectValue {
    this.#enter();
    const object: JsonObjectValue = {};
    // Kept from the first key on that JavaScript would move to the front.
    let order: Set<string> | undefined;
    for (let first = true; ; first = false) {
      this.#skipSpace();
      if (first && this.#take("}")) break;
      const quote = this.#text[this.#at];
      if (quote !== '"' && quote !== "'") this.#fail("a quoted key");
      const key = this.#string(quote);
      if (key.length > MAX_KEY_LENGTH) throw new JsonRefusal(`A key has ${key.length} characters, above ${MAX_KEY_LENGTH}`, this.#at);
      this.#skipSpace();
      if (!this.#take(":")) this.#fail("a colon after the key");
      this.#skipSpace();
      if (order === undefined && INDEX.test(key)) order = new Set(Object.keys(object));
      setKey(object, key, this.#value());
      order?.add(key);
      this.#skipSpace();
      if (this.#take("}")) break;
      if (!this.#take(",")) this.#fail("a comma or the end of the object");
    }
    this.#depth--;
    if (order !== undefined && order.size > 1) rememberOrder(object, [...order]);
    return object;
  }

  #array(): JsonValue[] {
    this.#enter();
    const array: JsonValue[] = [];
    for (let first = true; ; first = false) {
      this.#skipSpace();
      if (first && this.#take("]")) break;
      array.push(this.#value());
      this.#skipSpace();
      if (this.#take("]")) break;
      if (!this.#take(",")) this.#fail("a comma or the end of the array");
    }
    this.#depth--;
    return array;
  }

  #enter(): void {
    this.#at++;
    if (++this.#depth > MAX_DEPTH) throw new JsonRefusal(`The document is nested more than ${MAX_DEPTH} deep`, this.#at);
  }

  #string(quote: string): string {
    this.#at++;
    const plain = quote === '"' ? PLAIN_IN_DOUBLE : PLAIN_IN_SINGLE;
    let result = "";
    for (;;) {
      plain.lastIndex = this.#at;
      const part = plain.exec(this.#text)?.[0] ?? "";
      this.#at += part.length;
      const end = this.#text[this.#at];
      if (end === quote) {
        this.#at++;
        return result + part;
      }
      if (end === undefined) this.#fail("the end of the string");
      if (end !== "\\") this.#fail("an escape: control characters may not stand in a string");
      result += part + this.#escape();
    }
  }

  /** From the backslash to behind the escape. */
  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? "";
    if (letter === "u") {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) this.#fail("four hexadecimal digits");
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const char = ESCAPES[letter];
    if (char === undefined) this.#fail("an escape that JSON knows");
    this.#at += 2;
    return char;
  }

  #word<Value>(word: string, value: Value): Value {
    const end = this.#at + word.length;
    if (!this.#text.startsWith(word, this.#at) || /[\w$]/.test(this.#text.charAt(end))) this.#fail(EXPECTED_VALUE);
    this.#at = end;
    return value;
  }

  #number(): JsonValue {
    NUMBER.lastIndex = this.#at;
    const text = NUMBER.exec(this.#text)?.[0];
    if (text === undefined) return this.#fail(EXPECTED_VALUE);
    if (text.length > MAX_NUMBER_LENGTH)
      throw new JsonRefusal(`A number has ${text.length} characters, above ${MAX_NUMBER_LENGTH}`, this.#at);
    const end = this.#at + text.length;
    if (this.#depth === 0 && end < this.#text.length && !/[\s,\]}]/.test(this.#text.charAt(end))) this.#fail("the end of the number", end);
    if (/[\d.eE]/.test(this.#text.charAt(end))) this.#fail("a number: no leading zeros, digits after the point", end);
    this.#at = end;
    return numberOf(text);
  }

  #skipSpace(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === " " || char === "\n" || char === "\r" || char === "\t") this.#at++;
      else if (char === "/") this.#comment();
      else return;
    }
  }

  #comment(): void {
    const kind = this.#text[this.#at + 1];
    if (kind !== "*" && kind !== "/") this.#fail(EXPECTED_VALUE);
    const end = this.#text.indexOf(kind === "*" ? "*/" : "\n", this.#at + 2);
    if (end < 0 && kind === "*") this.#fail("the end of the comment", this.#text.length);
    this.#at = end < 0 ? this.#text.length : end + (kind === "*" ? 2 : 1);
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #fail(expected: string, at = this.#at): never {
    const before = this.#text.slice(0, at);
    const line = before.split("\n").length;
    const column = at - before.lastIndexOf("\n");
    const point = this.#text.codePointAt(at);
    const found = point === undefined ? "the text ends" : `Unexpected character ('${String.fromCodePoint(point)}' (code ${point}))`;
    throw new JsonRefusal(`${found} at line ${line}, column ${column}: expected ${expected}`, at);
  }
}

const EXPECTED_VALUE = "a value: string, number, array, object, true, false or null";
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN_IN_DOUBLE = /[^"\\\x00-\x1f]*/y;
const PLAIN_IN_SINGLE = /[^'\\\x00-\x1f]*/y;
const INDEX = /^\d+$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
