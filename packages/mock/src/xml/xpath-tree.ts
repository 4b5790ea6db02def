/** An XPath 1.0 expression after parsing. */
export type XPathExpression =
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: XPathExpression; readonly right: XPathExpression }
  | { readonly kind: "negate"; readonly operand: XPathExpression }
  | { readonly kind: "literal"; readonly value: string | number }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly XPathExpression[] }
  | { readonly kind: "filter"; readonly primary: XPathExpression; readonly predicates: readonly XPathExpression[] }
  /** From the document, the context node or the nodes of another expression. */
  | { readonly kind: "path"; readonly start: "document" | "context" | XPathExpression; readonly steps: readonly XPathStep[] };

/** Whether a test holds for an expression or one it is made of, those in predicates left out: they have positions of their own. */
export function some(expression: XPathExpression, test: (expression: XPathExpression) => boolean): boolean {
  if (test(expression)) return true;
  switch (expression.kind) {
    case "binary":
      return some(expression.left, test) || some(expression.right, test);
    case "negate":
      return some(expression.operand, test);
    case "call":
      return expression.args.some((arg) => some(arg, test));
    case "filter":
      return some(expression.primary, test);
    case "path":
      return typeof expression.start === "object" && some(expression.start, test);
    case "literal":
      return false;
  }
}

export type BinaryOperator = "or" | "and" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "div" | "mod" | "|";

export interface XPathStep {
  readonly axis: Axis;
  readonly test: NodeTest;
  readonly predicates: readonly XPathExpression[];
}

export type NodeTest =
  /** `name` undefined is `*`. */
  | { readonly kind: "name"; readonly prefix: string | undefined; readonly name: string | undefined }
  | { readonly kind: "node" | "text" | "comment" }
  | { readonly kind: "instruction"; readonly target: string | undefined };

export const AXES = [
  "child",
  "descendant",
  "parent",
  "ancestor",
  "following-sibling",
  "preceding-sibling",
  "following",
  "preceding",
  "attribute",
  "namespace",
  "self",
  "descendant-or-self",
  "ancestor-or-self",
] as const;

export type Axis = (typeof AXES)[number];

/** Functions, with the least and most arguments they take. */
export const FUNCTIONS = {
  last: [0, 0],
  position: [0, 0],
  count: [1, 1],
  id: [1, 1],
  "local-name": [0, 1],
  "namespace-uri": [0, 1],
  name: [0, 1],
  string: [0, 1],
  concat: [2, Number.POSITIVE_INFINITY],
  "starts-with": [2, 2],
  contains: [2, 2],
  "substring-before": [2, 2],
  "substring-after": [2, 2],
  substring: [2, 3],
  "string-length": [0, 1],
  "normalize-space": [0, 1],
  translate: [3, 3],
  boolean: [1, 1],
  not: [1, 1],
  true: [0, 0],
  false: [0, 0],
  lang: [1, 1],
  number: [0, 1],
  sum: [1, 1],
  floor: [1, 1],
  ceiling: [1, 1],
  round: [1, 1],
  /** Of XSLT; without it, the node the whole expression is asked of. */
  current: [0, 0],
} as const satisfies Record<string, readonly [number, number]>;

export type FunctionName = keyof typeof FUNCTIONS;
