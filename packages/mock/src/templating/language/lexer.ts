import { endOfName, endOfNumber, endOfRest, endOfString } from "./name-scanner.ts";
import { TemplateError, templateName } from "./template-error.ts";
import type { Token, TokenKind } from "./token.ts";

/**
 * Cuts a template into tokens, on demand, by the rules of Handlebars.java's lexer. Two modes: between tags, where the longest text
 * up to the next opener is one token, and inside a tag, where the longest token wins and earlier kinds win ties. `{{=<% %>=}}`
 * changes the delimiters for what follows.
 */
export class Lexer {
  readonly source: string;
  /** Some tag has a `~`. Only then is anything trimmed. */
  trims = false;
  #at = 0;
  #line = 1;
  #column = 0;
  #insideTag = false;
  #start = "{{";
  #end = "}}";

  constructor(source: string) {
    this.source = source;
  }

  next(): Token {
    if (this.#insideTag) this.#skipSpace();
    if (this.#at >= this.source.length) return this.#token("end", 0, "<EOF>");
    return this.#insideTag ? this.#tagToken() : this.#textToken();
  }

  #textToken(): Token {
    const escaped = this.#escape();
    if (escaped) return escaped;
    const text = this.#text();
    if (text) return text;
    const comment = this.#comment();
    if (comment) return comment;
    for (const [kind, sign] of OPENERS) {
      const length = this.#openerLength(sign);
      if (length === 0) continue;
      if (kind === "delimiters") return this.#delimiters(length);
      this.#insideTag = true;
      return this.#token(kind, length);
    }
    throw this.#unknown();
  }

  /**
   * `\{{x}}` is the text `{{x}}`. Handlebars.java's token goes on to the next tag, so that nothing after it is trimmed, and its place
   * counts from the last brace.
   */
  #escape(): Token | undefined {
    if (!this.#ahead(`\\${this.#start}`)) return undefined;
    const from = this.#at + this.#start.length;
    const close = this.source.indexOf(this.#end, from);
    const open = this.source.indexOf(this.#start, from);
    if (open >= 0 && (close < 0 || open < close)) return undefined;
    const brace = close < 0 ? this.source.length : close + this.#end.length - 1;
    const to = Math.max(brace, this.#endOfText(brace));
    const token = this.#tokenAt("escape", this.source.slice(this.#at, to));
    this.#at = brace;
    this.#advance(to - brace);
    return token;
  }

  #text(): Token | undefined {
    const to = this.#endOfText(this.#at);
    return to > this.#at ? this.#token("text", to - this.#at) : undefined;
  }

  /** Where the next tag begins, or the backslash before it. */
  #endOfText(from: number): number {
    const to = this.source.indexOf(this.#start, from);
    if (to < 0) return this.source.length;
    return to > from && this.source[to - 1] === "\\" ? to - 1 : to;
  }

  #comment(): Token | undefined {
    const closing = this.#ahead(`${this.#start}!--`) ? `--${this.#end}` : this.#ahead(`${this.#start}!`) ? this.#end : undefined;
    if (closing === undefined) return undefined;
    const close = this.source.indexOf(closing, this.#at);
    return this.#block("comment", close < 0 ? this.source.length : close + closing.length);
  }

  #openerLength(sign: string): number {
    const { source } = this;
    if (sign === "" && this.#ahead(`${this.#start}~`)) {
      this.trims = true;
      return this.#start.length + 1;
    }
    if (source.startsWith(this.#start + sign, this.#at)) return this.#start.length + sign.length;
    if (!source.startsWith(`${this.#start}~${sign}`, this.#at)) return 0;
    this.trims = true;
    return this.#start.length + 1 + sign.length;
  }

  #delimiters(openerLength: number): Token {
    const from = this.#at + openerLength;
    const close = this.source.indexOf(`=${this.#end}`, from);
    const [start, end, more] = close < 0 ? [] : this.source.slice(from, close).trim().split(/\s+/);
    if (!start || !end || more !== undefined) throw this.#unknown();
    const token = this.#block("delimiters", close + 1 + this.#end.length);
    this.#start = start;
    this.#end = end;
    return token;
  }

  #tagToken(): Token {
    for (const [kind, before] of CLOSERS) {
      const length = this.#closerLength(before);
      if (length === 0) continue;
      this.#insideTag = false;
      return this.#token(kind, length);
    }
    const { source } = this;
    const at = this.#at;
    let kind: TokenKind | undefined;
    let length = 0;
    const offer = (offered: TokenKind, end: number) => {
      if (end - at > length) {
        kind = offered;
        length = end - at;
      }
    };
    const sign = SIGNS.get(source[at] ?? "");
    if (sign) offer(sign, at + 1);
    if (source.startsWith("as", at)) offer("as", at + 2);
    offer("string", endOfString(source, at));
    offer("number", endOfNumber(source, at));
    for (const word of ["true", "false"]) if (source.startsWith(word, at)) offer("boolean", at + word.length);
    if (source.startsWith("else", at)) offer("else", at + 4);
    offer("name", endOfName(source, at));
    offer("rest", endOfRest(source, at));
    if (kind === undefined) throw this.#unknown();
    return this.#token(kind, length);
  }

  #closerLength(before: string): number {
    if (this.#ahead(before + this.#end)) return before.length + this.#end.length;
    if (!this.#ahead(`${before}~${this.#end}`)) return 0;
    this.trims = true;
    return before.length + 1 + this.#end.length;
  }

  #skipSpace(): void {
    while (/[ \t\r\n]/.test(this.source[this.#at] ?? "")) this.#advance(1);
  }

  #ahead(text: string): boolean {
    return this.source.startsWith(text, this.#at);
  }

  #token(kind: TokenKind, length: number, text = this.source.slice(this.#at, this.#at + length)): Token {
    const token = this.#tokenAt(kind, text);
    this.#advance(length);
    return token;
  }

  /** A token whose line ends do not count: Handlebars.java takes a comment for one line. */
  #block(kind: TokenKind, to: number): Token {
    const token = this.#tokenAt(kind, this.source.slice(this.#at, to));
    this.#column += to - this.#at;
    this.#at = to;
    return token;
  }

  #tokenAt(kind: TokenKind, text: string): Token {
    return { kind, text, line: this.#line, column: this.#column, offset: this.#at, start: this.#start };
  }

  #advance(length: number): void {
    const to = this.#at + length;
    for (let line = this.source.indexOf("\n", this.#at); line >= 0 && line < to; line = this.source.indexOf("\n", line + 1)) {
      this.#line += 1;
      this.#column = 0;
      this.#at = line + 1;
    }
    this.#column += to - this.#at;
    this.#at = to;
  }

  #unknown(): TemplateError {
    const place = { line: this.#line, column: this.#column };
    const char = this.source[this.#at] ?? "<EOF>";
    // A quote or bracket that is never closed was read to the end.
    const text = char === '"' || char === "[" ? this.source.slice(this.#at) : char;
    return syntaxError(this.source, place, `found: '${text.replace(/[\n\r\t]/g, (space) => JSON.stringify(space).slice(1, -1))}'`);
  }
}

/** Longer signs first. */
const OPENERS: readonly (readonly [TokenKind, string])[] = [
  ["openAmp", "&"],
  ["openRawClose", "{{/"],
  ["openRaw", "{{"],
  ["openTriple", "{"],
  ["openInverse", "^"],
  ["openPartialBlock", "#>"],
  ["openBlock", "#"],
  ["delimiters", "="],
  ["openPartial", ">"],
  ["openClose", "/"],
  ["open", ""],
];

const CLOSERS: readonly (readonly [TokenKind, string])[] = [
  ["closeRaw", "}}"],
  ["closeTriple", "}"],
  ["close", ""],
];

const SIGNS: ReadonlyMap<string, TokenKind> = new Map([
  ["*", "decorator"],
  ["|", "pipe"],
  ["=", "equals"],
  ["(", "openParen"],
  [")", "closeParen"],
]);

export function syntaxError(source: string, place: { readonly line: number; readonly column: number }, reason: string): TemplateError {
  const column = Math.max(1, place.column);
  const line = source.split("\n")[place.line - 1] ?? "";
  const message = `${templateName(source)}:${place.line}:${column}: ${reason}\n${line}\n${" ".repeat(column)}^`;
  return new TemplateError({ message, phase: "compile" });
}
