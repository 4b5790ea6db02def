import { JsonPathSyntaxError } from "./json-path-error.ts";
import type { Parameter, PathStep, PathTree } from "./json-path-tree.ts";
import { parseJsonPathFilter } from "./parse-json-path-filter.ts";
import { PathText, unescapePath } from "./path-text.ts";

/** Longer expressions, and deeper ones, are refused. */
const MAX_LENGTH = 20_000;
const MAX_DEPTH = 50;

/**
 * Reads a path as Jayway's JsonPath does, its leniency included: a path without `$` begins at the document, a name may hold nearly
 * anything up to the next `.`, `[` or `(`. Throws JsonPathSyntaxError.
 */
export function parseJsonPath(expression: string, depth = 0): PathTree {
  if (expression.length > MAX_LENGTH)
    throw new JsonPathSyntaxError(`a path may have ${MAX_LENGTH} characters, this has ${expression.length}`);
  if (depth > MAX_DEPTH) throw new JsonPathSyntaxError(`paths are nested more than ${MAX_DEPTH} deep`);
  const rooted = expression.startsWith("$") || expression.startsWith("@") ? expression : `$.${expression}`;
  const text = new PathText(rooted);
  if (text.charAt(text.end - 1) === ".") throw new JsonPathSyntaxError(`a path must not end with '.': ${expression}`);
  return invertScan(new PathParser(text, depth).parse());
}

/** `$..x.sum()` asks for the sum of all `x`, not for that of each. */
function invertScan(path: PathTree): PathTree {
  const last = path.steps.at(-1);
  if (last?.kind !== "function" || path.steps[0]?.kind !== "scan") return path;
  const firstFunction = path.steps.findIndex((step) => step.kind === "function");
  const called = path.steps[firstFunction];
  if (called?.kind !== "function") return path;
  const argument: PathTree = { root: path.root, steps: path.steps.slice(0, firstFunction) };
  return {
    root: path.root,
    steps: [{ ...called, parameters: [{ kind: "path", path: argument }] }, ...path.steps.slice(firstFunction + 1)],
  };
}

class PathParser {
  readonly #text: PathText;
  readonly #depth: number;
  readonly #steps: PathStep[] = [];

  constructor(text: PathText, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  parse(): PathTree {
    const text = this.#text;
    while (/[ \t\n\r]/.test(text.char())) text.at++;
    const root = text.char();
    if (root !== "$" && root !== "@") this.#fail("a path starts with '$' or '@'");
    text.at++;
    if (text.isDone) return { root, steps: [] };
    if (text.char() !== "." && text.char() !== "[") this.#fail("expected '.' or '['");
    this.#step();
    // A single character that is left over means nothing to Jayway: `$.a[` is `$.a`.
    while (text.at < text.end - 1) this.#step();
    return { root, steps: this.#steps };
  }

  #step(): void {
    const text = this.#text;
    switch (text.char()) {
      case "[":
        this.#bracket();
        break;
      case ".":
        this.#dot();
        break;
      case "*":
        text.at++;
        this.#steps.push({ kind: "wildcard" });
        return;
      default:
        this.#nameOrFunction();
        break;
    }
  }

  #dot(): void {
    const text = this.#text;
    text.at++;
    if (text.char() === ".") {
      text.at++;
      this.#steps.push({ kind: "scan" });
    }
    if (text.isDone) this.#fail("a path must not end with '.'");
    if (text.char() === ".") this.#fail("unexpected '.'");
    this.#step();
  }

  #nameOrFunction(): void {
    const text = this.#text;
    const start = text.at;
    if (text.char() === " ") this.#fail("unexpected space");
    while (!text.isDone && !".[(".includes(text.char())) {
      if (text.char() === " ") this.#fail("a name with spaces stands in brackets and quotes");
      text.at++;
    }
    const name = text.text.slice(start, text.at);
    if (text.char() !== "(" || text.isDone) {
      this.#steps.push({ kind: "property", names: [name] });
      return;
    }
    this.#steps.push({ kind: "function", name, parameters: this.#parameters(name) });
  }

  /** From the opening bracket to behind the closing one. */
  #parameters(name: string): Parameter[] {
    const text = this.#text;
    if (!this.#closesParenthesis(text.at)) this.#fail(`the arguments of ${name} are not closed`);
    if (text.charAt(text.at + 1) === ")") {
      // Jayway stays on the bracket, and reads it as part of a name if the path goes on.
      text.at++;
      return [];
    }
    text.at++;
    return this.#argumentList(name);
  }

  #closesParenthesis(index: number): boolean {
    let depth = 0;
    for (let i = index; i < this.#text.end; i++) {
      if (this.#text.charAt(i) === "(") depth++;
      if (this.#text.charAt(i) === ")" && --depth === 0) return true;
    }
    return false;
  }

  /** Arguments up to the bracket that closes the call: `$` or `@` begins a path, `{ " - 0-9` begin JSON, anything else is skipped. */
  #argumentList(name: string): Parameter[] {
    const text = this.#text;
    const parameters: Parameter[] = [];
    const open = { parentheses: 1, braces: 0, brackets: 0, quotes: 0 };
    let kind: Parameter["kind"] | undefined;
    let argument = "";
    let before = "";
    let done = false;
    while (!text.isDone && !done) {
      const char = text.char();
      text.at++;
      if (kind === undefined) {
        if (/[ \t\n\r]/.test(char)) continue;
        if (/[{\d"-]/.test(char)) kind = "json";
        else if (char === "$" || char === "@") kind = "path";
      }
      if (char === '"') open.quotes += before !== "\\" && open.quotes > 0 ? -1 : 1;
      else if (char === "(") open.parentheses++;
      else if (char === "{") open.braces++;
      else if (char === "[") open.brackets++;
      else if (char === "}" && --open.braces < 0) this.#fail("unexpected '}'");
      else if (char === "]" && --open.brackets < 0) this.#fail("unexpected ']'");
      else if (char === ")") {
        open.parentheses--;
        if (before === "(") argument += char;
      }
      const outside = open.quotes === 0 && open.braces === 0 && open.brackets === 0;
      if (outside && ((char === ")" && open.parentheses <= 1) || (char === "," && open.parentheses === 1))) {
        done = open.parentheses === 0;
        if (kind) parameters.push(this.#parameter(kind, argument));
        if (kind) argument = "";
        kind = undefined;
      }
      if (kind !== undefined && !(char === "," && open.braces === 0 && open.brackets === 0 && open.parentheses === 1)) argument += char;
      before = char;
    }
    if (open.braces !== 0 || open.parentheses !== 0 || open.brackets !== 0) this.#fail(`the arguments of ${name} are not closed`);
    return parameters;
  }

  #parameter(kind: Parameter["kind"], argument: string): Parameter {
    if (kind === "json") return { kind, text: argument };
    return { kind, path: new PathParser(new PathText(argument, argument.length), this.#depth + 1).parse() };
  }

  #bracket(): void {
    const text = this.#text;
    const next = text.charAt(text.nextAfter(text.at));
    if (next === "'" || next === '"') this.#quotedNames(next);
    else if (next === "*") this.#bracketedWildcard();
    else if (next === "?") this.#filter();
    else if (!/[\d:-]/.test(next) || !this.#indexesOrSlice()) this.#fail("expected a quoted name, an index, '*' or '?' in brackets");
  }

  /** `['a', 'b']`: the first quote is the one for all. */
  #quotedNames(quote: "'" | '"'): void {
    const text = this.#text;
    const names: string[] = [];
    let start = -1;
    let end = 0;
    let afterComma = false;
    let i = text.at + 1;
    for (; i < text.end; i++) {
      const char = text.charAt(i);
      if (char === "\\") {
        i++;
      } else if (char === "]" && start < 0) {
        if (afterComma) this.#fail("an empty name in brackets");
        break;
      } else if (char === quote && start >= 0) {
        const next = text.charAt(text.nextAfter(i));
        if (next !== "]" && next !== ",") this.#fail("a quoted name ends with ',' or ']'");
        names.push(unescapePath(text.text.slice(start, i)));
        end = i;
        start = -1;
      } else if (char === quote) {
        start = i + 1;
        afterComma = false;
      } else if (char === "," && start < 0) {
        if (afterComma) this.#fail("an empty name in brackets");
        afterComma = true;
      }
    }
    if (start >= 0) this.#fail(`no closing ${quote}`);
    const close = text.nextAfter(end);
    if (names.length === 0 || text.charAt(close) !== "]") this.#fail("no closing ']'");
    text.at = close + 1;
    this.#steps.push({ kind: "property", names, ...(quote === '"' && { quote }) });
  }

  #indexesOrSlice(): boolean {
    const text = this.#text;
    const close = text.text.indexOf("]", text.at + 1);
    if (close < 0 || close >= text.end) return false;
    const inside = text.text.slice(text.at + 1, close).trim();
    if (!/^[\d,: -]*$/.test(inside)) return false;
    this.#steps.push(
      inside.includes(":") ? this.#slice(inside) : { kind: "index", indexes: inside.split(/\s*,\s*/).map((each) => this.#integer(each)) },
    );
    text.at = close + 1;
    return true;
  }

  #slice(inside: string): PathStep {
    const [from = "", to = ""] = inside.split(":");
    if (/[, ]/.test(inside) || (from === "" && to === "")) this.#fail(`not a slice: ${inside}`);
    return { kind: "slice", from: from === "" ? undefined : this.#integer(from), to: to === "" ? undefined : this.#integer(to) };
  }

  #integer(text: string): number {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value > 0x7fffffff || value < -0x80000000) this.#fail(`not an index: ${text}`);
    return value;
  }

  #bracketedWildcard(): void {
    const text = this.#text;
    const close = text.nextAfter(text.nextAfter(text.at));
    if (text.charAt(close) !== "]") this.#fail("expected ']' after '[*'");
    text.at = close + 1;
    this.#steps.push({ kind: "wildcard" });
  }

  #filter(): void {
    const text = this.#text;
    const open = text.nextAfter(text.nextAfter(text.at));
    const close = text.charAt(open) === "(" ? text.closing(open, ")", true) : -1;
    const end = close < 0 ? -1 : text.nextAfter(close);
    if (end < 0 || text.charAt(end) !== "]") this.#fail("expected a filter: [?(...)]");
    const filter = parseJsonPathFilter(text.text.slice(open, close + 1), this.#depth + 1, (path) => parseJsonPath(path, this.#depth + 1));
    this.#steps.push({ kind: "filter", filter });
    text.at = end + 1;
  }

  #fail(reason: string): never {
    throw new JsonPathSyntaxError(`${reason}, at position ${this.#text.at} of ${this.#text.text}`);
  }
}
