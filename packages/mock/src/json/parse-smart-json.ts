import { type JsonObjectValue, type JsonValue, numberOf, rememberOrder, setKey } from "./json-value.ts";
import { type JsonParse, parsePlain } from "./parse-json.ts";

/** json-smart's limit. */
const MAX_DEPTH = 400;

/**
 * JSON as JSONPath matchers and templates read it: the permissive dialect of json-smart, which WireMock's JSONPath library parses
 * with. Nearly everything is a value: unquoted text is a string, commas may be missing at the end or doubled, single quotes and
 * leading zeros are fine, what follows the first value is ignored. A refusal is in the words of that library. Never throws.
 */
export function parseSmartJson(text: string): JsonParse {
  const quick = parsePlain(text, MAX_DEPTH);
  if (quick !== undefined) return { ok: true, value: quick };
  try {
    return { ok: true, value: new SmartReader(text).read() };
  } catch (error) {
    if (error instanceof SmartRefusal) return { ok: false, message: error.message, detail: error.message };
    throw error;
  }
}

class SmartRefusal extends Error {}

/** json-smart marks the end of the text with this character, so it ends a text too. */
const END = "\x1a";

const STOPS = { root: END, key: `:${END}`, value: `,}${END}`, item: `,]${END}` } as const;
type Stop = keyof typeof STOPS;

class SmartReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonValue {
    return this.#value("root");
  }

  #char(): string {
    return this.#text.charAt(this.#at) || END;
  }

  #value(stop: Stop): JsonValue {
    while (isBlank(this.#char())) this.#at++;
    const char = this.#char();
    if (char === ":" || char === "}" || char === "]") this.#refuseCharacter();
    if (char === END && stop !== "root") this.#refuseEnd(this.#text.length - 1, "EOF");
    if (char === "{") return this.#object();
    if (char === "[") return this.#array();
    if (char === '"' || char === "'") return this.#string();
    if (char === "-" || isDigit(char)) return this.#number(stop);
    return wordOf(this.#unquoted(stop));
  }

  #object(): JsonObjectValue {
    this.#enter();
    const object: JsonObjectValue = {};
    const keys = new Set<string>();
    for (;;) {
      while (isBlank(this.#char()) || this.#char() === ",") this.#at++;
      const char = this.#char();
      if (char === ":" || char === "]" || char === "[" || char === "{") this.#refuseCharacter();
      if (char === "}") break;
      const key = char === '"' || char === "'" ? this.#string() : this.#unquoted("key");
      this.#skipSpace();
      if (this.#char() !== ":") this.#refuseCharacter(this.#at - 1);
      this.#at++;
      setKey(object, key, this.#value("value"));
      keys.add(key);
      this.#skipSpace();
      if (this.#char() === "}") break;
      if (this.#char() === END) this.#refuseEnd(this.#text.length - 1);
      if (this.#char() !== ",") throw new SmartRefusal(`Unexpected token ${this.#char()} at position ${this.#at - 1}.`);
    }
    this.#leave();
    if (keys.size > 1 && [...keys].some((key) => /^\d+$/.test(key))) rememberOrder(object, [...keys]);
    return object;
  }

  #array(): JsonValue[] {
    this.#enter();
    const array: JsonValue[] = [];
    for (;;) {
      while (isBlank(this.#char()) || this.#char() === ",") this.#at++;
      if (this.#char() === "]") break;
      array.push(this.#value("item"));
    }
    this.#leave();
    return array;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) {
      const place = `${this.#char()} at position ${this.#at}`;
      throw new SmartRefusal(`Malicious payload, having non natural depths, parsing stoped on ${place}.`);
    }
    this.#at++;
  }

  #leave(): void {
    this.#at++;
    this.#depth--;
  }

  #string(): string {
    const quote = this.#char();
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) this.#refuseEnd(this.#text.length);
    const plain = this.#text.slice(this.#at + 1, end);
    if (!plain.includes("\\")) {
      this.#at = end + 1;
      return plain;
    }
    return this.#escapedString(quote);
  }

  /** Control characters are left out, and so are escapes that mean nothing. */
  #escapedString(quote: string): string {
    let result = "";
    for (this.#at++; this.#char() !== quote; this.#at++) {
      const char = this.#char();
      if (char === END) this.#refuseEnd(this.#text.length - 1);
      if (char === "\\") result += this.#escape();
      else if (char >= " " && char !== "\x7f") result += char;
    }
    this.#at++;
    return result;
  }

  /** From the backslash to the last character of the escape. */
  #escape(): string {
    const letter = this.#text.charAt(++this.#at);
    const length = letter === "u" ? 4 : letter === "x" ? 2 : 0;
    if (length === 0) return ESCAPES[letter] ?? "";
    const digits = this.#text.slice(this.#at + 1, this.#at + 1 + length);
    const wrong = /[^0-9A-Fa-f]/.exec(digits);
    if (wrong) throw new SmartRefusal(`Unexpected unicode escape sequence ${wrong[0]} at position ${this.#at + 1 + wrong.index}.`);
    if (digits.length < length) this.#refuseEnd(this.#text.length);
    this.#at += length;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  /** A number, or a string that begins like one. */
  #number(stop: Stop): JsonValue {
    NUMBER.lastIndex = this.#at;
    const [text = "", fraction, exponent] = NUMBER.exec(this.#text) ?? [];
    const start = this.#at;
    this.#at += text.length;
    const cut = exponent === undefined && /[eE]/.test(this.#char());
    if (!cut) this.#skipSpace();
    // The table of characters that end a value has no entry for what follows `}`: `1~` and `1가` are a number and more.
    if (cut || (this.#char() < "~" && !STOPS[stop].includes(this.#char()))) {
      this.#skipTo(stop);
      return trimSpace(this.#text.slice(start, this.#at));
    }
    if (fraction === undefined && exponent === undefined) return integerOf(text);
    if (!/\d/.test(text) || /[eE][+-]?$/.test(text)) throw new SmartRefusal(`Unexpected token ${text} at position ${this.#at}.`);
    return fractionOf(text);
  }

  #unquoted(stop: Stop): string {
    const start = this.#at;
    this.#skipTo(stop);
    return trimSpace(this.#text.slice(start, this.#at));
  }

  #skipTo(stop: Stop): void {
    while (!STOPS[stop].includes(this.#char())) this.#at++;
  }

  #skipSpace(): void {
    while (this.#char() <= " " && this.#char() !== END) this.#at++;
  }

  #refuseCharacter(position = this.#at): never {
    if (this.#at >= this.#text.length) this.#refuseEnd(this.#text.length - 1);
    throw new SmartRefusal(`Unexpected character (${this.#char()}) at position ${position}.`);
  }

  #refuseEnd(position: number, token = "null"): never {
    throw new SmartRefusal(`Unexpected End Of File position ${position}: ${token}`);
  }
}

const NUMBER = /[-\d]\d*(\.\d*)?([eE][+-]?\d+|[eE][+-])?/y;
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

function isBlank(char: string): boolean {
  return char === " " || char === "\n" || char === "\r" || char === "\t";
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}

function wordOf(word: string): JsonValue {
  switch (word) {
    case "null":
      return null;
    case "true":
      return true;
    case "false":
      return false;
    case "NaN":
      return Number.NaN;
    default:
      return word;
  }
}

/** Leading zeros mean nothing, `-0` is 0 and a lone `-` too. */
function integerOf(text: string): JsonValue {
  const digits = text.replace(/^-?0*/, "");
  return numberOf(digits === "" ? "0" : text.startsWith("-") ? `-${digits}` : digits);
}

/** `1.`, `-.5` and `007.5` as JSON writes them. */
function fractionOf(text: string): JsonValue {
  return numberOf(
    text
      .replace(/\.(?!\d)/, ".0")
      .replace(/^(-?)0*(?=\d)/, "$1")
      .replace(/^(-?)\./, "$10."),
  );
}

/** What Java's Character.isWhitespace takes, off both ends; one character stays. */
function trimSpace(text: string): string {
  const trimmed = text.replace(/^[\s\x1c-\x1f]+|[\s\x1c-\x1f]+$/g, "");
  return trimmed === "" ? text.slice(0, 1) : trimmed;
}
