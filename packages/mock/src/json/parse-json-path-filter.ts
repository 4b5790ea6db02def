import { checkRegex, compileRegex } from "../regex/safe-regex.ts";
import { JsonPathSyntaxError } from "./json-path-error.ts";
import { type Filter, OPERATORS, type Operand, type Operator, type PathTree } from "./json-path-tree.ts";
import { parseSmartJson } from "./parse-smart-json.ts";
import { PathText, unescapePath } from "./path-text.ts";

/** Brackets and negations may be nested so deep. */
const MAX_DEPTH = 50;

type ParsePath = (path: string) => PathTree;

/**
 * Reads the filter `(...)` of `[?(...)]`: `||` of `&&` of relations, existence checks, `!` and brackets. Word operators stand between
 * spaces. Throws JsonPathSyntaxError.
 */
export function parseJsonPathFilter(source: string, depth: number, parsePath: ParsePath): Filter {
  const parser = new FilterParser(new PathText(source), depth, parsePath);
  const filter = parser.either();
  parser.expectEnd();
  return filter;
}

class FilterParser {
  readonly #text: PathText;
  readonly #parsePath: ParsePath;
  #depth: number;

  constructor(text: PathText, depth: number, parsePath: ParsePath) {
    this.#text = text;
    this.#depth = depth;
    this.#parsePath = parsePath;
  }

  expectEnd(): void {
    this.#text.skipSpaces();
    if (!this.#text.isDone) this.#fail(`unexpected '${this.#text.text.slice(this.#text.at)}'`);
  }

  either(): Filter {
    if (++this.#depth > MAX_DEPTH) this.#fail(`filters are nested more than ${MAX_DEPTH} deep`);
    const operands = [this.#both()];
    while (this.#text.take("||")) operands.push(this.#both());
    this.#depth--;
    return operands.length === 1 && operands[0] ? operands[0] : { kind: "or", operands };
  }

  #both(): Filter {
    const operands = [this.#operand()];
    while (this.#text.take("&&")) operands.push(this.#operand());
    return operands.length === 1 && operands[0] ? operands[0] : { kind: "and", operands };
  }

  #operand(): Filter {
    const text = this.#text;
    text.skipSpaces();
    if (text.char() === "!") {
      const next = text.charAt(text.nextAfter(text.at));
      if (next !== "$" && next !== "@") {
        text.at++;
        if (++this.#depth > MAX_DEPTH) this.#fail(`filters are nested more than ${MAX_DEPTH} deep`);
        return { kind: "not", operand: this.#operand() };
      }
    }
    if (!text.take("(")) return this.#relation();
    const filter = this.either();
    if (!text.take(")")) this.#fail("expected ')'");
    return filter;
  }

  /** A relation; a path alone asks whether it exists. */
  #relation(): Filter {
    const text = this.#text;
    text.skipSpaces();
    const negated = text.char() === "!";
    const left = this.#value();
    const start = text.at;
    try {
      const operator = this.#operator();
      return { kind: "relation", left, operator, right: this.#value() };
    } catch (error) {
      if (!(error instanceof JsonPathSyntaxError) || error instanceof FinalSyntaxError) throw error;
      text.at = start;
    }
    if (left.kind !== "path") this.#fail("expected a relation");
    return { kind: "exists", path: left.path, wanted: !negated };
  }

  #operator(): Operator {
    const text = this.#text;
    text.skipSpaces();
    const start = text.at;
    const isSign = /[<>=~!]/.test(text.char());
    while (!text.isDone && (isSign ? /[<>=~!]/.test(text.char()) : text.char() !== " ")) text.at++;
    const written = text.text.slice(start, text.at).toUpperCase();
    return OPERATORS.find((operator) => operator === written) ?? this.#fail(`no operator: ${written}`);
  }

  #value(): Operand {
    const text = this.#text;
    text.skipSpaces();
    if (text.char() === "!") {
      text.at++;
      text.skipSpaces();
      if (text.char() !== "$" && text.char() !== "@") this.#fail("unexpected '!'");
    }
    switch (text.char()) {
      case "$":
      case "@":
        return this.#path();
      case "'":
      case '"':
        return this.#string(text.char());
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      case "{":
        return this.#json("}");
      case "[":
        return this.#json("]");
      case "/":
        return this.#pattern();
      default:
        return this.#number();
    }
  }

  /** Up to an operator sign, a space, or a bracket that is not one of a call without arguments. */
  #path(): Operand {
    const text = this.#text;
    const start = text.at++;
    while (!text.isDone) {
      if (text.char() === "[") {
        const close = text.closing(text.at, "]", false);
        if (close < 0) this.#fail("no closing ']'");
        text.at = close + 1;
      }
      const ends = text.char() === ")" && !this.#closesCall(start);
      if (text.isDone || ends || /[<>=~! ]/.test(text.char())) break;
      text.at++;
    }
    return { kind: "path", path: this.#parsePath(text.text.slice(start, text.at)) };
  }

  #closesCall(start: number): boolean {
    const text = this.#text;
    let open = text.at - 1;
    while (text.charAt(open) === " ") open--;
    return text.charAt(open) === "(" && text.text.slice(start + 1, open).includes(".");
  }

  #string(quote: string): Operand {
    const text = this.#text;
    const end = text.unescaped(quote, text.at);
    if (end < 0) this.#fail(`no closing ${quote}`);
    const value = unescapePath(text.text.slice(text.at + 1, end));
    text.at = end + 1;
    return { kind: "literal", value };
  }

  #word(word: string, value: boolean | null): Operand {
    const text = this.#text;
    if (text.text.slice(text.at, text.at + word.length) !== word || text.at + word.length > text.end) this.#fail(`expected ${word}`);
    text.at += word.length;
    return { kind: "literal", value };
  }

  #json(close: string): Operand {
    const text = this.#text;
    const start = text.at;
    const end = text.closing(start, close, false);
    if (end < 0) this.#fail(`no closing '${close}'`);
    text.at = end + 1;
    const json = text.text.slice(start, text.at);
    const parsed = parseSmartJson(json);
    return { kind: "json", text: json, value: parsed.ok ? parsed.value : undefined };
  }

  #pattern(): Operand {
    const text = this.#text;
    const start = text.at;
    const end = text.unescaped("/", start);
    if (end < 0) this.#fail("no closing '/'");
    text.at = end + 1;
    while (!text.isDone && /[dixmsuU]/.test(text.char())) text.at++;
    const flags = text.text.slice(end + 1, text.at);
    const source = (flags === "" ? "" : `(?${flags})`) + text.text.slice(start + 1, end);
    const problem = checkRegex(source);
    if (problem !== undefined) throw new FinalSyntaxError(`not a regular expression: ${problem}`);
    return { kind: "regex", regex: compileRegex(source) };
  }

  #number(): Operand {
    const text = this.#text;
    const start = text.at;
    while (!text.isDone && /[\d.eE-]/.test(text.char())) text.at++;
    const written = text.text.slice(start, text.at);
    if (!/^-?(?:\d+\.?\d*|\.\d+)(?:[eE]-?\d+)?$/.test(written))
      throw new FinalSyntaxError(`expected a value at position ${start} of ${text.text}`);
    return { kind: "number", text: written };
  }

  #fail(reason: string): never {
    throw new JsonPathSyntaxError(`${reason}, at position ${this.#text.at} of ${this.#text.text}`);
  }
}

/** What Jayway does not take for the end of an existence check. */
class FinalSyntaxError extends JsonPathSyntaxError {}
