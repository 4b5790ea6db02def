import { type Comparison, compareValues } from "./compare-xpath-values.ts";
import { isDescendantSearch } from "./descendant-search.ts";
import type { XmlCdata, XmlNode } from "./xml-node.ts";
import { axisNodes } from "./xpath-axes.ts";
import { callXPathFunction } from "./xpath-function.ts";
import type { BinaryOperator, NodeTest, XPathExpression, XPathStep } from "./xpath-tree.ts";
import { stringOfNode, toBoolean, toNumber, type XPathValue } from "./xpath-values.ts";

/** Nodes that one evaluation may look at, and characters it may read, sixteen for a node: some seconds' work. */
const MAX_VISITS = 5_000_000;

/** Why an expression has no value. */
export class XPathRefusal extends Error {}

/** Where an expression is evaluated. */
export interface XPathContext {
  readonly node: XmlNode;
  readonly position: number;
  readonly size: number;
}

/** One evaluation: what prefixes mean, and the work that is left. */
export class XPathEvaluation {
  readonly origin: XmlNode;
  /** Whether the document was read with namespaces. */
  readonly #isAware: boolean;
  readonly #namespaceOf: (prefix: string) => string | undefined;
  #visitsLeft = MAX_VISITS;

  constructor(origin: XmlNode, isAware: boolean, namespaceOf: (prefix: string) => string | undefined) {
    this.origin = origin;
    this.#isAware = isAware;
    this.#namespaceOf = namespaceOf;
  }

  /** Throws XPathRefusal. */
  evaluate(expression: XPathExpression, context: XPathContext): XPathValue {
    this.visit(1);
    switch (expression.kind) {
      case "literal":
        return expression.value;
      case "negate":
        return -toNumber(this.evaluate(expression.operand, context));
      case "binary":
        return this.#binary(expression.operator, expression.left, expression.right, context);
      case "call":
        return callXPathFunction(expression.name, expression.args, context, this);
      case "filter":
        return this.#filtered(this.nodes(expression.primary, context), expression.predicates);
      case "path":
        return this.#path(expression, context);
    }
  }

  nodes(expression: XPathExpression, context: XPathContext): readonly XmlNode[] {
    const value = this.evaluate(expression, context);
    if (typeof value !== "object") throw new XPathRefusal("nodes were expected, a value was found");
    return value;
  }

  visit(count: number): void {
    this.#visitsLeft -= count;
    if (this.#visitsLeft < 0) throw new XPathRefusal(`the expression looks at more than ${MAX_VISITS} nodes`);
  }

  textsOf(nodes: readonly XmlNode[]): readonly string[] {
    return nodes.map((node) => this.textOf(node));
  }

  textOf(node: XmlNode): string {
    const text = stringOfNode(node);
    this.visit(1 + (text.length >> 4));
    return text;
  }

  #binary(operator: BinaryOperator, left: XPathExpression, right: XPathExpression, context: XPathContext): XPathValue {
    if (operator === "or" || operator === "and") {
      const first = toBoolean(this.evaluate(left, context));
      return first === (operator === "or") ? first : toBoolean(this.evaluate(right, context));
    }
    if (operator === "|") return this.#inOrder([...this.nodes(left, context), ...this.nodes(right, context)]);
    const one = this.evaluate(left, context);
    const two = this.evaluate(right, context);
    switch (operator) {
      case "+":
        return toNumber(one) + toNumber(two);
      case "-":
        return toNumber(one) - toNumber(two);
      case "*":
        return toNumber(one) * toNumber(two);
      case "div":
        return toNumber(one) / toNumber(two);
      case "mod":
        return toNumber(one) % toNumber(two);
      default:
        return compareValues(operator satisfies Comparison, one, two, (nodes) => this.textsOf(nodes));
    }
  }

  #path(path: XPathExpression & { kind: "path" }, context: XPathContext): readonly XmlNode[] {
    const { start, steps } = path;
    const isSearch = isDescendantSearch(path);
    let nodes: readonly XmlNode[] =
      start === "context" ? [context.node] : start === "document" ? [documentOf(context.node)] : this.nodes(start, context);
    for (const [i, step] of steps.entries()) nodes = this.#step(step, nodes, isSearch && i === steps.length - 1);
    return nodes;
  }

  #step(step: XPathStep, nodes: readonly XmlNode[], isSearch: boolean): readonly XmlNode[] {
    const passes = this.#test(step, isSearch);
    const only = nodes[0];
    if (nodes.length === 1 && only) return this.#inOrder(this.#stepFrom(only, step, passes));
    return this.#inOrder(nodes.flatMap((node) => this.#stepFrom(node, step, passes)));
  }

  #stepFrom(node: XmlNode, step: XPathStep, passes: (node: XmlNode) => boolean): readonly XmlNode[] {
    this.visit(1);
    const found = axisNodes(step.axis, node, (count) => this.visit(count)).filter(passes);
    this.visit(found.length);
    return step.predicates.length === 0 ? found : this.#filtered(found, step.predicates);
  }

  /** Each predicate counts what the one before it left. A number is a position, its fraction left out as in Java. */
  #filtered(nodes: readonly XmlNode[], predicates: readonly XPathExpression[]): readonly XmlNode[] {
    let left = nodes;
    for (const predicate of predicates) {
      if (predicate.kind === "literal" && typeof predicate.value === "number") {
        const only = left[Math.trunc(predicate.value) - 1];
        left = only ? [only] : [];
        continue;
      }
      const size = left.length;
      left = left.filter((node, i) => {
        const value = this.evaluate(predicate, { node, position: i + 1, size });
        return typeof value === "number" ? Math.trunc(value) === i + 1 : toBoolean(value);
      });
    }
    return left;
  }

  #test({ axis, test }: XPathStep, isSearch: boolean): (node: XmlNode) => boolean {
    switch (test.kind) {
      case "node":
        return () => true;
      case "text":
        return (node) => node.kind === "text" || (node.kind === "cdata" && (!isSearch || isFollowedByText(node)));
      case "comment":
        return (node) => node.kind === "comment";
      case "instruction":
        return (node) => node.kind === "instruction" && (test.target === undefined || node.target === test.target);
      case "name":
        return this.#nameTest(test, axis === "attribute" || axis === "namespace" ? "attribute" : "element", isSearch);
    }
  }

  #nameTest({ prefix, name }: NodeTest & { kind: "name" }, kind: "element" | "attribute", isSearch: boolean): (node: XmlNode) => boolean {
    const namespace = prefix === undefined ? undefined : (this.#namespaceOf(prefix) ?? this.#undeclared(prefix));
    if (name === undefined && prefix === undefined) return (node) => node.kind === kind;
    const asWritten = isSearch && !this.#isAware && kind === "element";
    const nameOf = (node: XmlNode & { kind: "element" | "attribute" }) => (asWritten ? node.name : node.localName);
    return (node) =>
      (node.kind === "element" || node.kind === "attribute") &&
      node.kind === kind &&
      node.namespace === namespace &&
      (name === undefined || nameOf(node) === name);
  }

  #undeclared(prefix: string): never {
    throw new XPathRefusal(`the prefix ${prefix} is not declared`);
  }

  /** Document order, each node once. */
  #inOrder(nodes: readonly XmlNode[]): readonly XmlNode[] {
    this.visit(nodes.length);
    if (nodes.every((node, i) => i === 0 || (nodes[i - 1]?.order ?? 0) < node.order)) return nodes;
    const sorted = [...nodes].sort((one, two) => one.order - two.order);
    return sorted.filter((node, i) => i === 0 || sorted[i - 1] !== node);
  }
}

/** Whether text is part of the run of characters that a CDATA section begins. */
function isFollowedByText(section: XmlCdata): boolean {
  const { children } = section.parent;
  for (let i = children.indexOf(section) + 1; i < children.length; i++) {
    if (children[i]?.kind === "text") return true;
    if (children[i]?.kind !== "cdata") return false;
  }
  return false;
}

function documentOf(node: XmlNode): XmlNode {
  let top = node;
  while (top.parent) top = top.parent;
  return top;
}
