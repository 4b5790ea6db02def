/**
 * A light XML tree: read only, in document order, without methods. Attributes are in the order of their names, as Java's DOM keeps
 * them. Where a document was read without namespaces, `xmlns` attributes are attributes, prefixes may be undeclared and `namespace` is
 * undefined.
 */
export type XmlNode = XmlDocument | XmlElement | XmlAttribute | XmlText | XmlCdata | XmlComment | XmlInstruction;

/** What children of elements and documents are. */
export type XmlChild = XmlElement | XmlText | XmlCdata | XmlComment | XmlInstruction;

export interface XmlDocument {
  readonly kind: "document";
  readonly children: readonly XmlChild[];
  readonly parent: undefined;
  /** Position in document order. */
  readonly order: number;
  /** Whether prefixes were resolved. */
  readonly namespaces: boolean;
}

export interface XmlElement {
  readonly kind: "element";
  /** As written: `soap:Body`. */
  readonly name: string;
  readonly prefix: string | undefined;
  readonly localName: string;
  readonly namespace: string | undefined;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlChild[];
  readonly parent: XmlElement | XmlDocument;
  readonly order: number;
}

export interface XmlAttribute {
  readonly kind: "attribute";
  readonly name: string;
  readonly prefix: string | undefined;
  readonly localName: string;
  readonly namespace: string | undefined;
  readonly value: string;
  readonly parent: XmlElement;
  readonly order: number;
}

export interface XmlText {
  readonly kind: "text";
  readonly text: string;
  readonly parent: XmlElement | XmlDocument;
  readonly order: number;
}

export interface XmlCdata {
  readonly kind: "cdata";
  readonly text: string;
  readonly parent: XmlElement | XmlDocument;
  readonly order: number;
}

export interface XmlComment {
  readonly kind: "comment";
  readonly text: string;
  readonly parent: XmlElement | XmlDocument;
  readonly order: number;
}

export interface XmlInstruction {
  readonly kind: "instruction";
  readonly target: string;
  readonly text: string;
  readonly parent: XmlElement | XmlDocument;
  readonly order: number;
}

export const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";
export const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";

/** `xmlns` and `xmlns:prefix`. */
export function isNamespaceDeclaration(attribute: XmlAttribute): boolean {
  return attribute.name === "xmlns" || attribute.name.startsWith("xmlns:");
}

/** The text of a node and all below it, comments and instructions left out. */
export function textContent(node: XmlNode): string {
  if (node.kind === "attribute") return node.value;
  if (node.kind !== "element" && node.kind !== "document") return node.text;
  let text = "";
  const open: XmlChild[] = [...node.children].reverse();
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.kind === "text" || next.kind === "cdata") text += next.text;
    else if (next.kind === "element") for (let i = next.children.length - 1; i >= 0; i--) open.push(next.children[i] as XmlChild);
  }
  return text;
}
