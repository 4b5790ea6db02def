import { isNamespaceDeclaration, type XmlChild, type XmlDocument, type XmlElement, type XmlNode } from "./xml-node.ts";

/**
 * A found node as WireMock makes text of it: elements and documents as indented XML with a line end behind it, attributes and text as
 * their value.
 */
export function renderXmlNode(node: XmlNode): string {
  switch (node.kind) {
    case "attribute":
      return node.value;
    case "text":
      return node.text;
    case "cdata":
      return `[#cdata-section: ${node.text}]`;
    case "comment":
      return `[#comment: ${node.text}]`;
    case "instruction":
      return `[${node.target}: ${node.text}]`;
    default:
      return new XmlPrinter(true).print(node.kind === "document" ? node.children : [node]);
  }
}

/** A document indented by two, or on one line, without declaration. White space between elements counts as text: see `withoutBlankText`. */
export function formatXml(document: XmlDocument, layout: "pretty" | "compact"): string {
  return new XmlPrinter(layout === "pretty").print(document.children);
}

/** Many small elements far down would be indented by gigabytes: what comes later is written without. */
const MAX_INDENTED_CHARACTERS = 100_000_000;

/**
 * Writes nodes as Java's serializer does with indentation by two: every child of an element on a line of its own, unless all there is
 * is text. Text loses the line ends it begins with, and lies between its neighbours' lines with the rest of its white space. Below
 * `xml:space="preserve"` nothing is moved.
 */
class XmlPrinter {
  readonly #indents: boolean;
  /** By prefix, in force where the printer is. */
  readonly #namespaces = new Map<string, string>();
  #out = "";
  #depth = 0;
  /** Of the innermost element: children so far, text counted once it is written. */
  #children = 0;
  #preserves = false;
  /** Text that waits for what follows it. */
  #waiting: string[] = [];
  #wroteText = false;
  #startsNewLine = false;
  #isStartTagOpen = false;

  constructor(indents: boolean) {
    this.#indents = indents;
  }

  print(nodes: readonly XmlChild[]): string {
    for (const node of nodes) this.#node(node);
    this.#flush(false);
    return this.#indents && !this.#wroteText ? `${this.#out}\n` : this.#out;
  }

  get #formats(): boolean {
    return this.#indents && !this.#preserves && this.#out.length < MAX_INDENTED_CHARACTERS;
  }

  #node(node: XmlChild): void {
    switch (node.kind) {
      case "element":
        this.#element(node);
        break;
      case "text":
        this.#text(node.text);
        break;
      case "cdata":
        this.#cdata(node.text);
        break;
      case "comment":
        this.#beforeNode();
        this.#closeStartTag();
        if (this.#formats && this.#depth > 0) this.#newLine(this.#depth);
        this.#out += `<!--${node.text}-->`;
        break;
      case "instruction":
        this.#beforeNode();
        this.#closeStartTag();
        if (this.#formats && this.#depth > 0) this.#newLine(this.#depth);
        this.#out += `<?${node.target}${node.text === "" ? "" : ` ${node.text}`}?>`;
        this.#startsNewLine = true;
    }
  }

  #element(element: XmlElement): void {
    this.#beforeNode();
    this.#closeStartTag();
    if (this.#formats && this.#depth > 0 && this.#startsNewLine) this.#newLine(this.#depth);
    this.#startsNewLine = true;
    const outer = this.#startTag(element);
    const saved = { children: this.#children, preserves: this.#preserves };
    this.#children = 0;
    const space = element.attributes.find((attribute) => attribute.name === "xml:space")?.value;
    if (space !== undefined) this.#preserves = space === "preserve";
    this.#isStartTagOpen = true;
    this.#wroteText = false;
    this.#depth++;
    for (const child of element.children) this.#node(child);
    this.#endElement(element);
    for (const [prefix, uri] of outer) this.#namespaces.set(prefix, uri);
    this.#depth--;
    this.#children = saved.children;
    this.#preserves = saved.preserves;
    this.#wroteText = false;
  }

  #endElement(element: XmlElement): void {
    this.#flush(false);
    if (this.#isStartTagOpen) {
      this.#out += "/>";
      this.#isStartTagOpen = false;
      return;
    }
    if (this.#formats && (this.#children > 1 || !this.#wroteText)) this.#newLine(this.#depth - 1);
    this.#out += `</${element.name}>`;
  }

  #text(text: string): void {
    if (text === "") return;
    this.#closeStartTag();
    if (this.#formats) this.#waiting.push(text);
    else this.#write(escapeText(text));
  }

  #cdata(text: string): void {
    this.#flush(true);
    if (text === "") return;
    this.#closeStartTag();
    if (this.#formats && this.#depth > 0 && this.#children > 1) this.#newLine(this.#depth);
    this.#write(`<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`);
  }

  #write(text: string): void {
    this.#out += text;
    this.#wroteText = true;
  }

  #beforeNode(): void {
    this.#children++;
    this.#flush(false);
  }

  #flush(beforeText: boolean): void {
    const [first] = this.#waiting;
    if (!this.#formats || first === undefined) return;
    if (!beforeText) this.#children++;
    const ownLine = this.#depth > 0 && this.#children > 1;
    if (ownLine) {
      this.#newLine(this.#depth);
      this.#startsNewLine = true;
    }
    const text = ownLine ? this.#waiting.join("").replace(/^\n+/, "") : this.#waiting.join("");
    this.#waiting = [];
    if (text !== "") this.#write(escapeText(text));
  }

  #closeStartTag(): void {
    if (!this.#isStartTagOpen) return;
    this.#out += ">";
    this.#isStartTagOpen = false;
  }

  /**
   * A start tag without its end: declarations that are not in force yet first, that of the root element's own prefix before
   * the others, then attributes, then what the element's own prefix lacks. Gives what the declarations are hiding.
   */
  #startTag(element: XmlElement): readonly (readonly [string, string])[] {
    const hidden: [string, string][] = [];
    const declare = (prefix: string, uri: string) => {
      const known = this.#namespaces.get(prefix) ?? "";
      if (prefix === "xml" || known === uri) return;
      hidden.push([prefix, known]);
      this.#namespaces.set(prefix, uri);
      if (prefix === "" || uri !== "") this.#out += ` xmlns${prefix === "" ? "" : `:${prefix}`}="${escapeAttribute(uri)}"`;
    };
    this.#out += `<${element.name}`;
    const declarations = element.attributes.filter(isNamespaceDeclaration);
    const own = this.#depth > 0 ? undefined : declarations.find(({ name }) => name === `xmlns:${element.prefix}`);
    if (own) declare(own.localName, own.value);
    for (const { name, localName, value } of declarations) declare(name === "xmlns" ? "" : localName, value);
    const attributes = element.attributes.filter((attribute) => !isNamespaceDeclaration(attribute));
    for (const { prefix, namespace } of attributes) if (namespace !== undefined) declare(prefix ?? "", namespace);
    for (const { name, value } of attributes) this.#out += ` ${name}="${escapeAttribute(value)}"`;
    if (element.namespace !== undefined) declare(element.prefix ?? "", element.namespace);
    return hidden.reverse();
  }

  #newLine(depth: number): void {
    this.#out += `\n${"  ".repeat(depth)}`;
  }
}

/** Java writes characters beyond the first plane as numbers, and controls that XML 1.1 restricts. */
function escapeText(text: string): string {
  return text.replace(/[&<>\r\u007f-\u009f]|[\ud800-\udbff][\udc00-\udfff]/g, (char) => NAMED[char] ?? `&#${char.codePointAt(0)};`);
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"\t\n\r\u007f-\u009f]|[\ud800-\udbff][\udc00-\udfff]/g, (char) => NAMED[char] ?? `&#${char.codePointAt(0)};`);
}

const NAMED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
