import { readDocumentType } from "./document-type.ts";
import { illegalCharacter, NAME } from "./xml-characters.ts";
import { readDeclaration } from "./xml-declaration.ts";
import type { XmlEntities } from "./xml-entities.ts";
import { PREMATURE_END, UNFINISHED } from "./xml-refusals.ts";
import { noQualifiedName, type TreeBuilder, XmlTreeProblem } from "./xml-tree-builder.ts";

/** Why a text is no XML document, in the words of Java's parser, and where. */
export class XmlRefusal extends Error {
  readonly reason: string;

  constructor(reason: string, line: number, column: number) {
    super(`${reason}; line ${line}; column ${column}`);
    this.reason = reason;
  }
}

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
    if (illegal >= 0)
      this.#fail(
        `An invalid XML character (Unicode: 0x${this.#text.charCodeAt(illegal).toString(16)}) was found in the document.`,
        illegal,
      );
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
        if (this.#text[this.#at] !== "<") this.#fail(`Content is not allowed in ${hasRoot ? "trailing section" : "prolog"}.`);
        if (hasRoot) this.#fail("The markup in the document following the root element must be well-formed.");
        this.#element();
        this.#content(() => this.#tree.depth > 0);
        hasRoot = true;
      }
    }
    if (!hasRoot) this.#fail(PREMATURE_END);
  }

  #declaration(): void {
    const end = readDeclaration(this.#text);
    if (typeof end === "string") this.#fail(end, 0);
    this.#at = end;
  }

  #documentType(): void {
    const found = readDocumentType(this.#text, this.#at) ?? this.#fail("The document type declaration must be well-formed.");
    this.#entities.type = found.type;
    this.#at = found.end;
  }

  /** What stands within elements, as long as that is asked for. */
  #content(goesOn: () => boolean): void {
    while (goesOn()) {
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail(UNFINISHED);
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
    if (end >= 0) this.#fail(STRAY_CDATA_END, this.#at + end);
    this.#tree.text(text);
    this.#at += text.length;
  }

  #reference(): void {
    const end = this.#text.indexOf(";", this.#at);
    const name = this.#text.slice(this.#at + 1, Math.max(end, 0));
    if (name === "" || /[\s&<]/.test(name)) this.#unclosedReference(this.#text.slice(this.#at + 1));
    const char = this.#entities.character(name);
    if (char === "") this.#fail(`Character reference "&${name};" is an invalid XML character.`);
    if (char === undefined) this.#entityContent(name);
    else this.#tree.text(char);
    this.#at = end + 1;
  }

  /** Text of an entity may hold elements, as long as it closes those it opens. */
  #entityContent(name: string): void {
    const depth = this.#tree.depth;
    const problem = this.#entities.use(name, (text) => new XmlReader(text, this.#tree, this.#entities).#fragment());
    if (problem !== undefined) this.#fail(problem);
    if (this.#tree.depth !== depth) this.#fail(UNFINISHED);
  }

  #cdata(): void {
    const end = this.#text.indexOf("]]>", this.#at);
    if (end < 0) this.#fail(UNFINISHED);
    this.#tree.cdata(this.#text.slice(this.#at + "<![CDATA[".length, end));
    this.#at = end + 3;
  }

  /** False when neither comes next. */
  #commentOrInstruction(): boolean {
    if (this.#startsWith("<!--")) this.#comment();
    else if (/^<!-./s.test(this.#text.slice(this.#at, this.#at + 4))) this.#fail('Comment must start with "<!--".');
    else if (this.#startsWith("<?")) this.#instruction();
    else return false;
    return true;
  }

  #comment(): void {
    const end = this.#text.indexOf("--", this.#at + 4);
    if (end < 0) this.#fail(UNFINISHED);
    if (end + 2 === this.#text.length) this.#fail(UNFINISHED);
    if (this.#text[end + 2] !== ">") this.#fail('The string "--" is not permitted within comments.', end);
    this.#tree.comment(this.#text.slice(this.#at + 4, end));
    this.#at = end + 3;
  }

  #instruction(): void {
    this.#at += 2;
    const target = this.#name("The processing instruction must begin with the name of the target.");
    if (target.toLowerCase() === "xml") this.#fail('The processing instruction target matching "[xX][mM][lL]" is not allowed.');
    const end = this.#text.indexOf("?>", this.#at);
    if (end < 0) this.#fail(UNFINISHED);
    const data = this.#text.slice(this.#at, end);
    if (data !== "" && !/^\s/.test(data)) this.#fail("White space is required between the processing instruction target and data.");
    this.#tree.instruction(target, data.trimStart());
    this.#at = end + 2;
  }

  #element(): void {
    this.#at++;
    const name = this.#name(
      this.#tree.depth > 0
        ? "The content of elements must consist of well-formed character data or markup."
        : "The markup in the document preceding the root element must be well-formed.",
    );
    if (this.#tree.namespaces && name.endsWith(":")) this.#fail(noQualifiedName(name), 0);
    const attributes = new Map<string, string>();
    for (;;) {
      const isParted = this.#skipSpace();
      if (this.#startsWith("/>") || this.#startsWith(">")) break;
      if (!isParted) this.#fail(afterName(name));
      this.#attribute(name, attributes);
    }
    for (const each of this.#entities.type.defaults.get(name) ?? []) {
      if (!attributes.has(each.name)) attributes.set(each.name, this.#attributeValue(each.value, each.name, name));
    }
    this.#tree.open(name, attributes);
    if (this.#startsWith("/>")) {
      this.#tree.close();
      this.#at++;
    }
    this.#at++;
  }

  #attribute(element: string, attributes: Map<string, string>): void {
    const name = this.#name(afterName(element));
    if (this.#tree.namespaces && name.endsWith(":")) this.#fail(noQualifiedName(name), 0);
    this.#skipSpace();
    if (this.#text[this.#at] !== "=")
      this.#fail(`Attribute name "${name}" associated with an element type "${element}" must be followed by the ' = ' character.`);
    this.#at++;
    this.#skipSpace();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'")
      this.#fail(`Open quote is expected for attribute "${name}" associated with an  element type  "${element}".`);
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) this.#fail(this.#text.includes("<", this.#at) ? markupInValue(name, element) : UNFINISHED);
    if (attributes.has(name)) this.#fail(`Attribute "${name}" was already specified for element "${element}".`);
    attributes.set(name, this.#attributeValue(this.#text.slice(this.#at + 1, end), name, element));
    this.#at = end + 1;
  }

  /** White space is a space each, references are what they mean, those of entities too. */
  #attributeValue(raw: string, name: string, element: string): string {
    if (raw.includes("<")) this.#fail(markupInValue(name, element));
    const value = raw.replace(/[\t\n]/g, " ");
    if (!value.includes("&")) return value;
    return value.replace(/&([^;&]*)(;?)/g, (_, reference: string, closed: string) => {
      if (closed === "") this.#unclosedReference(reference);
      const char = this.#entities.character(reference);
      if (char === "") this.#fail(`Character reference "&${reference};" is an invalid XML character.`);
      if (char !== undefined) return char;
      let expanded = "";
      const problem = this.#entities.use(reference, (text) => {
        expanded = this.#attributeValue(text, name, element);
      });
      return problem === undefined ? expanded : this.#fail(problem);
    });
  }

  #endTag(): void {
    this.#at += 2;
    const name = this.#name(mismatch(this.#tree.openName));
    if (name !== this.#tree.openName) this.#fail(mismatch(this.#tree.openName));
    this.#skipSpace();
    if (!this.#startsWith(">")) this.#fail(`The end-tag for element type "${name}" must end with a '>' delimiter.`);
    this.#at++;
    this.#tree.close();
  }

  /** With the reason to give when there is none. */
  #name(refusal: string): string {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[0] ?? this.#fail(refusal);
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

  /** What begins after `&`. */
  #unclosedReference(rest: string): never {
    NAME.lastIndex = 0;
    const name = NAME.exec(rest)?.[0];
    if ((name ?? "") === rest) this.#fail(UNFINISHED);
    if (name === undefined) this.#fail("The entity name must immediately follow the '&' in the entity reference.");
    this.#fail(`The reference to entity "${name}" must end with the ';' delimiter.`);
  }

  /** A text that ends where something has to follow is unfinished, whatever that is. */
  #fail(reason: string, at = this.#at): never {
    const before = this.#text.slice(0, at);
    const rest = this.#text.slice(at);
    const isCut = at > 0 && (rest === "" || OPENINGS.some((opening) => opening.startsWith(rest) || opening.startsWith(`<${rest}`)));
    const isUnfinished = isCut && !/^(?:Premature|The element type)/.test(reason);
    throw new XmlRefusal(isUnfinished ? UNFINISHED : reason, before.split("\n").length, at - before.lastIndexOf("\n"));
  }
}

function afterName(element: string): string {
  return `Element type "${element}" must be followed by either attribute specifications, ">" or "/>".`;
}

function markupInValue(attribute: string, element: string): string {
  return `The value of attribute "${attribute}" associated with an element type "${element}" must not contain the '<' character.`;
}

function mismatch(open: string | undefined): string {
  if (open === undefined) return "The markup in the document preceding the root element must be well-formed.";
  return `The element type "${open}" must be terminated by the matching end-tag "</${open}>".`;
}

/** Of what begins with `<!`. */
const OPENINGS = ["<!--", "<!DOCTYPE"];
const STRAY_CDATA_END = 'The character sequence "]]>" must not appear in content unless used to mark the end of a CDATA section.';
const PLAIN = /[^<&]*/y;
const SPACE = /[ \t\n]*/y;
