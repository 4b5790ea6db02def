import type { XmlAttribute, XmlChild, XmlDocument, XmlElement } from "./xml-node.ts";
import { isNamespaceDeclaration, XMLNS_NAMESPACE } from "./xml-node.ts";

/**
 * A document as equalToXml compares it: without comments, with adjoining texts as one, texts, instructions and attributes trimmed, and
 * empty texts gone.
 */
export interface ComparableDocument {
  readonly kind: "document";
  readonly children: readonly ComparableChild[];
}

export type ComparableChild = ComparableElement | ComparableText | ComparableInstruction;

export interface ComparableElement {
  readonly kind: "element";
  /** Elements are compared by it, next to their namespaces. */
  readonly name: string;
  /** Elements are ordered by it; documents read without namespaces have none. */
  readonly localName: string | undefined;
  readonly namespace: string | undefined;
  /** By `attributeKey`; the plain ones are compared. */
  readonly attributes: ReadonlyMap<string, ComparableAttribute>;
  readonly children: readonly ComparableChild[];
}

export interface ComparableAttribute {
  readonly key: string;
  readonly role: "plain" | "declaration" | "type" | "schema-location" | "no-namespace-schema-location";
  readonly hasNamespace: boolean;
  readonly value: string;
  /** What the value of an `xsi:type` means; undefined where it means nothing. */
  readonly type?: QualifiedName | undefined;
}

export interface QualifiedName {
  readonly namespace: string;
  readonly localName: string;
}

export interface ComparableText {
  readonly kind: "text" | "cdata";
  readonly text: string;
}

export interface ComparableInstruction {
  readonly kind: "instruction";
  readonly target: string;
  readonly text: string;
}

/**
 * `strict`: names are local names in namespaces. `none`: names are as written, and declarations are attributes. `legacy`: elements lose
 * their prefixes and are in the namespace of the declaration without prefix, CDATA is text, and attributes are as written.
 */
export type NamespaceMode = "strict" | "none" | "legacy";

/** `document` was read with namespaces for `strict`, without for the others. */
export function comparableXml(document: XmlDocument, mode: NamespaceMode): ComparableDocument {
  return { kind: "document", children: comparableChildren(document.children, mode, "") };
}

const XSI_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance";

function comparableChildren(children: readonly XmlChild[], mode: NamespaceMode, defaultNamespace: string): readonly ComparableChild[] {
  const result: ComparableChild[] = [];
  let text = "";
  const endText = (): void => {
    const trimmed = javaTrim(text);
    if (trimmed !== "") result.push({ kind: "text", text: trimmed });
    text = "";
  };
  for (const child of children) {
    if (child.kind === "comment") continue;
    if (child.kind === "text" || (child.kind === "cdata" && mode === "legacy")) {
      text += child.text;
      continue;
    }
    endText();
    if (child.kind === "element") result.push(comparableElement(child, mode, defaultNamespace));
    else if (child.kind === "instruction") result.push({ kind: "instruction", target: child.target, text: javaTrim(child.text) });
    else if (javaTrim(child.text) !== "") result.push({ kind: "cdata", text: javaTrim(child.text) });
  }
  endText();
  return result;
}

function comparableElement(element: XmlElement, mode: NamespaceMode, outer: string): ComparableElement {
  const attributes = new Map<string, ComparableAttribute>();
  for (const attribute of element.attributes) {
    const comparable = comparableAttribute(attribute, mode);
    attributes.set(comparable.key, comparable);
  }
  if (mode !== "legacy") {
    const { namespace } = element;
    const names =
      mode === "none" ? { name: element.name, localName: undefined } : { name: element.localName, localName: element.localName };
    return { kind: "element", ...names, namespace, attributes, children: comparableChildren(element.children, mode, "") };
  }
  const own = element.attributes.findLast(({ name }) => isLegacyDeclaration(name) && !name.includes(":"))?.value ?? outer;
  const name = element.name.slice(element.name.indexOf(":") + 1);
  const namespace = own === "" ? undefined : own;
  return { kind: "element", name, localName: name, namespace, attributes, children: comparableChildren(element.children, mode, own) };
}

function comparableAttribute(attribute: XmlAttribute, mode: NamespaceMode): ComparableAttribute {
  const value = javaTrim(attribute.value);
  if (mode === "legacy" ? isLegacyDeclaration(attribute.name) : mode === "strict" && isNamespaceDeclaration(attribute)) {
    const colon = attribute.name.lastIndexOf(":");
    const key = attributeKey(XMLNS_NAMESPACE, colon < 0 ? "xmlns" : attribute.name.slice(colon + 1));
    return { key, role: "declaration", hasNamespace: true, value };
  }
  const { namespace } = attribute;
  if (mode !== "strict" || namespace === undefined) {
    const name = mode === "strict" ? attribute.localName : attribute.name;
    return { key: attributeKey("", name), role: "plain", hasNamespace: false, value };
  }
  const key = attributeKey(namespace, attribute.localName);
  const role = namespace === XSI_NAMESPACE ? xsiRole(attribute.localName) : "plain";
  return { key, role, hasNamespace: true, value, ...(role === "type" && { type: qualifiedName(value, attribute.parent) }) };
}

/** All that begins like one, `xmlns1` too. */
function isLegacyDeclaration(name: string): boolean {
  return name.startsWith("xmlns");
}

function xsiRole(localName: string): ComparableAttribute["role"] {
  if (localName === "type") return "type";
  if (localName === "schemaLocation") return "schema-location";
  return localName === "noNamespaceSchemaLocation" ? "no-namespace-schema-location" : "plain";
}

function attributeKey(namespace: string, localName: string): string {
  return `${namespace}\n${localName}`;
}

/** The name a value like `xs:int` means where it stands. Nothing but colons is no name. */
function qualifiedName(value: string, element: XmlElement): QualifiedName | undefined {
  if (/^:+$/.test(value)) return undefined;
  const colon = /:(?!:*$)/.test(value) ? value.indexOf(":") : -1;
  const prefix = colon < 0 ? "" : value.slice(0, colon);
  const localName = colon < 0 ? value.replace(/:+$/, "") : value.slice(colon + 1);
  return { namespace: declaredNamespace(prefix, element), localName };
}

function declaredNamespace(prefix: string, element: XmlElement): string {
  const name = prefix === "" ? "xmlns" : `xmlns:${prefix}`;
  for (let at: XmlElement | XmlDocument = element; at.kind === "element"; at = at.parent) {
    const declared = at.attributes.find((attribute) => attribute.name === name);
    if (declared) return declared.value;
  }
  return "";
}

/** Java's trim: control characters are white space, a no-break space is none. */
function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}
