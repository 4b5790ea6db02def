import { TextDecoder } from "node:util";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { DamagedReport } from "./damaged-report.ts";

/** An element without its namespace prefix. `text` is all character data directly inside, entities decoded. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** Deeper than any report nests, shallow enough for recursion. */
const deepestElement = 200;

/**
 * Reads XML that nobody vouches for. Entities a document defines itself are never expanded and nothing is fetched, so
 * neither an external entity (XXE) nor a billion laughs does anything: `&name;` stays as written. Only the five predefined
 * and the numeric references of XML 1.0 section 4.6 are decoded, and not inside CDATA.
 */
export function parseXml(content: Uint8Array): XmlElement {
  const xml = decode(content);
  const verdict = XMLValidator.validate(xml, { allowBooleanAttributes: true });
  if (verdict !== true) throw new DamagedReport(verdict.err.msg, { line: verdict.err.line, column: verdict.err.col });
  const root = parseNodes(xml)
    .map((node) => toElement(node, 0))
    .find((element) => element !== undefined);
  if (root === undefined) throw new DamagedReport("holds no element", { line: 1, column: 1 });
  return root;
}

export function childrenNamed(element: XmlElement, ...names: readonly string[]): XmlElement[] {
  return element.children.filter((child) => names.includes(child.name));
}

function parseNodes(xml: string): readonly unknown[] {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    allowBooleanAttributes: true,
    processEntities: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    removeNSPrefix: true,
    cdataPropName: "#cdata",
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
  });
  try {
    const nodes: unknown = parser.parse(xml);
    return Array.isArray(nodes) ? nodes : [];
  } catch (error) {
    throw new DamagedReport(error instanceof Error ? error.message : "is not XML", {}, { cause: error });
  }
}

/** The parser's ordered form is `{ [tag]: children, ":@": attributes }`, with `#text` and `#cdata` for character data. */
function toElement(node: unknown, depth: number): XmlElement | undefined {
  if (depth > deepestElement) throw new DamagedReport(`elements are nested more than ${deepestElement} deep`);
  if (!isRecord(node)) return undefined;
  const name = Object.keys(node).find((key) => key !== ":@");
  if (name === undefined || name.startsWith("#")) return undefined;
  const inner = Array.isArray(node[name]) ? node[name] : [];
  const children: XmlElement[] = [];
  let text = "";
  for (const child of inner) {
    const characters = characterData(child);
    if (characters !== undefined) text += characters;
    else {
      const element = toElement(child, depth + 1);
      if (element !== undefined) children.push(element);
    }
  }
  return { name, attributes: attributesOf(node[":@"]), children, text };
}

function characterData(node: unknown): string | undefined {
  if (!isRecord(node)) return undefined;
  if ("#text" in node) return decodeReferences(String(node["#text"]));
  const sections = node["#cdata"];
  if (!Array.isArray(sections)) return undefined;
  return sections.map((section) => (isRecord(section) ? String(section["#text"] ?? "") : "")).join("");
}

function attributesOf(raw: unknown): Readonly<Record<string, string>> {
  if (!isRecord(raw)) return {};
  return Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, decodeReferences(String(value))]));
}

const predefined: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function decodeReferences(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(predefined, name) ? (predefined[name] ?? whole) : whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}

function decode(content: Uint8Array): string {
  if (content[0] === 0xff && content[1] === 0xfe) return new TextDecoder("utf-16le").decode(content);
  if (content[0] === 0xfe && content[1] === 0xff) return new TextDecoder("utf-16be").decode(content);
  const head = new TextDecoder("latin1").decode(content.subarray(0, 200));
  const declared = /^\s*<\?xml[^>]*encoding=["']([\w.:-]+)["']/.exec(head)?.[1] ?? "utf-8";
  return decoderFor(declared).decode(content);
}

function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
