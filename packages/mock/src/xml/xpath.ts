import { XPathEvaluation, XPathRefusal } from "./evaluate-xpath.ts";
import { parseXPath } from "./parse-xpath.ts";
import { renderXmlNode } from "./render-xml.ts";
import { XML_NAMESPACE, XMLNS_NAMESPACE, type XmlNode } from "./xml-node.ts";
import { XPathSyntaxError } from "./xpath-syntax-error.ts";
import { groupedNumberText } from "./xpath-values.ts";

export type XPathResult =
  | { readonly kind: "nodes"; readonly nodes: readonly XmlNode[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "failed"; readonly message: string };

/** A compiled XPath 1.0 expression. Evaluation never throws and visits a bounded number of nodes. */
export interface XPath {
  readonly expression: string;
  /**
   * `namespaces` says what prefixes of the expression mean; without it the declarations around the node do. In a document read without
   * namespaces elements are found by their names without prefix (see descendant-search.ts for where they are not), and prefixes find
   * nothing.
   */
  evaluate(node: XmlNode, namespaces?: Readonly<Record<string, string>>): XPathResult;
  /** What was found as WireMock makes text of it, in document order; empty when nothing was or it failed. */
  texts(node: XmlNode, namespaces?: Readonly<Record<string, string>>): readonly string[];
}

export { XPathSyntaxError };

/** Compiles once; keep the result. Throws `XPathSyntaxError`. */
export function compileXPath(expression: string): XPath {
  const tree = parseXPath(expression);
  function evaluate(node: XmlNode, namespaces?: Readonly<Record<string, string>>): XPathResult {
    const evaluation = new XPathEvaluation(node, isAware(node), (prefix) => namespaceOf(prefix, node, namespaces));
    try {
      // Java's position outside of any step.
      return resultOf(evaluation.evaluate(tree, { node, position: -1, size: 0 }));
    } catch (error) {
      if (error instanceof XPathRefusal) return { kind: "failed", message: error.message };
      throw error;
    }
  }
  return { expression, evaluate, texts: (node, namespaces) => xpathTexts(evaluate(node, namespaces)) };
}

/** A result as WireMock makes text of it: nodes rendered, numbers grouped with three digits behind the point at most. */
export function xpathTexts(result: XPathResult): readonly string[] {
  switch (result.kind) {
    case "nodes":
      return result.nodes.map(renderXmlNode);
    case "number":
      return [groupedNumberText(result.value)];
    case "failed":
      return [];
    default:
      return [String(result.value)];
  }
}

function resultOf(value: ReturnType<XPathEvaluation["evaluate"]>): XPathResult {
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "number") return { kind: "number", value };
  return typeof value === "boolean" ? { kind: "boolean", value } : { kind: "nodes", nodes: value };
}

function isAware(node: XmlNode): boolean {
  let top = node;
  while (top.parent) top = top.parent;
  return top.kind === "document" && top.namespaces;
}

function namespaceOf(prefix: string, node: XmlNode, namespaces: Readonly<Record<string, string>> | undefined): string | undefined {
  if (prefix === "xml") return XML_NAMESPACE;
  if (prefix === "xmlns") return XMLNS_NAMESPACE;
  if (namespaces) return Object.hasOwn(namespaces, prefix) ? namespaces[prefix] : undefined;
  for (let at: XmlNode | undefined = elementOf(node); at; at = at.parent) {
    const declared = at.kind === "element" ? at.attributes.find((attribute) => attribute.name === `xmlns:${prefix}`) : undefined;
    if (declared) return declared.value;
  }
  return UNDECLARED;
}

/** No namespace: without a table of prefixes Java lets one that nobody declared find nothing. */
const UNDECLARED = "\0undeclared";

/** Of a document its root element, which declares what the document uses. */
function elementOf(node: XmlNode): XmlNode {
  return node.kind === "document" ? (node.children.find((child) => child.kind === "element") ?? node) : node;
}
