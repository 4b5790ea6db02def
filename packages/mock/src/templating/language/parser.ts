import { JavaDouble } from "../values/java-double.ts";
import { stripEnd, stripStart } from "./java-space.ts";
import { Lexer, syntaxError } from "./lexer.ts";
import { compilePath } from "./path.ts";
import { TemplateError, templateName } from "./template-error.ts";
import type { Argument, BlockNode, Call, CompiledTemplate, PartialNode, TemplateNode } from "./template-node.ts";
import type { Token } from "./token.ts";
import { TokenStream } from "./token-stream.ts";

/**
 * Parses a template by the grammar of Handlebars.java (HbsParser.g4), recursive descent. What Handlebars.java checks only after
 * parsing (names of helpers, names of closing tags) is collected and checked at the end, so that the first complaint is the same.
 * Trimming works on text nodes in place: `{{~` on the text token right before it, `~}}` on the one right after.
 */
export function parseTemplate(source: string, isHelper: (name: string) => boolean): CompiledTemplate {
  return new Parser(source, isHelper).parse();
}

/** Blocks and sub-expressions within each other. */
const MAX_DEPTH = 100;
const MAX_NODES = 200_000;

interface MutableText {
  readonly kind: "text";
  text: string;
}

class Parser {
  readonly #source: string;
  readonly #isHelper: (name: string) => boolean;
  readonly #lexer: Lexer;
  readonly #tokens: TokenStream;
  readonly #checks: (() => void)[] = [];
  readonly #commentTrims: { readonly node: MutableText; readonly strip: (text: string) => string }[] = [];
  /** Names of the enclosing blocks, and their first arguments: variables within `{{#with x}}` that begin with `x` mean `this.x`. */
  readonly #blockNames: string[] = [];
  readonly #firstParams: string[] = [];
  #textBefore: MutableText | undefined;
  #trimNext = false;
  #afterTildeComment = false;
  #depth = 0;
  #nodes = 0;

  constructor(source: string, isHelper: (name: string) => boolean) {
    this.#source = source;
    this.#isHelper = isHelper;
    this.#lexer = new Lexer(source);
    this.#tokens = new TokenStream(this.#lexer);
  }

  parse(): CompiledTemplate {
    const nodes = this.#body();
    if (this.#tokens.peek().kind !== "end") throw this.#tokens.unexpected(this.#tokens.peek(), "<EOF>");
    if (this.#lexer.trims) for (const { node, strip } of this.#commentTrims) node.text = strip(node.text);
    for (const check of this.#checks) check();
    return { name: templateName(this.#source), nodes };
  }

  /** Statements up to the first token that begins none. */
  #body(): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const token = this.#tokens.peek();
      if (this.#nodes++ > MAX_NODES) throw syntaxError(this.#source, token, `a template of more than ${MAX_NODES} tags`);
      switch (token.kind) {
        case "text":
          nodes.push(this.#text());
          break;
        case "escape":
          this.#takePlain();
          nodes.push({ kind: "text", text: token.text.slice(1) });
          break;
        case "comment":
          this.#comment();
          break;
        case "delimiters":
          this.#trimBefore(token);
          this.#takePlain();
          this.#trimAfter(token);
          break;
        case "open":
          if (!this.#beginsVariable()) return nodes;
          nodes.push(...this.#variable());
          break;
        case "openAmp":
          nodes.push(this.#simpleVariable("close", "}}"));
          break;
        case "openTriple":
          nodes.push(this.#simpleVariable("closeTriple", "}}}"));
          break;
        case "openBlock":
          nodes.push(...this.#nested(() => this.#block()));
          break;
        case "openInverse":
          if (this.#tokens.peek(1).kind === "close") return nodes;
          nodes.push(...this.#nested(() => this.#inverseBlock()));
          break;
        case "openRaw":
          nodes.push(...this.#nested(() => this.#rawBlock()));
          break;
        case "openPartial":
          nodes.push(this.#partial());
          break;
        case "openPartialBlock":
          nodes.push(...this.#nested(() => this.#partialBlock()));
          break;
        default:
          return nodes;
      }
    }
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw syntaxError(this.#source, this.#tokens.peek(), `nested deeper than ${MAX_DEPTH}`);
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #text(): MutableText {
    const { text } = this.#tokens.take();
    const node: MutableText = { kind: "text", text: this.#trimNext ? stripStart(text) : text };
    if (this.#afterTildeComment) this.#commentTrims.push({ node: node, strip: stripStart });
    this.#trimNext = false;
    this.#afterTildeComment = false;
    this.#textBefore = node;
    return node;
  }

  /** A token between tags that is no text. */
  #takePlain(): Token {
    this.#textBefore = undefined;
    this.#trimNext = false;
    this.#afterTildeComment = false;
    return this.#tokens.take();
  }

  /** The first token of a tag, with what its `~` asks for. */
  #opened(): Token {
    this.#trimBefore(this.#tokens.peek());
    return this.#takePlain();
  }

  #closed(kind: "close" | "closeTriple", expected: string): Token {
    const token = this.#tokens.expect(kind, expected);
    this.#trimAfter(token);
    return token;
  }

  #trimBefore(token: Token): void {
    if (this.#textBefore && token.text.indexOf("~") > 0) this.#textBefore.text = stripEnd(this.#textBefore.text);
  }

  #trimAfter(token: Token): void {
    this.#trimNext = token.text.includes("~");
  }

  /** A comment with a `~` anywhere trims both sides, as long as some tag of the template trims. */
  #comment(): void {
    const before = this.#textBefore;
    const token = this.#takePlain();
    if (!token.text.includes("~")) return;
    if (before) this.#commentTrims.push({ node: before, strip: stripEnd });
    this.#afterTildeComment = true;
  }

  #beginsVariable(): boolean {
    const next = this.#tokens.peek(1);
    return next.kind === "name" || (next.kind === "decorator" && this.#tokens.peek(2).kind === "name");
  }

  #variable(): TemplateNode[] {
    this.#opened();
    const decorator = this.#tokens.takeIf("decorator");
    const call = this.#call("variable");
    this.#closed("close", "}}");
    if (!decorator) return [{ kind: "variable", call }];
    if (call.name !== "inline") {
      this.#checks.push(() => {
        throw syntaxError(this.#source, call, `could not find decorator: '${call.name}'`);
      });
    }
    return [];
  }

  #simpleVariable(kind: "close" | "closeTriple", expected: string): TemplateNode {
    this.#opened();
    const call = this.#call("variable");
    this.#closed(kind, expected);
    return { kind: "variable", call };
  }

  #block(): TemplateNode[] {
    const startDelimiter = this.#opened().text.slice(0, -1);
    const decorator = this.#tokens.takeIf("decorator");
    const slot = this.#checks.push(nothingToCheck) - 1;
    const call = this.#call(decorator ? "decorator" : "block");
    const blockParams = this.#blockParams();
    this.#closed("close", "}}");
    const finish = this.#enter(call);
    const block: MutableBlock = { kind: "block", call, inverted: false, blockParams, body: this.#body(), inverse: [] };
    this.#elseBlocks(block, startDelimiter);
    finish();
    this.#closing(slot, call.name, true);
    if (!decorator) return [block];
    if (call.name !== "inline") this.#checks.push(() => this.#noDecorator(call));
    return [{ kind: "inlinePartial", params: call.params, body: block.body, line: call.line, column: call.column }];
  }

  /** `{{else}}` replaces what an earlier one gave; `{{else if x}}` becomes the block that later ones belong to. */
  #elseBlocks(block: MutableBlock, startDelimiter: string): void {
    let root = block;
    for (;;) {
      const opener = this.#tokens.peek();
      const word = this.#tokens.peek(1);
      if (opener.kind === "openInverse" && word.kind === "close") {
        this.#checkInverseLabel(opener, startDelimiter);
        this.#opened();
      } else if (opener.kind === "open" && word.kind === "else") {
        this.#opened();
        this.#tokens.take();
      } else if (opener.kind === "open") {
        throw this.#tokens.unexpected(word, `no viable alternative at input '${opener.text}${word.text}'`);
      } else {
        return;
      }
      if (this.#tokens.peek().kind === "close") {
        this.#closed("close", "}}");
        root.inverse = this.#body();
        continue;
      }
      const call = this.#call("block");
      const blockParams = this.#blockParams();
      this.#closed("close", "}}");
      const chained: MutableBlock = { kind: "block", call, inverted: false, blockParams, body: this.#body(), inverse: [] };
      root.inverse = [chained];
      root = chained;
    }
  }

  /** Handlebars.java takes `{{^}}` for an else only when it is written with the same braces and `~` as the block's beginning. */
  #checkInverseLabel({ text }: Token, startDelimiter: string): void {
    const label = text.startsWith(startDelimiter) ? text.slice(startDelimiter.length) : text;
    if (label === "^") return;
    this.#checks.push(() => {
      const reason = `The inverseLabel must be one of '^' or 'else'. Found: ${label}`;
      throw new TemplateError({ message: `java.lang.IllegalArgumentException: ${reason}`, phase: "compile" });
    });
  }

  /** `{{^x}}…{{/x}}`. Handlebars.java drops its arguments. */
  #noDecorator({ line, column }: Call): never {
    const base = "wiremock.com.github.jknack.handlebars";
    const reason = `Cannot invoke "${base}.Decorator.apply(${base}.Template, ${base}.Options)" because "this.decorator" is null`;
    const message = `${templateName(this.#source)}:${line}:${column}: java.lang.NullPointerException: ${reason}`;
    throw new TemplateError({ message, phase: "render" });
  }

  #inverseBlock(): TemplateNode[] {
    const opener = this.#opened();
    const slot = this.#checks.push(nothingToCheck) - 1;
    const call = this.#call("unchecked");
    const blockParams = this.#blockParams();
    this.#closed("close", "}}");
    this.#blockNames.push(call.name);
    const body = this.#body();
    // It has no else: with one, it is not taken for a block to begin with.
    if (this.#tokens.peek(1).kind === "else") throw this.#tokens.unexpected(opener, this.#depth > 1 ? `${opener.start}/` : "<EOF>");
    this.#closing(slot, call.name, false);
    return [{ kind: "block", call: { ...call, params: [], hash: new Map() }, inverted: true, blockParams, body, inverse: [] }];
  }

  /** What stands between `{{{{name}}}}` and its end is text. */
  #rawBlock(): TemplateNode[] {
    this.#takePlain();
    const slot = this.#checks.push(nothingToCheck) - 1;
    const call = this.#call("block");
    const open = this.#tokens.expect("closeRaw", "}}}}");
    const finish = this.#enter(call);
    const from = open.offset + open.text.length;
    this.#body();
    finish();
    const end = this.#tokens.expect("openRawClose", "{{{{/");
    const name = this.#tokens.expect("name", "id");
    this.#tokens.expect("closeRaw", "}}}}");
    this.#checkName(slot, name, call.name);
    const body: TemplateNode[] = [{ kind: "text", text: this.#source.slice(from, end.offset) }];
    return [{ kind: "block", call, inverted: false, blockParams: [], body, inverse: [] }];
  }

  #enter(call: Call): () => void {
    this.#blockNames.push(call.name);
    const [first] = call.params;
    if (first) this.#firstParams.push(first.kind === "path" ? first.path.text : "");
    return () => {
      this.#blockNames.pop();
      if (first) this.#firstParams.pop();
    };
  }

  #closing(slot: number, name: string, trims: boolean): void {
    const opener = this.#tokens.peek();
    if (opener.kind !== "openClose") throw this.#tokens.unexpected(opener, `${opener.start}/`);
    if (trims) this.#opened();
    else this.#takePlain();
    const end = this.#tokens.expect("name", "id");
    const close = this.#tokens.expect("close", "}}");
    if (trims) this.#trimAfter(close);
    this.#checkName(slot, end, name);
  }

  #checkName(slot: number, end: Token, name: string): void {
    if (end.text === name) return;
    this.#checks[slot] = () => {
      throw syntaxError(this.#source, end, `found: '${end.text}', expected: '${name}'`);
    };
  }

  #blockParams(): string[] {
    if (!this.#tokens.takeIf("as")) return [];
    this.#tokens.expect("pipe", "|");
    const names = [this.#tokens.expect("name", "id").text];
    while (this.#tokens.peek().kind === "name") names.push(this.#tokens.take().text);
    this.#tokens.expect("pipe", "|");
    return names;
  }

  #partial(): TemplateNode {
    this.#opened();
    const partial = this.#partialHead();
    this.#closed("close", "}}");
    return { ...partial, block: undefined };
  }

  #partialBlock(): TemplateNode[] {
    this.#takePlain();
    const partial = this.#partialHead();
    this.#tokens.expect("close", "}}");
    const block = this.#body();
    const opener = this.#tokens.peek();
    if (opener.kind !== "openClose") throw this.#tokens.unexpected(opener, `${opener.start}/`);
    this.#takePlain();
    this.#tokens.expect("name", "id");
    this.#tokens.expect("close", "}}");
    return [{ ...partial, block }];
  }

  #partialHead(): Omit<PartialNode, "block"> {
    const token = this.#tokens.peek();
    let name: string | Call;
    if (this.#tokens.takeIf("openParen")) {
      name = this.#nested(() => this.#call("call"));
      this.#tokens.expect("closeParen", ")");
    } else if (token.kind === "name" || token.kind === "rest" || token.kind === "string") {
      const { text } = this.#tokens.take();
      name = /^["'[]/.test(text) ? text.slice(1, -1) : text;
      if (name.startsWith("/")) throw syntaxError(this.#source, token, "found: '/', partial shouldn't start with '/'");
    } else {
      throw this.#tokens.unexpected(token, `no viable alternative at input '${token.text}'`);
    }
    const hasModel = this.#tokens.peek().kind === "name" && this.#tokens.peek(1).kind !== "equals";
    const model = compilePath(hasModel ? this.#tokens.take().text : "this");
    const place = typeof name === "string" ? token : name;
    return { kind: "partial", name, model, hash: this.#hash(), line: place.line, column: place.column };
  }

  #call(role: "variable" | "block" | "decorator" | "call" | "unchecked"): Call {
    const token = this.#tokens.expect("name", "id");
    const params: Argument[] = [];
    while (this.#beginsParam()) params.push(this.#argument());
    const hash = this.#hash();
    const hasArguments = params.length > 0 || hash.size > 0;
    const name = role === "variable" && !hasArguments ? this.#withinWith(token.text) : token.text;
    if (role === "call" || (hasArguments && (role === "variable" || role === "block"))) this.#checkHelper(token, name, role);
    return { name, path: compilePath(name), params, hash, line: token.line, column: token.column };
  }

  #checkHelper(token: Token, name: string, role: "variable" | "block" | "call"): void {
    if (this.#isHelper(name)) return;
    const reason = `could not find helper: '${name}'`;
    this.#checks.push(() => {
      if (role !== "block") throw syntaxError(this.#source, token, reason);
      throw new TemplateError({ message: `java.lang.IllegalArgumentException: ${reason}`, phase: "compile" });
    });
  }

  #withinWith(name: string): string {
    const scope = this.#firstParams.at(-1);
    if (this.#blockNames.at(-1) !== "with" || scope === undefined || scope === "" || name.startsWith(".")) return name;
    return name === scope || name.startsWith(`${scope}.`) ? `this.${name}` : name;
  }

  #beginsParam(): boolean {
    const { kind } = this.#tokens.peek();
    if (kind === "name") return this.#tokens.peek(1).kind !== "equals";
    return kind === "string" || kind === "number" || kind === "boolean" || kind === "openParen";
  }

  #hash(): Map<string, Argument> {
    const hash = new Map<string, Argument>();
    while (this.#tokens.peek().kind === "name" && this.#tokens.peek(1).kind === "equals") {
      const name = this.#tokens.take().text;
      this.#tokens.take();
      const value = this.#tokens.peek();
      if (!this.#beginsParam() && value.kind !== "name")
        throw this.#tokens.unexpected(value, `no viable alternative at input '${value.text}'`);
      hash.set(name, this.#argument());
    }
    return hash;
  }

  #argument(): Argument {
    const token = this.#tokens.take();
    switch (token.kind) {
      case "string": {
        const quote = token.text[0] ?? "";
        return { kind: "literal", value: token.text.replaceAll(`\\${quote}`, quote).slice(1, -1) };
      }
      case "number":
        return { kind: "literal", value: numberLiteral(token.text) };
      case "boolean":
        return { kind: "literal", value: token.text === "true" };
      case "openParen": {
        const call = this.#nested(() => this.#call("call"));
        this.#tokens.expect("closeParen", ")");
        return { kind: "call", call };
      }
      default:
        return { kind: "path", path: compilePath(token.text) };
    }
  }
}

type MutableBlock = { -readonly [K in keyof BlockNode]: BlockNode[K] };

const nothingToCheck = (): void => undefined;

/** Whole numbers of 32 bits are whole, all others doubles. */
function numberLiteral(text: string): number | JavaDouble {
  const value = Number(text);
  const whole = /^-?\d+$/.test(text) && value <= 2 ** 31 - 1 && value >= -(2 ** 31);
  return whole ? value + 0 : new JavaDouble(value);
}
