/** What a document's internal DTD declares, as far as reading needs it. Nothing outside the document is read. */
export interface DocumentType {
  /** Text that entities stand for; external ones are empty. */
  readonly entities: ReadonlyMap<string, string>;
  /** Attributes that elements have without being written. */
  readonly defaults: ReadonlyMap<string, readonly { readonly name: string; readonly value: string }[]>;
}

export const NO_DOCUMENT_TYPE: DocumentType = { entities: new Map(), defaults: new Map() };

/** Longer declarations are refused. */
const MAX_LENGTH = 500_000;

/** Reads `<!DOCTYPE …>` that begins at a place; undefined when it has no end. */
export function readDocumentType(source: string, start: number): { readonly type: DocumentType; readonly end: number } | undefined {
  const text = source.slice(0, start + MAX_LENGTH);
  const entities = new Map<string, string>();
  const defaults = new Map<string, { name: string; value: string }[]>();
  const head = /<!DOCTYPE\s+[^\s[>]+(?:\s+(?:SYSTEM\s*(?:"[^"]*"|'[^']*')|PUBLIC\s*(?:"[^"]*"|'[^']*')\s*(?:"[^"]*"|'[^']*')))?\s*([[>])/y;
  head.lastIndex = start;
  const opening = head.exec(text);
  if (!opening) return undefined;
  if (opening[1] === ">") return { type: NO_DOCUMENT_TYPE, end: head.lastIndex };
  const part = /\s+|%[^;\s]+;|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!(ENTITY|ATTLIST|ELEMENT|NOTATION)((?:[^>"']|"[^"]*"|'[^']*')*)>|\]\s*>/y;
  part.lastIndex = head.lastIndex;
  for (let found = part.exec(text); found; found = part.exec(text)) {
    if (found[0].startsWith("]")) return { type: { entities, defaults }, end: part.lastIndex };
    if (found[1] === "ENTITY") declareEntity(found[2] ?? "", entities);
    if (found[1] === "ATTLIST") declareAttributes(found[2] ?? "", defaults);
  }
  return undefined;
}

/** The first declaration of a name counts. */
function declareEntity(declaration: string, entities: Map<string, string>): void {
  const [, name, double, single] = /^\s+([^\s%]+)\s+(?:"([^"]*)"|'([^']*)'|SYSTEM|PUBLIC)/.exec(declaration) ?? [];
  if (name !== undefined && !entities.has(name)) entities.set(name, expandCharacters(double ?? single ?? ""));
}

/** References to characters count when an entity is declared, those to other entities when it is used. */
function expandCharacters(text: string): string {
  return text.replace(/&#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}));/g, (reference, hex?: string, decimal?: string) => {
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    // A character that would be markup stays a reference, so that it is not taken for markup.
    return point > 0x10ffff || point === 0x3c || point === 0x26 ? reference : String.fromCodePoint(point);
  });
}

function declareAttributes(declaration: string, defaults: Map<string, { name: string; value: string }[]>): void {
  const element = /^\s+(\S+)/.exec(declaration)?.[1];
  if (element === undefined) return;
  const known = defaults.get(element) ?? [];
  const attribute = /\s+([^\s"']+)\s+(?:[A-Z]+|(?:NOTATION\s*)?\([^)]*\))\s+(?:#REQUIRED|#IMPLIED|(?:#FIXED\s+)?(?:"([^"]*)"|'([^']*)'))/y;
  attribute.lastIndex = declaration.indexOf(element) + element.length;
  for (let found = attribute.exec(declaration); found; found = attribute.exec(declaration)) {
    const value = found[2] ?? found[3];
    const name = found[1] ?? "";
    if (value !== undefined && !known.some((each) => each.name === name)) known.push({ name, value });
  }
  defaults.set(element, known);
}
