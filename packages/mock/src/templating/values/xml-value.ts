import { renderXmlNode } from "../../xml/render-xml.ts";
import type { XmlNode } from "../../xml/xml-node.ts";
import { hashMapOrder } from "./java-hash.ts";
import { MapValue, type Value, XmlValue } from "./value.ts";

export function xmlValue(node: XmlNode): XmlValue {
  let text: string | undefined;
  return new XmlValue(() => {
    text ??= renderXmlNode(node);
    return text;
  }, node);
}

export function attributesOf(node: XmlNode | undefined): MapValue {
  const attributes = node?.kind === "element" ? node.attributes : [];
  const byName = new Map(attributes.map((attribute) => [attribute.name, attribute.value]));
  return new MapValue(new Map(hashMapOrder([...byName.keys()].sort()).map((name): [string, Value] => [name, byName.get(name) ?? null])));
}

/** The text of a node and all below it, without comments. */
export function textContentOf(node: XmlNode): string {
  if (node.kind === "attribute") return node.value;
  if (node.kind === "text" || node.kind === "cdata" || node.kind === "comment" || node.kind === "instruction") return node.text;
  const parts: string[] = [];
  const open: XmlNode[] = [...node.children].reverse();
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.kind === "text" || next.kind === "cdata") parts.push(next.text);
    else if (next.kind === "element") for (let at = next.children.length - 1; at >= 0; at--) open.push(next.children[at] as XmlNode);
  }
  return parts.join("");
}
