import { XmlEntities } from "./xml-entities.ts";
import type { XmlDocument } from "./xml-node.ts";
import { XmlReader, XmlRefusal } from "./xml-reader.ts";
import { TreeBuilder } from "./xml-tree-builder.ts";

export type XmlParse =
  | { readonly ok: true; readonly document: XmlDocument }
  /** The reason, and with where it was found. */
  | { readonly ok: false; readonly reason: string; readonly message: string };

export interface XmlParseOptions {
  /** Prefixes are resolved, and have to be declared. Default false, as WireMock reads for XPath and templates. */
  readonly namespaces?: boolean;
  /** Default true. */
  readonly comments?: boolean;
}

/**
 * Reads a document as Java's parser does, without validation. Nothing outside the text is ever read: external entities are empty, and
 * internal ones expand to a bounded size. Documents with more than a million nodes or nested more than a thousand deep are refused.
 * Never throws.
 */
export function parseXml(text: string, options: XmlParseOptions = {}): XmlParse {
  const tree = new TreeBuilder(options);
  try {
    new XmlReader(text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text, tree, new XmlEntities()).readDocument();
    return { ok: true, document: tree.document };
  } catch (error) {
    if (error instanceof XmlRefusal) return { ok: false, reason: error.reason, message: error.message };
    // A name of millions of characters is more than a regular expression takes.
    if (error instanceof RangeError) return { ok: false, reason: "A name is too long", message: "A name is too long" };
    throw error;
  }
}
