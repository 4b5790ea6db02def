import type { XmlDocument, XmlNode } from "./xml-node.ts";

/** A found node as WireMock makes text of it: elements as indented XML, attributes and text as their value. */
export function renderXmlNode(_node: XmlNode): string {
  return "";
}

/** A document indented by two, or on one line, without declaration. */
export function formatXml(_document: XmlDocument, _layout: "pretty" | "compact"): string {
  return "";
}
