import { isNamespaceDeclaration, type XmlAttribute, type XmlChild, type XmlDocument, type XmlElement, type XmlNode } from "./xml-node.ts";
import type { Axis } from "./xpath-tree.ts";

/** Counts the nodes that are looked at; throws when there were too many. */
export type Visit = (count: number) => void;

/** The nodes of an axis in its order: away from the context node, so that backward axes are in reverse document order. */
export function axisNodes(axis: Axis, node: XmlNode, visit: Visit): readonly XmlNode[] {
  switch (axis) {
    case "self":
      return [node];
    case "child":
      return childrenOf(node, visit);
    case "attribute":
      return attributesOf(node, visit);
    case "namespace":
      return namespacesOf(node);
    case "parent":
      return node.parent ? [node.parent] : [];
    case "ancestor":
      return ancestors(node);
    case "ancestor-or-self":
      return [node, ...ancestors(node)];
    case "descendant":
      return descendants(node, visit);
    case "descendant-or-self":
      return [node, ...descendants(node, visit)];
    case "following-sibling":
      return siblings(node, 1, visit);
    case "preceding-sibling":
      return siblings(node, -1, visit);
    case "following":
      return [
        ...(node.kind === "attribute" ? descendants(node.parent, visit) : []),
        ...[node, ...ancestors(node)].flatMap((each) => siblings(each, 1, visit)).flatMap((each) => [each, ...descendants(each, visit)]),
      ];
    case "preceding":
      return [node, ...ancestors(node)]
        .flatMap((each) => siblings(each, -1, visit))
        .flatMap((each) => [each, ...descendants(each, visit)].reverse());
  }
}

/**
 * Children as XPath sees them: neighbouring text and CDATA are one node, the first of them.
 */
function childrenOf(node: XmlNode, visit: Visit): readonly XmlChild[] {
  if (node.kind !== "element" && node.kind !== "document") return [];
  visit(node.children.length);
  const isContinued = (child: XmlChild, i: number) => isCharacters(child) && i > 0 && isCharacters(node.children[i - 1]);
  return node.children.some(isContinued) ? node.children.filter((child, i) => !isContinued(child, i)) : node.children;
}

function isCharacters(node: XmlNode | undefined): boolean {
  return node?.kind === "text" || node?.kind === "cdata";
}

function attributesOf(node: XmlNode, visit: Visit): readonly XmlAttribute[] {
  if (node.kind !== "element") return [];
  visit(node.attributes.length);
  return node.attributes.some(isNamespaceDeclaration)
    ? node.attributes.filter((attribute) => !isNamespaceDeclaration(attribute))
    : node.attributes;
}

/** Declarations in force, the nearest of each prefix. */
function namespacesOf(node: XmlNode): readonly XmlAttribute[] {
  if (node.kind !== "element") return [];
  const declared = new Map<string, XmlAttribute>();
  for (const each of [node, ...ancestors(node)]) {
    if (each.kind !== "element") continue;
    for (const attribute of each.attributes) {
      if (isNamespaceDeclaration(attribute) && !declared.has(attribute.name)) declared.set(attribute.name, attribute);
    }
  }
  return [...declared.values()].filter((attribute) => attribute.value !== "");
}

function ancestors(node: XmlNode): (XmlElement | XmlDocument)[] {
  const found: (XmlElement | XmlDocument)[] = [];
  for (let parent = node.parent; parent; parent = parent.parent) found.push(parent);
  return found;
}

function descendants(node: XmlNode, visit: Visit): XmlNode[] {
  const found: XmlNode[] = [];
  const open: XmlChild[] = [...childrenOf(node, visit)].reverse();
  for (let next = open.pop(); next; next = open.pop()) {
    found.push(next);
    const children = childrenOf(next, visit);
    for (let i = children.length - 1; i >= 0; i--) open.push(children[i] as XmlChild);
  }
  return found;
}

function siblings(node: XmlNode, direction: 1 | -1, visit: Visit): readonly XmlNode[] {
  if (!node.parent || node.kind === "attribute") return [];
  const children = childrenOf(node.parent, visit);
  const index = positionOf(node, children);
  return direction === 1 ? children.slice(index + 1) : children.slice(0, index).reverse();
}

/** Children are in document order, so half of them is left out at each look. */
function positionOf(node: XmlNode, children: readonly XmlChild[]): number {
  let low = 0;
  let high = children.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((children[middle]?.order ?? 0) < node.order) low = middle + 1;
    else high = middle;
  }
  return low;
}
