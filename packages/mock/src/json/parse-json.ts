import { type JsonObjectValue, type JsonValue, numberOf, rememberOrder, setKey } from "./json-value.ts";

export type JsonParse =
  | { readonly ok: true; readonly value: JsonValue }
  /**
   * `offset`: index into the text where it stopped being JSON, where that is known. Files show it as line and column.
   * `detail`: the message as Jackson puts it, with its account of the place: what clients of WireMock are given.
   */
  | { readonly ok: false; readonly message: string; readonly offset?: number; readonly detail: string };

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
    if (error instanceof JsonRefusal) return refused(error, text);
    throw error;
  }
}

function refused({ message, offset }: JsonRefusal, text: string): JsonParse {
  if (text.length === 0 || (offset === text.length && text.trim() === "")) return { ok: false, message, offset, detail: message };
  const { line, column } = placeOf(text, offset);
  const detail = `${message}\n at [${source(text)}; line: ${line}, column: ${column}]`;
  return { ok: false, message: `${message} at line ${line}, column ${column}`, offset, detail };
}

function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

const MAX_EXCERPT = 500;

function source(text: string): string {
  const excerpt = text
    .slice(0, MAX_EXCERPT)
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const rest = text.length - MAX_EXCERPT;
  return `Source: (String)"${excerpt}"${rest > 0 ? `[truncated ${rest} chars]` : ""}`;
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
    if (this.#at >= this.#text.length) throw new JsonRefusal("No content to map due to end-of-input", this.#at);
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
    const begin = this.#at;
    this.#enter();
    const object: JsonObjectValue = {};
    // Kept from the first key on that JavaScript would move to the front.
    let order: Set<string> | undefined;
    for (let first = true; ; first = false) {
      this.#skipSpace();
      if (first && this.#take("}")) break;
      const quote = this.#text[this.#at];
      if (quote === undefined) this.#end(first ? this.#unclosed("Object", begin) : " within/between Object entries");
      if (quote !== '"' && quote !== "'") this.#unexpected("was expecting double-quote to start field name");
      const key = this.#string(quote, " in field name");
      if (key.length > MAX_KEY_LENGTH) throw new JsonRefusal(`A key has ${key.length} characters, above ${MAX_KEY_LENGTH}`, this.#at);
      this.#skipSpace();
      if (this.#isEnd()) this.#end(" within/between Object entries");
      if (!this.#take(":")) this.#unexpected("was expecting a colon to separate field name and value");
      this.#skipSpace();
      if (this.#isEnd()) this.#end(" within/between Object entries");
      if (order === undefined && INDEX.test(key)) order = new Set(Object.keys(object));
      setKey(object, key, this.#value());
      order?.add(key);
      this.#skipSpace();
      if (this.#take("}")) break;
      if (this.#isEnd()) this.#end(this.#unclosed("Object", begin));
      if (!this.#take(",")) this.#unexpected("was expecting comma to separate Object entries");
    }
    this.#depth--;
    if (order !== undefined && order.size > 1) rememberOrder(object, [...order]);
    return object;
  }

  #array(): JsonValue[] {
    const begin = this.#at;
    this.#enter();
    const array: JsonValue[] = [];
    for (let first = true; ; first = false) {
      this.#skipSpace();
      if (first && this.#take("]")) break;
      if (this.#isEnd()) this.#end(first ? this.#unclosed("Array", begin) : " within/between Array entries");
      array.push(this.#value());
      this.#skipSpace();
      if (this.#take("]")) break;
      if (this.#isEnd()) this.#end(this.#unclosed("Array", begin));
      if (!this.#take(",")) this.#unexpected("was expecting comma to separate Array entries");
    }
    this.#depth--;
    return array;
  }

  #enter(): void {
    this.#at++;
    if (++this.#depth > MAX_DEPTH) throw new JsonRefusal(`The document is nested more than ${MAX_DEPTH} deep`, this.#at);
  }

  #string(quote: string, where = ": was expecting closing quote for a string value"): string {
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
      if (end === undefined) this.#end(where);
      if (end !== "\\") {
        const needed = "has to be escaped using backslash to be included in string value";
        throw new JsonRefusal(`Illegal unquoted character (${described(end)}): ${needed}`, this.#at);
      }
      result += part + this.#escape();
    }
  }

  /** From the backslash to behind the escape. */
  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? "";
    if (letter === "u") {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      const valid = /^[0-9A-Fa-f]*/.exec(digits)?.[0].length ?? 0;
      if (valid < 4) this.#unexpected("expected a hex-digit for character escape sequence", this.#at + 2 + valid);
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const char = ESCAPES[letter];
    if (letter === "") this.#end(" in character escape sequence", this.#at + 1);
    if (char === undefined) throw new JsonRefusal(`Unrecognized character escape ${described(letter)}`, this.#at + 1);
    this.#at += 2;
    return char;
  }

  #word<Value>(word: string, value: Value): Value {
    const end = this.#at + word.length;
    if (!this.#text.startsWith(word, this.#at) || /[\w$]/.test(this.#text.charAt(end))) this.#noValue();
    this.#at = end;
    return value;
  }

  #number(): JsonValue {
    NUMBER.lastIndex = this.#at;
    const text = NUMBER.exec(this.#text)?.[0];
    if (text === undefined) return this.#noNumber();
    if (text.length > MAX_NUMBER_LENGTH)
      throw new JsonRefusal(`A number has ${text.length} characters, above ${MAX_NUMBER_LENGTH}`, this.#at);
    const end = this.#at + text.length;
    if (this.#depth === 0 && end < this.#text.length && !/[\s,\]}]/.test(this.#text.charAt(end))) this.#afterNumber(text, end);
    const next = this.#text.charAt(end);
    if (next === "." ? !/[.eE]/.test(text) : /[\deE]/.test(next)) this.#afterNumber(text, end);
    this.#at = end;
    return numberOf(text);
  }

  /** Jackson tells the place of the sign, the point or the exponent, or of what follows it: `isShort` of a number of one zero. */
  #brokenNumber(problem: string, { at, isShort }: { readonly at: number; readonly isShort: boolean }): never {
    const follows = this.#text.codePointAt(at + 1);
    const char = follows === undefined ? this.#text.charAt(at) : String.fromCodePoint(follows);
    const place = isShort && follows !== undefined ? at + 1 : at;
    throw new JsonRefusal(`Unexpected character (${described(char)}) in numeric value: ${problem}`, place);
  }

  #brokenExponent(at: number): never {
    const sign = /[+-]/.test(this.#text.charAt(at + 1)) ? 1 : 0;
    const follows = this.#text.codePointAt(at + 1 + sign);
    if (follows === undefined) this.#end("expected a digit for number exponent");
    const problem = "Exponent indicator not followed by a digit";
    throw new JsonRefusal(`Unexpected character (${described(String.fromCodePoint(follows))}) in numeric value: ${problem}`, at);
  }

  #noNumber(): never {
    if (this.#text[this.#at] !== "-" || this.#text[this.#at + 1] === ".") {
      if (this.#text[this.#at] === "-") this.#at++;
      return this.#noValue();
    }
    if (this.#at + 1 === this.#text.length) this.#end("No digit following sign");
    this.#brokenNumber("expected digit (0-9) to follow minus sign, for valid numeric value", { at: this.#at, isShort: true });
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
    if (kind === undefined) this.#end(" in a comment");
    if (kind !== "*" && kind !== "/") this.#unexpected("was expecting either '*' or '/' for a comment", this.#at + 1);
    const end = this.#text.indexOf(kind === "*" ? "*/" : "\n", this.#at + 2);
    if (end < 0 && kind === "*") this.#end(" in a comment", this.#text.length);
    this.#at = end < 0 ? this.#text.length : end + (kind === "*" ? 2 : 1);
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #isEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  #end(where: string, at = this.#text.length): never {
    throw new JsonRefusal(`Unexpected end-of-input${where}`, at);
  }

  #unclosed(what: "Object" | "Array", begin: number): string {
    const { line, column } = placeOf(this.#text, begin + 1);
    return `: expected close marker for ${what} (start marker at [${source(this.#text)}; line: ${line}, column: ${column - 1}])`;
  }

  #unexpected(expected: string, at = this.#at): never {
    const char = this.#text.codePointAt(at);
    if (char === undefined) this.#end(`: ${expected}`, at);
    throw new JsonRefusal(`Unexpected character (${described(String.fromCodePoint(char))}): ${expected}`, at);
  }

  /** Where a value should begin. */
  #noValue(): never {
    const rest = this.#text.slice(this.#at, this.#at + 300);
    const token = /^[\p{L}\p{Sc}_][\p{L}\p{N}\p{Sc}\p{Mn}\p{Mc}_]*/u.exec(rest)?.[0];
    if (token === "NaN" || token === "Infinity") {
      const needed = "enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow";
      throw new JsonRefusal(`Non-standard token '${token}': ${needed}`, this.#at + token.length);
    }
    if (token !== undefined) {
      throw new JsonRefusal(`Unrecognized token '${token.slice(0, 256)}': was expecting (${ANY_VALUE})`, this.#at + token.length);
    }
    const char = rest.charAt(0);
    if (char !== "" && char < " ") {
      const allowed = "only regular white space (\\r, \\n, \\t) is allowed between tokens";
      throw new JsonRefusal(`Illegal character (${described(char)}): ${allowed}`, this.#at + 1);
    }
    if (this.#depth === 0 && (char === "}" || char === "]")) {
      const what = char === "}" ? "Object" : "Array";
      throw new JsonRefusal(`Unexpected close marker '${char}': no open ${what} to close`, this.#at);
    }
    return this.#unexpected(`expected a valid value (${ANY_VALUE})`);
  }

  #afterNumber(text: string, end: number): never {
    const char = this.#text.charAt(end);
    if (/^-?0$/.test(text) && /\d/.test(char)) throw new JsonRefusal("Invalid numeric value: Leading zeroes not allowed", end);
    if (char === "." && !/[.eE]/.test(text))
      return this.#brokenNumber("Decimal point not followed by a digit", { at: end, isShort: /^-?0$/.test(text) });
    if (/[eE]/.test(char) && !/[eE]/.test(text)) return this.#brokenExponent(end);
    return this.#unexpected("Expected space separating root-level values", end);
  }
}

/** As Jackson names a character. */
function described(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x20 ? `(CTRL-CHAR, code ${code})` : `'${char}' (code ${code})`;
}

const ANY_VALUE = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'";
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
