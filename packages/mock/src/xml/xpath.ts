import type { XmlNode } from "./xml-node.ts";

export type XPathResult =
  | { readonly kind: "nodes"; readonly nodes: readonly XmlNode[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "failed"; readonly message: string };

/** A compiled XPath 1.0 expression. Evaluation never throws and visits a bounded number of nodes. */
export interface XPath {
  readonly expression: string;
  evaluate(node: XmlNode, namespaces?: Readonly<Record<string, string>>): XPathResult;
  /** What was found as WireMock makes text of it, in document order; empty when nothing was or it failed. */
  texts(node: XmlNode, namespaces?: Readonly<Record<string, string>>): readonly string[];
}

/** Thrown by `compileXPath`; `checkXPath` gives its message instead. */
export class XPathSyntaxError extends Error {
  override readonly name = "XPathSyntaxError";
}

/** Compiles once; keep the result. Throws `XPathSyntaxError`. */
export function compileXPath(expression: string): XPath {
  throw new XPathSyntaxError(`not built yet: ${expression}`);
}

/** What is wrong with an expression; undefined when nothing is. */
export function checkXPath(expression: string): string | undefined {
  try {
    compileXPath(expression);
    return undefined;
  } catch (error) {
    if (error instanceof XPathSyntaxError) return error.message;
    throw error;
  }
}
