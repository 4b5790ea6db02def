import { JavaDouble } from "../values/java-double.ts";
import type { ParseChecks } from "./parse-checks.ts";
import { compilePath } from "./path.ts";
import type { Argument, Call } from "./template-node.ts";
import type { Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** What a name with arguments stands for decides whether it has to be a helper. */
export type CallRole = "variable" | "block" | "decorator" | "subExpression" | "unchecked";

/** Parses names with their arguments: `size list`, `eq (lower x) 'y' yes=1`. */
export class CallParser {
  readonly #tokens: TokenStream;
  readonly #checks: ParseChecks;
  readonly #nested: <T>(parse: () => T) => T;
  /** Names of the enclosing blocks, and their first arguments: variables within `{{#with x}}` that begin with `x` mean `this.x`. */
  readonly #blockNames: string[] = [];
  readonly #firstParams: string[] = [];

  constructor(tokens: TokenStream, checks: ParseChecks, nested: <T>(parse: () => T) => T) {
    this.#tokens = tokens;
    this.#checks = checks;
    this.#nested = nested;
  }

  /** Says that what follows is within a block; the result ends it. Inverse blocks never end for Handlebars.java. */
  enter(call: Call): () => void {
    this.#blockNames.push(call.name);
    const [first] = call.params;
    if (first) this.#firstParams.push(first.kind === "path" ? first.path.text : "");
    return () => {
      this.#blockNames.pop();
      if (first) this.#firstParams.pop();
    };
  }

  enterForGood(name: string): void {
    this.#blockNames.push(name);
  }

  call(role: CallRole): Call {
    const token = this.#tokens.expect("name", "id");
    const params: Argument[] = [];
    while (this.#beginsParam()) params.push(this.#argument());
    const hash = this.hash();
    const hasArguments = params.length > 0 || hash.size > 0;
    const name = role === "variable" && !hasArguments ? this.#withinWith(token.text) : token.text;
    if (role === "subExpression" || (role === "variable" && hasArguments)) this.#checks.helper(name, token, "inline");
    if (role === "block" && hasArguments) this.#checks.helper(name, token, "block");
    return { name, path: compilePath(name), params, hash, line: token.line, column: token.column };
  }

  hash(): Map<string, Argument> {
    const hash = new Map<string, Argument>();
    while (this.#tokens.peek().kind === "name" && this.#tokens.peek(1).kind === "equals") {
      const name = this.#tokens.take().text;
      this.#tokens.take();
      const value = this.#tokens.peek();
      if (!this.#beginsParam() && value.kind !== "name") {
        throw this.#tokens.unexpected(value, `no viable alternative at input '${value.text}'`);
      }
      hash.set(name, this.#argument());
    }
    return hash;
  }

  /** `as |a b|`. */
  blockParams(): string[] {
    if (!this.#tokens.takeIf("as")) return [];
    this.#tokens.expect("pipe", "|");
    const names = [this.#tokens.expect("name", "id").text];
    while (this.#tokens.peek().kind === "name") names.push(this.#tokens.take().text);
    this.#tokens.expect("pipe", "|");
    return names;
  }

  subExpression(): Call {
    const call = this.#nested(() => this.call("subExpression"));
    this.#tokens.expect("closeParen", ")");
    return call;
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

  #argument(): Argument {
    const token = this.#tokens.take();
    switch (token.kind) {
      case "string":
        return { kind: "literal", value: unquoted(token) };
      case "number":
        return { kind: "literal", value: numberLiteral(token.text) };
      case "boolean":
        return { kind: "literal", value: token.text === "true" };
      case "openParen":
        return { kind: "call", call: this.subExpression() };
      default:
        return { kind: "path", path: compilePath(token.text) };
    }
  }
}

function unquoted({ text }: Token): string {
  const quote = text[0] ?? "";
  return text.replaceAll(`\\${quote}`, quote).slice(1, -1);
}

/** Whole numbers of 32 bits are whole, all others doubles. */
function numberLiteral(text: string): number | JavaDouble {
  const value = Number(text);
  const whole = /^-?\d+$/.test(text) && value <= 2 ** 31 - 1 && value >= -(2 ** 31);
  return whole ? value + 0 : new JavaDouble(value);
}
