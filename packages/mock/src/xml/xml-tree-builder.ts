import { isXmlName } from "./xml-characters.ts";
import { XML_NAMESPACE, XMLNS_NAMESPACE, type XmlAttribute, type XmlChild, type XmlDocument, type XmlElement } from "./xml-node.ts";

/** Larger and deeper documents are refused: walking them is recursive, and nodes take memory. */
const MAX_NODES = 1_000_000;
const MAX_DEPTH = 1000;

/** Something a tree cannot be built of: the reader says where. */
export class XmlTreeProblem extends Error {}

type Mutable<Node> = { -readonly [Key in keyof Node]: Node[Key] };
interface OpenElement {
  readonly node: XmlElement | XmlDocument;
  readonly children: XmlChild[];
  /** Prefixes in force, `""` for the default namespace. */
  readonly scope: ReadonlyMap<string, string>;
}

/** Makes the tree of what a reader finds in a document. */
export class TreeBuilder {
  /** Whether prefixes are resolved. */
  readonly namespaces: boolean;
  readonly #comments: boolean;
  readonly #document: XmlDocument;
  readonly #open: OpenElement[];
  #order = 0;

  constructor({ namespaces = false, comments = true }: { readonly namespaces?: boolean; readonly comments?: boolean }) {
    this.namespaces = namespaces;
    this.#comments = comments;
    const children: XmlChild[] = [];
    this.#document = { kind: "document", children, parent: undefined, order: this.#next(), namespaces };
    this.#open = [{ node: this.#document, children, scope: new Map([["xml", XML_NAMESPACE]]) }];
  }

  get document(): XmlDocument {
    return this.#document;
  }

  /** Elements that are open. */
  get depth(): number {
    return this.#open.length - 1;
  }

  get openName(): string | undefined {
    const { node } = this.#innermost;
    return node.kind === "element" ? node.name : undefined;
  }

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.depth >= MAX_DEPTH) throw new XmlTreeProblem(`Elements are nested more than ${MAX_DEPTH} deep`);
    const outer = this.#innermost;
    const scope = this.namespaces ? scopeOf(attributes, outer.scope) : outer.scope;
    const children: XmlChild[] = [];
    const made: XmlAttribute[] = [];
    const element: XmlElement = {
      kind: "element",
      name,
      ...this.#names(name, scope, "element"),
      attributes: made,
      children,
      parent: outer.node,
      order: this.#next(),
    };
    for (const [key, value] of [...attributes].sort(([one], [two]) => (one < two ? -1 : 1))) {
      made.push({
        kind: "attribute",
        name: key,
        ...this.#names(key, scope, "attribute", name),
        value,
        parent: element,
        order: this.#next(),
      });
    }
    if (this.namespaces) refuseTwins(element);
    outer.children.push(element);
    this.#open.push({ node: element, children, scope });
  }

  close(): void {
    this.#open.pop();
  }

  /** Joins the text before it. */
  text(text: string): void {
    const { node, children } = this.#innermost;
    const last = children.at(-1);
    // The builder made it, and shows it to nobody before the document is complete.
    if (last?.kind === "text") (last as Mutable<typeof last>).text += text;
    else if (text !== "") children.push({ kind: "text", text, parent: node, order: this.#next() });
  }

  cdata(text: string): void {
    const { node, children } = this.#innermost;
    children.push({ kind: "cdata", text, parent: node, order: this.#next() });
  }

  comment(text: string): void {
    const { node, children } = this.#innermost;
    if (this.#comments) children.push({ kind: "comment", text, parent: node, order: this.#next() });
  }

  instruction(target: string, text: string): void {
    const { node, children } = this.#innermost;
    children.push({ kind: "instruction", target, text, parent: node, order: this.#next() });
  }

  get #innermost(): OpenElement {
    // The document is never closed.
    return this.#open.at(-1) as OpenElement;
  }

  #next(): number {
    if (this.#order > MAX_NODES) throw new XmlTreeProblem(`The document has more than ${MAX_NODES} nodes`);
    return this.#order++;
  }

  /** Without namespaces the local name is what XPath's local-name() makes of the name. */
  #names(
    name: string,
    scope: ReadonlyMap<string, string>,
    kind: "element" | "attribute",
    element = name,
  ): Pick<XmlElement, "prefix" | "localName" | "namespace"> {
    const colon = name.indexOf(":");
    const prefix = colon < 0 ? undefined : name.slice(0, colon);
    const localName = name.slice(colon + 1);
    if (!this.namespaces) return { prefix, localName, namespace: undefined };
    if (prefix === undefined) {
      if (kind === "attribute") return { prefix, localName, namespace: name === "xmlns" ? XMLNS_NAMESPACE : undefined };
      return { prefix, localName, namespace: scope.get("") || undefined };
    }
    if (prefix === "" || !isXmlName(localName) || localName.includes(":")) throw new XmlTreeProblem(noQualifiedName(name));
    if (prefix === "xmlns") return { prefix, localName, namespace: XMLNS_NAMESPACE };
    const namespace = scope.get(prefix);
    if (namespace === undefined) throw new XmlTreeProblem(unboundPrefix(prefix, name, kind === "attribute" ? element : undefined));
    return { prefix, localName, namespace };
  }
}

function scopeOf(attributes: ReadonlyMap<string, string>, outer: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  let scope: Map<string, string> | undefined;
  for (const [name, value] of attributes) {
    const prefix = name === "xmlns" ? "" : name.startsWith("xmlns:") ? name.slice("xmlns:".length) : undefined;
    if (prefix === undefined) continue;
    if (prefix === "xmlns" || value === XMLNS_NAMESPACE) throw new XmlTreeProblem("The prefix xmlns may not be declared");
    if ((prefix === "xml") !== (value === XML_NAMESPACE)) throw new XmlTreeProblem("The prefix xml is bound to its own namespace");
    if (prefix !== "" && value === "") throw new XmlTreeProblem(`The prefix ${prefix} is bound to nothing`);
    scope ??= new Map(outer);
    scope.set(prefix, value);
  }
  return scope ?? outer;
}

export function noQualifiedName(name: string): string {
  return `Element or attribute "${name}" do not match QName production: QName::=(NCName:)?NCName.`;
}

function unboundPrefix(prefix: string, name: string, element: string | undefined): string {
  if (element === undefined) return `The prefix "${prefix}" for element "${name}" is not bound.`;
  return `The prefix "${prefix}" for attribute "${name}" associated with an element type "${element}" is not bound.`;
}

function refuseTwins(element: XmlElement): void {
  const seen = new Set<string>();
  for (const { namespace, localName, name } of element.attributes) {
    if (namespace === undefined) continue;
    const key = `${namespace} ${localName}`;
    if (seen.has(key)) throw new XmlTreeProblem(`Attribute "${name}" was already specified for element "${element.name}".`);
    seen.add(key);
  }
}
