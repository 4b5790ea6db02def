import { type DocumentType, NO_DOCUMENT_TYPE } from "./document-type.ts";
import { isXmlCharacter } from "./xml-characters.ts";

/** Of all text that the entities of one document expand to, and of entities within entities. */
const MAX_EXPANSION = 1_000_000;
const MAX_DEPTH = 20;

const PREDEFINED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** The entities of one document, and how much of them was used. */
export class XmlEntities {
  type: DocumentType = NO_DOCUMENT_TYPE;
  #expanded = 0;
  #depth = 0;

  /** The character a reference means: `lt`, `#10`, `#xA`; undefined for other names, "" for one that XML does not allow. */
  character(name: string): string | undefined {
    if (Object.hasOwn(PREDEFINED, name)) return PREDEFINED[name];
    if (!name.startsWith("#")) return undefined;
    const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]{1,8})|(\d{1,9}))$/.exec(name) ?? [];
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return isXmlCharacter(point) ? String.fromCodePoint(point) : "";
  }

  /** Reads an entity's text within `read`; the reason when it cannot be used. */
  use(name: string, read: (text: string) => void): string | undefined {
    const text = this.type.entities.get(name);
    if (text === undefined) return `The entity "${name}" was referenced, but not declared.`;
    this.#expanded += text.length;
    if (this.#expanded > MAX_EXPANSION) return `Entities expand to more than ${MAX_EXPANSION} characters`;
    if (this.#depth >= MAX_DEPTH) return `Entities refer to each other more than ${MAX_DEPTH} deep`;
    this.#depth++;
    read(text);
    this.#depth--;
    return undefined;
  }
}
