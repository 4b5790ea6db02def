import { readDocumentType } from "./document-type.ts";
import { illegalCharacter, NAME } from "./xml-characters.ts";
import type { XmlEntities } from "./xml-entities.ts";
import { type TreeBuilder, XmlTreeProblem } from "./xml-tree-builder.ts";

/** Why a text is no XML document, and where. */
export class XmlRefusal extends Error {}

/**
 * Reads the text of a document, or of an entity, and builds its tree. A text is read from left to right once; elements are not nested in
 * calls, so depth is the tree's to limit.
 */
export class XmlReader {
  readonly #text: string;
  readonly #tree: TreeBuilder;
  readonly #entities: XmlEntities;
  #at = 0;

  /** Line ends are `\n` already. */
  constructor(text: string, tree: TreeBuilder, entities: XmlEntities) {
    this.#text = text;
    this.#tree = tree;
    this.#entities = entities;
  }

  /** Throws XmlRefusal. */
  readDocument(): void {
    const illegal = illegalCharacter(this.#text);
    if (illegal >= 0) this.#fail("A character that XML does not allow", illegal);
    this.#building(() => this.#document());
  }

  /** The text of an entity: whole elements and text. */
  #fragment(): void {
    this.#content(() => this.#at < this.#text.length);
  }

  /** Gives problems of the tree their place. */
  #building(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (error instanceof XmlTreeProblem) this.#fail(error.message);
      throw error;
    }
  }

  #document(): void {
    this.#declaration();
    let hasRoot = false;
    let hasType = false;
    while (this.#at < this.#text.length) {
      if (this.#skipSpace()) continue;
      if (this.#startsWith("<!DOCTYPE") && !hasRoot && !hasType) {
        this.#documentType();
        hasType = true;
      } else if (!this.#commentOrInstruction()) {
        if (this.#text[this.#at] !== "<") this.#fail(hasRoot ? "Text after the root element" : "Text before the root element");
        if (hasRoot) this.#fail("A second root element");
        this.#element();
        this.#content(() => this.#tree.depth > 0);
        hasRoot = true;
      }
    }
    if (!hasRoot) this.#fail("There is no root element");
  }

  #declaration(): void {
    if (!/^<\?xml\s/.test(this.#text)) return;
    const end = this.#text.indexOf("?>");
    const [all, version] = DECLARATION.exec(end < 0 ? "" : this.#text.slice(5, end)) ?? [];
    if (all === undefined) this.#fail("The XML declaration is not well-formed");
    if (version !== "1.0" && version !== "1.1") this.#fail("Only XML 1.0 and 1.1 are supported");
    this.#at = end + 2;
  }

  #documentType(): void {
    const found = readDocumentType(this.#text, this.#at) ?? this.#fail("The document type declaration is not well-formed");
    this.#entities.type = found.type;
    this.#at = found.end;
  }

  /** What stands within elements, as long as that is asked for. */
  #content(goesOn: () => boolean): void {
    while (goesOn()) {
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail(`<${this.#tree.openName}> is not closed`);
      if (char === "&") this.#reference();
      else if (char !== "<") this.#characters();
      else if (this.#startsWith("</")) this.#endTag();
      else if (this.#startsWith("<![CDATA[")) this.#cdata();
      else if (!this.#commentOrInstruction()) this.#element();
    }
  }

  #characters(): void {
    PLAIN.lastIndex = this.#at;
    const text = PLAIN.exec(this.#text)?.[0] ?? "";
    const end = text.indexOf("]]>");
    if (end >= 0) this.#fail("]]> may not stand in text", this.#at + end);
    this.#tree.text(text);
    this.#at += text.length;
  }

  #reference(): void {
    const end = this.#text.indexOf(";", this.#at);
    const name = this.#text.slice(this.#at + 1, Math.max(end, 0));
    if (name === "" || /[\s&<]/.test(name)) this.#fail("A reference is not closed by ;");
    const char = this.#entities.character(name);
    if (char === "") this.#fail(`&${name}; is a character that XML does not allow`);
    if (char === undefined) this.#entityContent(name);
    else this.#tree.text(char);
    this.#at = end + 1;
  }

  /** Text of an entity may hold elements, as long as it closes those it opens. */
  #entityContent(name: string): void {
    const depth = this.#tree.depth;
    const problem = this.#entities.use(name, (text) => new XmlReader(text, this.#tree, this.#entities).#fragment());
    if (problem !== undefined) this.#fail(problem);
    if (this.#tree.depth !== depth) this.#fail(`The entity ${name} opens and closes different elements`);
  }

  #cdata(): void {
    const end = this.#text.indexOf("]]>", this.#at);
    if (end < 0) this.#fail("A CDATA section is not closed");
    this.#tree.cdata(this.#text.slice(this.#at + "<![CDATA[".length, end));
    this.#at = end + 3;
  }

  /** False when neither comes next. */
  #commentOrInstruction(): boolean {
    if (this.#startsWith("<!--")) this.#comment();
    else if (this.#startsWith("<?")) this.#instruction();
    else return false;
    return true;
  }

  #comment(): void {
    const end = this.#text.indexOf("--", this.#at + 4);
    if (end < 0) this.#fail("A comment is not closed");
    if (this.#text[end + 2] !== ">") this.#fail("-- may not stand in a comment", end);
    this.#tree.comment(this.#text.slice(this.#at + 4, end));
    this.#at = end + 3;
  }

  #instruction(): void {
    this.#at += 2;
    const target = this.#name("the target of a processing instruction");
    if (target.toLowerCase() === "xml") this.#fail("A processing instruction may not be called xml");
    const end = this.#text.indexOf("?>", this.#at);
    if (end < 0) this.#fail("A processing instruction is not closed");
    const data = this.#text.slice(this.#at, end);
    if (data !== "" && !/^\s/.test(data)) this.#fail("White space has to follow the target of a processing instruction");
    this.#tree.instruction(target, data.trimStart());
    this.#at = end + 2;
  }

  #element(): void {
    this.#at++;
    const name = this.#name("the name of an element");
    const attributes = new Map<string, string>();
    for (;;) {
      const isParted = this.#skipSpace();
      if (this.#startsWith("/>") || this.#startsWith(">")) break;
      if (!isParted) this.#fail(`Attributes of <${name}> are parted by white space`);
      this.#attribute(name, attributes);
    }
    for (const each of this.#entities.type.defaults.get(name) ?? []) {
      if (!attributes.has(each.name)) attributes.set(each.name, this.#attributeValue(each.value, each.name));
    }
    this.#tree.open(name, attributes);
    if (this.#startsWith("/>")) {
      this.#tree.close();
      this.#at++;
    }
    this.#at++;
  }

  #attribute(element: string, attributes: Map<string, string>): void {
    const name = this.#name(`an attribute of <${element}>, > or />`);
    this.#skipSpace();
    if (this.#text[this.#at] !== "=") this.#fail(`The attribute ${name} of <${element}> has no value`);
    this.#at++;
    this.#skipSpace();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail(`The value of ${name} in <${element}> is not quoted`);
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) this.#fail(`The value of ${name} in <${element}> is not closed`);
    if (attributes.has(name)) this.#fail(`<${element}> has the attribute ${name} twice`);
    attributes.set(name, this.#attributeValue(this.#text.slice(this.#at + 1, end), name));
    this.#at = end + 1;
  }

  /** White space is a space each, references are what they mean, those of entities too. */
  #attributeValue(raw: string, name: string): string {
    if (raw.includes("<")) this.#fail(`The value of ${name} contains <`);
    const value = raw.replace(/[\t\n]/g, " ");
    if (!value.includes("&")) return value;
    return value.replace(/&([^;&]*)(;?)/g, (_, reference: string, closed: string) => {
      if (closed === "") this.#fail(`A reference in ${name} is not closed by ;`);
      const char = this.#entities.character(reference);
      if (char === "") this.#fail(`&${reference}; is a character that XML does not allow`);
      if (char !== undefined) return char;
      let expanded = "";
      const problem = this.#entities.use(reference, (text) => {
        expanded = this.#attributeValue(text, name);
      });
      return problem === undefined ? expanded : this.#fail(problem);
    });
  }

  #endTag(): void {
    this.#at += 2;
    const name = this.#name("the name of an element");
    if (name !== this.#tree.openName) this.#fail(`</${name}> closes <${this.#tree.openName}>`);
    this.#skipSpace();
    if (!this.#startsWith(">")) this.#fail(`</${name} is not closed by >`);
    this.#at++;
    this.#tree.close();
  }

  #name(what: string): string {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[0] ?? this.#fail(`Expected ${what}`);
    this.#at += name.length;
    return name;
  }

  /** Whether there was any. */
  #skipSpace(): boolean {
    const start = this.#at;
    SPACE.lastIndex = start;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
    return this.#at > start;
  }

  #startsWith(expected: string): boolean {
    return this.#text.startsWith(expected, this.#at);
  }

  #fail(reason: string, at = this.#at): never {
    const before = this.#text.slice(0, at);
    throw new XmlRefusal(`${reason}; line ${before.split("\n").length}, column ${at - before.lastIndexOf("\n")}`);
  }
}

const DECLARATION =
  /^\s+version\s*=\s*["']([^"']*)["'](?:\s+encoding\s*=\s*["'][A-Za-z][A-Za-z0-9._-]*["'])?(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*$/;
const PLAIN = /[^<&]*/y;
const SPACE = /[ \t\n]*/y;
