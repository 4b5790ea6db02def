import { some, type XPathExpression, type XPathStep } from "./xpath-tree.ts";

/**
 * Whether Java walks a path as one search through all descendants: `//b`, `.//b`, `/descendant::b`, with predicates that ask for no
 * position. Its search looks closer than its other walks do: in a document read without namespaces it finds elements by their names as
 * written where the others find them by their local names, and `text()` does not find text that begins with CDATA.
 */
export function isDescendantSearch({ start, steps }: XPathExpression & { kind: "path" }): boolean {
  const last = steps.at(-1);
  const before = steps.slice(0, -1);
  if (typeof start === "object" || !last || last.predicates.some(mayBePosition) || !before.every(isAnyNode)) return false;
  const axes = before.map((step) => step.axis);
  if (start === "context" && axes[0] === "self") axes.shift();
  const relative = start === "context" && before.length === 0;
  if (last.axis === "child") return axes.length === 1 && axes[0] === "descendant-or-self";
  return (last.axis === "descendant" || last.axis === "descendant-or-self") && axes.length === 0 && !relative;
}

function isAnyNode(step: XPathStep): boolean {
  return step.test.kind === "node" && step.predicates.length === 0;
}

const NUMBERS: readonly string[] = ["position", "last", "count", "sum", "string-length", "number", "floor", "ceiling", "round"];

function mayBePosition(predicate: XPathExpression): boolean {
  if (predicate.kind === "literal") return typeof predicate.value === "number";
  if (predicate.kind === "negate" || (predicate.kind === "binary" && ["+", "-", "*", "div", "mod"].includes(predicate.operator)))
    return true;
  if (predicate.kind === "call" && NUMBERS.includes(predicate.name)) return true;
  return some(predicate, (each) => each.kind === "call" && (each.name === "position" || each.name === "last"));
}
