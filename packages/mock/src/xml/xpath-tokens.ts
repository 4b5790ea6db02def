import { XPathSyntaxError } from "./xpath-syntax-error.ts";

export type XPathToken =
  /** A name, `prefix:name`, `prefix:*` or `*` where that is a name. */
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "literal"; readonly text: string }
  /** Signs, axes' `::`, operators, `*` that multiplies, and the words `and or div mod` where they are operators. */
  | { readonly kind: "sign"; readonly text: string };

/** Longer expressions are refused. */
const MAX_LENGTH = 20_000;

const TOKEN =
  /\s*(?:(\.\.|::|\/\/|!=|<=|>=|[()[\].@,/|+\-=<>*$](?!\d)|[()[\]@,/|+\-=<>*$])|(\d+(?:\.\d*)?|\.\d+)|"([^"]*)"|'([^']*)'|([\p{L}_][\p{L}\p{N}\p{M}._\u00b7-]*(?::(?!:)(?:\*|[\p{L}_][\p{L}\p{N}\p{M}._\u00b7-]*))?))/uy;

/** The tokens of an expression. Throws XPathSyntaxError. */
export function xpathTokens(expression: string): readonly XPathToken[] {
  if (expression.length > MAX_LENGTH)
    throw new XPathSyntaxError(`an expression may have ${MAX_LENGTH} characters, this has ${expression.length}`);
  const tokens: XPathToken[] = [];
  TOKEN.lastIndex = 0;
  const end = expression.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const [, sign, number, double, single, name] = TOKEN.exec(expression) ?? fail(expression, at);
    tokens.push(tokenOf({ sign, number, literal: double ?? single, name }, tokens.at(-1)));
  }
  return tokens;
}

function fail(expression: string, at: number): never {
  throw new XPathSyntaxError(`cannot read ${expression.slice(at, at + 20)} at position ${at}`);
}

interface Found {
  readonly sign: string | undefined;
  readonly number: string | undefined;
  readonly literal: string | undefined;
  readonly name: string | undefined;
}

/** Behind a value, `*` multiplies and a word is an operator; elsewhere both are names. */
function tokenOf({ sign, number, literal, name }: Found, before: XPathToken | undefined): XPathToken {
  if (number !== undefined) return { kind: "number", text: number };
  if (literal !== undefined) return { kind: "literal", text: literal };
  const behindValue =
    before !== undefined &&
    (before.kind !== "sign" || before.text === ")" || before.text === "]" || before.text === "." || before.text === "..");
  if (sign === "*") return behindValue ? { kind: "sign", text: "*" } : { kind: "name", text: "*" };
  if (sign !== undefined) return { kind: "sign", text: sign };
  const word = name ?? "";
  const isOperator = behindValue && (word === "and" || word === "or" || word === "div" || word === "mod");
  return { kind: isOperator ? "sign" : "name", text: word };
}
