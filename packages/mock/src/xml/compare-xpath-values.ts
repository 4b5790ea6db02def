import type { XmlNode } from "./xml-node.ts";
import { toBoolean, toNumber, toText, type XPathValue } from "./xpath-values.ts";

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** Compares as XPath 1.0 does: sets of nodes are compared when any of their nodes are. `read` gives the string values of nodes. */
export function compareValues(
  operator: Comparison,
  left: XPathValue,
  right: XPathValue,
  read: (nodes: readonly XmlNode[]) => readonly string[],
): boolean {
  if (isNodes(left)) {
    return isNodes(right) ? compareSets(operator, read(left), read(right)) : compareSetWith(operator, left, right, read);
  }
  if (isNodes(right)) return compareSetWith(mirrored(operator), right, left, read);
  if (operator !== "=" && operator !== "!=") return ordered(operator, toNumber(left), toNumber(right));
  const same =
    typeof left === "boolean" || typeof right === "boolean"
      ? toBoolean(left) === toBoolean(right)
      : typeof left === "number" || typeof right === "number"
        ? toNumber(left) === toNumber(right)
        : toText(left) === toText(right);
  return same === (operator === "=");
}

function isNodes(value: XPathValue): value is readonly XmlNode[] {
  return typeof value === "object";
}

function compareSetWith(
  operator: Comparison,
  nodes: readonly XmlNode[],
  value: Exclude<XPathValue, readonly XmlNode[]>,
  read: (nodes: readonly XmlNode[]) => readonly string[],
): boolean {
  if (typeof value === "boolean") return compareValues(operator, nodes.length > 0, value, read);
  const texts = read(nodes);
  if (operator === "=" || operator === "!=") {
    return texts.some((text) => (typeof value === "number" ? toNumber(text) === value : text === value) === (operator === "="));
  }
  return texts.some((text) => ordered(operator, toNumber(text), toNumber(value)));
}

/** In time linear in both sets: a pair is equal when the sets share a text, ordered when the ends are. */
function compareSets(operator: Comparison, left: readonly string[], right: readonly string[]): boolean {
  if (left.length === 0 || right.length === 0) return false;
  if (operator === "=") {
    const texts = new Set(left);
    return right.some((text) => texts.has(text));
  }
  if (operator === "!=") return new Set([...left, ...right]).size > 1;
  const [low, high] = ends(left);
  const [otherLow, otherHigh] = ends(right);
  return operator === "<" || operator === "<=" ? ordered(operator, low, otherHigh) : ordered(operator, high, otherLow);
}

function ends(texts: readonly string[]): readonly [number, number] {
  let low = Number.NaN;
  let high = Number.NaN;
  for (const number of texts.map(toNumber)) {
    if (!(low <= number)) low = Number.isNaN(number) ? low : number;
    if (!(high >= number)) high = Number.isNaN(number) ? high : number;
  }
  return [low, high];
}

function ordered(operator: Comparison, left: number, right: number): boolean {
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

function mirrored(operator: Comparison): Comparison {
  const pairs: Readonly<Partial<Record<Comparison, Comparison>>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };
  return pairs[operator] ?? operator;
}
