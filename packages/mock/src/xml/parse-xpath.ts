import { XPathSyntaxError } from "./xpath-syntax-error.ts";
import { type XPathToken, xpathTokens } from "./xpath-tokens.ts";
import {
  AXES,
  type Axis,
  type BinaryOperator,
  FUNCTIONS,
  type FunctionName,
  type NodeTest,
  type XPathExpression,
  type XPathStep,
} from "./xpath-tree.ts";

/** Deeper nesting is refused. */
const MAX_DEPTH = 100;

/** Binary operators, those that bind weakest first. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ["or"],
  ["and"],
  ["=", "!="],
  ["<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "div", "mod"],
];

const ANY_NODE: NodeTest = { kind: "node" };
const DESCENDANTS: XPathStep = { axis: "descendant-or-self", test: ANY_NODE, predicates: [] };

/** Reads an XPath 1.0 expression. Throws XPathSyntaxError. */
export function parseXPath(expression: string): XPathExpression {
  const parser = new Parser(expression, xpathTokens(expression));
  return parser.parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly XPathToken[];
  #at = 0;
  #depth = 0;

  constructor(source: string, tokens: readonly XPathToken[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  parse(): XPathExpression {
    if (this.#tokens.length === 0) this.#fail("the expression is empty");
    const expression = this.#expression();
    if (this.#at < this.#tokens.length) this.#fail("expected the end");
    return expression;
  }

  #expression(): XPathExpression {
    if (++this.#depth > MAX_DEPTH) this.#fail(`expressions are nested more than ${MAX_DEPTH} deep`);
    const expression = this.#level(0);
    this.#depth--;
    return expression;
  }

  #level(level: number): XPathExpression {
    const operators = LEVELS[level];
    if (!operators) return this.#unary();
    let left = this.#level(level + 1);
    for (let operator = this.#operatorOf(operators); operator; operator = this.#operatorOf(operators)) {
      left = { kind: "binary", operator, left, right: this.#level(level + 1) };
    }
    return left;
  }

  #operatorOf(operators: readonly BinaryOperator[]): BinaryOperator | undefined {
    const token = this.#tokens[this.#at];
    const operator = token?.kind === "sign" ? operators.find((each) => each === token.text) : undefined;
    if (operator) this.#at++;
    return operator;
  }

  #unary(): XPathExpression {
    // One sign only, as Java has it.
    if (this.#takes("-")) return { kind: "negate", operand: this.#union() };
    return this.#union();
  }

  #union(): XPathExpression {
    let left = this.#path();
    while (this.#takes("|")) left = { kind: "binary", operator: "|", left, right: this.#path() };
    return left;
  }

  #path(): XPathExpression {
    if (this.#takes("//")) return { kind: "path", start: "document", steps: [DESCENDANTS, ...this.#steps()] };
    if (this.#takes("/")) return { kind: "path", start: "document", steps: this.#beginsStep() ? this.#steps() : [] };
    if (!this.#beginsPrimary()) return { kind: "path", start: "context", steps: this.#steps() };
    const primary = this.#filter();
    if (this.#takes("//")) return { kind: "path", start: primary, steps: [DESCENDANTS, ...this.#steps()] };
    return this.#takes("/") ? { kind: "path", start: primary, steps: this.#steps() } : primary;
  }

  #beginsStep(): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === "name" || (token?.kind === "sign" && [".", "..", "@"].includes(token.text));
  }

  /** A literal, a number, a bracket or a call; names of node types begin steps. */
  #beginsPrimary(): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind === "name") return this.#isSign("(", 1) && !["node", "text", "comment", "processing-instruction"].includes(token.text);
    return token?.kind === "literal" || token?.kind === "number" || this.#isSign("(") || this.#isSign("$");
  }

  #filter(): XPathExpression {
    const primary = this.#primary();
    const predicates = this.#predicates();
    return predicates.length === 0 ? primary : { kind: "filter", primary, predicates };
  }

  #primary(): XPathExpression {
    const token = this.#tokens[this.#at++];
    if (token?.kind === "literal") return { kind: "literal", value: token.text };
    if (token?.kind === "number") return { kind: "literal", value: Number(token.text) };
    if (token?.text === "$") this.#fail("there are no variables");
    if (token?.kind === "name") return this.#call(token.text);
    const inner = this.#expression();
    this.#expect(")");
    return inner;
  }

  #call(name: string): XPathExpression {
    this.#expect("(");
    const args: XPathExpression[] = [];
    if (!this.#takes(")")) {
      do args.push(this.#expression());
      while (this.#takes(","));
      this.#expect(")");
    }
    if (!isFunctionName(name)) this.#fail(`there is no function ${name}`);
    const [least, most] = FUNCTIONS[name];
    if (args.length < least || args.length > most) this.#fail(`${name} does not take ${args.length} arguments`);
    return { kind: "call", name, args };
  }

  #steps(): XPathStep[] {
    const steps = [this.#step()];
    for (;;) {
      if (this.#takes("//")) steps.push(DESCENDANTS, this.#step());
      else if (this.#takes("/")) steps.push(this.#step());
      else return steps;
    }
  }

  #step(): XPathStep {
    if (this.#takes(".")) return { axis: "self", test: ANY_NODE, predicates: [] };
    if (this.#takes("..")) return { axis: "parent", test: ANY_NODE, predicates: [] };
    const axis = this.#axis();
    return { axis, test: this.#test(), predicates: this.#predicates() };
  }

  #axis(): Axis {
    if (this.#takes("@")) return "attribute";
    if (!this.#isSign("::", 1)) return "child";
    const name = this.#tokens[this.#at]?.text;
    const axis = AXES.find((each) => each === name) ?? this.#fail(`there is no axis ${name}`);
    this.#at += 2;
    return axis;
  }

  #test(): NodeTest {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== "name") {
      this.#at--;
      return this.#fail("expected a step");
    }
    if (this.#isSign("(")) return this.#typeTest(token.text);
    const colon = token.text.indexOf(":");
    const local = token.text.slice(colon + 1);
    return { kind: "name", prefix: colon < 0 ? undefined : token.text.slice(0, colon), name: local === "*" ? undefined : local };
  }

  #typeTest(type: string): NodeTest {
    this.#expect("(");
    const target = this.#tokens[this.#at];
    const isTargeted = type === "processing-instruction" && target?.kind === "literal";
    if (isTargeted) this.#at++;
    this.#expect(")");
    if (type === "processing-instruction") return { kind: "instruction", target: isTargeted ? target.text : undefined };
    if (type === "node" || type === "text" || type === "comment") return { kind: type };
    return this.#fail(`there is no type of nodes ${type}`);
  }

  #predicates(): XPathExpression[] {
    const predicates: XPathExpression[] = [];
    while (this.#takes("[")) {
      predicates.push(this.#expression());
      this.#expect("]");
    }
    return predicates;
  }

  #isSign(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return token?.kind === "sign" && token.text === text;
  }

  #takes(text: string): boolean {
    if (!this.#isSign(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) this.#fail(`expected ${text}`);
  }

  #fail(reason: string): never {
    const found = this.#tokens[this.#at]?.text ?? "the end";
    throw new XPathSyntaxError(`${reason}, at ${found} in ${this.#source}`);
  }
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}
