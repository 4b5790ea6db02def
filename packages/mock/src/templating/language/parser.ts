import { CallParser, type CallRole } from "./call-parser.ts";
import { Lexer, syntaxError } from "./lexer.ts";
import { ParseChecks } from "./parse-checks.ts";
import { compilePath } from "./path.ts";
import { templateName } from "./template-error.ts";
import type { BlockNode, Call, CompiledTemplate, PartialNode, TemplateNode } from "./template-node.ts";
import { TextTrimmer } from "./text-trimmer.ts";
import type { Token, TokenKind } from "./token.ts";
import { TokenStream, UnexpectedToken } from "./token-stream.ts";

/**
 * Parses a template by the grammar of Handlebars.java (HbsParser.g4), recursive descent: bodies of statements here, names with
 * arguments in CallParser, white space in TextTrimmer. What Handlebars.java checks after parsing is in ParseChecks.
 */
export function parseTemplate(source: string, isHelper: (name: string) => boolean): CompiledTemplate {
  return new Parser(source, isHelper).parse();
}

/** Blocks and sub-expressions within each other. */
const MAX_DEPTH = 100;
const MAX_NODES = 200_000;

type MutableBlock = { -readonly [K in keyof BlockNode]: BlockNode[K] };

class Parser {
  readonly #source: string;
  readonly #lexer: Lexer;
  readonly #tokens: TokenStream;
  readonly #checks: ParseChecks;
  readonly #calls: CallParser;
  readonly #trimmer = new TextTrimmer();
  #depth = 0;
  #nodes = 0;

  constructor(source: string, isHelper: (name: string) => boolean) {
    this.#source = source;
    this.#lexer = new Lexer(source);
    this.#tokens = new TokenStream(this.#lexer);
    this.#checks = new ParseChecks(source, isHelper);
    this.#calls = new CallParser(this.#tokens, this.#checks, (parse) => this.#nested(parse));
  }

  parse(): CompiledTemplate {
    const nodes = this.#body();
    if (this.#tokens.peek().kind !== "end") throw this.#tokens.unexpected(this.#tokens.peek(), "<EOF>");
    this.#trimmer.finish(this.#lexer.trims);
    this.#checks.run();
    return { name: templateName(this.#source), nodes };
  }

  /** Statements up to the first token that begins none. */
  #body(): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    while (this.#beginsStatement()) {
      if (this.#nodes++ > MAX_NODES) throw syntaxError(this.#source, this.#tokens.peek(), `a template of more than ${MAX_NODES} tags`);
      const node = this.#statement();
      if (node) nodes.push(node);
    }
    return nodes;
  }

  #beginsStatement(): boolean {
    const next = this.#tokens.peek().kind;
    if (next === "openInverse") return this.#tokens.peek(1).kind === "name";
    if (next !== "open") return STATEMENTS.has(next);
    const name = this.#tokens.peek(1).kind === "decorator" ? 2 : 1;
    return this.#tokens.peek(name).kind === "name";
  }

  /** Undefined for what leaves nothing behind. */
  #statement(): TemplateNode | undefined {
    switch (this.#tokens.peek().kind) {
      case "text":
        return this.#trimmer.text(this.#tokens.take());
      case "escape":
        return { kind: "text", text: this.#opened(false).text.slice(1) };
      case "comment":
        this.#trimmer.comment(this.#tokens.take());
        return undefined;
      case "delimiters":
        this.#trimmer.closed(this.#opened(true));
        return undefined;
      case "open":
        return this.#variable();
      case "openAmp":
        return this.#plainVariable("close", "}}");
      case "openTriple":
        return this.#plainVariable("closeTriple", "}}}");
      case "openBlock":
        return this.#nested(() => this.#block());
      case "openInverse":
        return this.#nested(() => this.#inverseBlock());
      case "openRaw":
        return this.#nested(() => this.#rawBlock());
      case "openPartial":
        return this.#partial();
      default:
        return this.#nested(() => this.#partialBlock());
    }
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw syntaxError(this.#source, this.#tokens.peek(), `nested deeper than ${MAX_DEPTH}`);
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  /** The first token of a tag. */
  #opened(trims: boolean): Token {
    this.#trimmer.opened(this.#tokens.peek(), trims);
    return this.#tokens.take();
  }

  #closed(kind: TokenKind, expected: string): void {
    this.#trimmer.closed(this.#tokens.expect(kind, expected));
  }

  #variable(): TemplateNode | undefined {
    this.#opened(true);
    const decorator = this.#tokens.takeIf("decorator");
    const call = this.#calls.call("variable");
    this.#closed("close", "}}");
    if (!decorator) return { kind: "variable", call };
    this.#checks.decorator(call.name, call, "inline");
    return undefined;
  }

  #plainVariable(kind: TokenKind, expected: string): TemplateNode {
    this.#opened(true);
    const call = this.#calls.call("variable");
    this.#closed(kind, expected);
    return { kind: "variable", call };
  }

  #block(): TemplateNode {
    const startDelimiter = this.#opened(true).text.slice(0, -1);
    const decorator = this.#tokens.takeIf("decorator");
    const misnamed = this.#checks.reserve();
    const block = this.#blockHead(decorator ? "decorator" : "block");
    const leave = this.#calls.enter(block.call);
    block.body = this.#body();
    this.#elseBlocks(block, startDelimiter);
    leave();
    const wrong = this.#checks.closesWith(block.call.name, this.#closing(true));
    if (wrong) misnamed(wrong);
    if (!decorator) return block;
    const { name, params, line, column } = block.call;
    this.#checks.decorator(name, block.call, "block");
    return { kind: "inlinePartial", params, body: block.body, line, column };
  }

  #blockHead(role: CallRole): MutableBlock {
    const call = this.#calls.call(role);
    const blockParams = this.#calls.blockParams();
    this.#closed("close", "}}");
    return { kind: "block", call, inverted: false, blockParams, body: [], inverse: [] };
  }

  /** `{{else}}` replaces what an earlier one gave; `{{else if x}}` becomes the block that later ones belong to. */
  #elseBlocks(block: MutableBlock, startDelimiter: string): void {
    let root = block;
    for (;;) {
      const opener = this.#tokens.peek();
      if (opener.kind !== "open" && opener.kind !== "openInverse") return;
      const word = this.#tokens.peek(1);
      if (opener.kind === "openInverse") {
        this.#checks.inverseLabel(opener.text, startDelimiter);
        this.#opened(true);
      } else if (word.kind === "else") {
        this.#opened(true);
        this.#tokens.take();
      } else {
        throw this.#tokens.unexpected(word, `no viable alternative at input '${opener.text}${word.text}'`);
      }
      const next = this.#tokens.peek();
      const read = opener.kind === "open" ? opener.text + word.text : opener.text;
      if (next.kind === "close") {
        this.#closed("close", "}}");
        root.inverse = this.#body();
      } else if (next.kind !== "name") {
        throw this.#tokens.unexpected(next, `no viable alternative at input '${read}${next.text}'`);
      } else {
        const chained = this.#blockHead("block");
        chained.body = this.#body();
        root.inverse = [chained];
        root = chained;
      }
    }
  }

  /** Handlebars.java looks an inverse block through before it begins one: outside of other blocks, what is wrong in it is wrong with it. */
  #inverseBlock(): TemplateNode {
    const opener = this.#tokens.peek();
    const outermost = this.#depth === 1;
    try {
      return this.#readInverseBlock();
    } catch (error) {
      if (error instanceof UnexpectedToken && outermost) throw this.#tokens.unexpected(opener, "<EOF>");
      throw error;
    }
  }

  /** `{{^x}}…{{/x}}`. Its arguments are dropped, and it knows no else. */
  #readInverseBlock(): TemplateNode {
    this.#opened(true);
    const misnamed = this.#checks.reserve();
    const block = this.#blockHead("unchecked");
    this.#calls.enterForGood(block.call.name);
    block.body = this.#body();
    const wrong = this.#checks.closesWith(block.call.name, this.#closing(false));
    if (wrong) misnamed(wrong);
    return { ...block, call: { ...block.call, params: [], hash: new Map() }, inverted: true };
  }

  /** What stands between `{{{{name}}}}` and its end is text. */
  #rawBlock(): TemplateNode {
    this.#opened(false);
    const misnamed = this.#checks.reserve();
    const call = this.#calls.call("block");
    const open = this.#tokens.expect("closeRaw", "}}");
    const leave = this.#calls.enter(call);
    this.#body();
    leave();
    const end = this.#tokens.expect("openRawClose", "}}");
    const wrong = this.#checks.closesWith(call.name, this.#tokens.expect("name", "id"));
    if (wrong) misnamed(wrong);
    this.#tokens.expect("closeRaw", "}}");
    const text = this.#source.slice(open.offset + open.text.length, end.offset);
    return { kind: "block", call, inverted: false, blockParams: [], body: [{ kind: "text", text }], inverse: [] };
  }

  /** `{{/name}}`; gives the name. */
  #closing(trims: boolean): Token {
    const opener = this.#tokens.peek();
    const word = this.#tokens.peek(1);
    if (opener.kind === "open") throw this.#tokens.unexpected(word, `no viable alternative at input '${opener.text}${word.text}'`);
    if (opener.kind !== "openClose") throw this.#tokens.unexpected(opener, `${opener.start}/`);
    this.#opened(trims);
    const name = this.#tokens.expect("name", "id");
    const close = this.#tokens.expect("close", "}}");
    if (trims) this.#trimmer.closed(close);
    return name;
  }

  #partial(): TemplateNode {
    this.#opened(true);
    const partial = this.#partialHead();
    this.#closed("close", "}}");
    return { ...partial, block: undefined };
  }

  #partialBlock(): TemplateNode {
    this.#opened(false);
    const partial = this.#partialHead();
    this.#tokens.expect("close", "}}");
    const block = this.#body();
    this.#closing(false);
    return { ...partial, block };
  }

  #partialHead(): Omit<PartialNode, "block"> {
    const token = this.#tokens.peek();
    const name = this.#partialName();
    const hasModel = this.#tokens.peek().kind === "name" && this.#tokens.peek(1).kind !== "equals";
    const model = compilePath(hasModel ? this.#tokens.take().text : "this");
    const { line, column } = typeof name === "string" ? token : name;
    return { kind: "partial", name, model, hash: this.#calls.hash(), line, column };
  }

  #partialName(): string | Call {
    const token = this.#tokens.take();
    if (token.kind === "openParen") return this.#calls.subExpression();
    if (token.kind !== "name" && token.kind !== "rest" && token.kind !== "string") {
      throw this.#tokens.unexpected(token, `no viable alternative at input '${token.text}'`);
    }
    const name = /^["'[]/.test(token.text) ? token.text.slice(1, -1) : token.text;
    if (name.startsWith("/")) throw syntaxError(this.#source, token, "found: '/', partial shouldn't start with '/'");
    return name;
  }
}

const STATEMENTS: ReadonlySet<TokenKind> = new Set([
  "text",
  "escape",
  "comment",
  "delimiters",
  "openAmp",
  "openTriple",
  "openBlock",
  "openRaw",
  "openPartial",
  "openPartialBlock",
]);
