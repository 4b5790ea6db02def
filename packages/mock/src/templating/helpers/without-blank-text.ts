import type { XmlChild, XmlDocument, XmlElement } from "../../xml/xml-node.ts";
import { stripStart } from "../language/java-space.ts";

/** A copy without the text that is only white space, so that it can be laid out anew. CDATA counts as text. */
export function withoutBlankText(document: XmlDocument): XmlDocument {
  const children: XmlChild[] = [];
  const copy: XmlDocument = { ...document, children };
  for (const child of document.children) if (!isBlank(child)) children.push(copied(child, copy));
  return copy;
}

function copied(node: XmlChild, parent: XmlDocument | XmlElement): XmlChild {
  if (node.kind !== "element") return { ...node, parent };
  const children: XmlChild[] = [];
  const copy: XmlElement = { ...node, parent, children };
  for (const child of node.children) if (!isBlank(child)) children.push(copied(child, copy));
  return copy;
}

function isBlank(node: XmlChild): boolean {
  return (node.kind === "text" || node.kind === "cdata") && stripStart(node.text) === "";
}
