import { child, type DocumentNode, isMapping } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import { conjuncts } from "../schemas/inner-schemas.ts";
import type { SchemaShapes } from "../schemas/schema-shape.ts";

/** How a schema's `xml` object writes a value (name, namespace, prefix, attribute, wrapped). */
interface XmlHints {
  readonly name: string | undefined;
  readonly prefix: string;
  readonly namespace: string | undefined;
  readonly attribute: boolean;
  readonly wrapped: boolean;
}

interface Writing {
  readonly document: OpenApiDocument;
  readonly shapes: SchemaShapes;
}

/** A value as XML, as its schema's `xml` objects say. */
export function xmlBody(value: unknown, schema: DocumentNode, writing: Writing): string {
  const root =
    hintsOf([schema], writing.document).name ?? /\/schemas\/([^/]+)$/.exec(writing.document.resolve(schema)?.pointer ?? "")?.[1] ?? "root";
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, value, [schema], writing)}`;
}

function element(name: string, value: unknown, schemas: readonly DocumentNode[], writing: Writing): string {
  const hints = hintsOf(schemas, writing.document);
  const tag = xmlName(hints.prefix + (hints.name ?? name));
  const space =
    hints.namespace === undefined
      ? ""
      : ` xmlns${hints.prefix === "" ? "" : `:${hints.prefix.slice(0, -1)}`}="${escapeText(hints.namespace)}"`;
  const shapes = schemas.map((schema) => writing.shapes.of(schema));
  if (Array.isArray(value)) {
    const inner = shapes.flatMap((shape) => shape.items);
    const items = value.map((item) => element(hintsOf(inner, writing.document).name ?? hints.name ?? name, item, inner, writing)).join("");
    return hints.wrapped ? `<${tag}${space}>${items}</${tag}>` : items;
  }
  if (!isMapping(value)) return value === null ? `<${tag}${space}/>` : `<${tag}${space}>${escapeText(String(value))}</${tag}>`;
  let attributes = "";
  let content = "";
  for (const [key, each] of Object.entries(value)) {
    const inner = shapes.flatMap((shape) => shape.properties.get(key) ?? shape.additional);
    const own = hintsOf(inner, writing.document);
    if (own.attribute && !isMapping(each)) attributes += ` ${xmlName(own.prefix + (own.name ?? key))}="${escapeText(String(each))}"`;
    else content += element(key, each, inner, writing);
  }
  return `<${tag}${space}${attributes}>${content}</${tag}>`;
}

function hintsOf(schemas: readonly DocumentNode[], document: OpenApiDocument): XmlHints {
  const found = schemas.flatMap((schema) => conjuncts(document, schema)).map((part) => child(part, "xml"));
  const text = (key: string) => found.map((xml) => child(xml, key).value).find((value) => typeof value === "string");
  const flag = (key: string) => found.some((xml) => child(xml, key).value === true);
  const prefix = text("prefix");
  return {
    name: text("name"),
    prefix: prefix === undefined ? "" : `${prefix}:`,
    namespace: text("namespace"),
    attribute: flag("attribute"),
    wrapped: flag("wrapped"),
  };
}

function xmlName(name: string): string {
  const safe = name.replaceAll(/[^\p{L}\p{N}._:-]/gu, "_");
  return /^[\p{L}_]/u.test(safe) ? safe : `_${safe}`;
}

function escapeText(text: string): string {
  const marked = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  // Control characters cannot be written in XML 1.0 at all.
  return marked.replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "");
}
