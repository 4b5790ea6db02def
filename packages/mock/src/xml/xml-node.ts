/** A light XML tree: read only, in document order, without methods. Namespace fields are empty where the document was read without namespaces. */
export type XmlNode = XmlDocument | XmlElement | XmlAttribute | XmlText | XmlCdata | XmlComment | XmlInstruction;

export interface XmlDocument {
  readonly kind: "document";
  readonly children: readonly XmlNode[];
  readonly parent: undefined;
  /** Position in document order. */
  readonly order: number;
}

export interface XmlElement {
  readonly kind: "element";
  /** As written: `soap:Body`. */
  readonly name: string;
  readonly prefix: string | undefined;
  readonly localName: string;
  readonly namespace: string | undefined;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlNode[];
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
