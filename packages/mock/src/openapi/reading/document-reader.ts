import { nearestName } from "@dojang/model";
import { child, type DocumentNode, isMapping, items, ownValue, show } from "../documents/document-node.ts";
import { type OpenApiDocument, referenceOf } from "../documents/openapi-document.ts";
import type { Fault, Findings } from "./findings.ts";

/** What every reader of a part of a document needs: the document, and where findings go. */
export class DocumentReader {
  readonly document: OpenApiDocument;
  readonly findings: Findings;
  /** Schemas that were met, to be checked once the rest is read. */
  readonly schemas: DocumentNode[] = [];
  readonly #nearest = new Map<string, string | undefined>();

  constructor(document: OpenApiDocument, findings: Findings) {
    this.document = document;
    this.findings = findings;
  }

  report(node: DocumentNode, fault: Fault & { readonly key?: string | number }): void {
    this.findings.report(node, fault);
  }

  /** The mapping that stands at a node or that its reference leads to. Reports, and gives undefined, when there is none. */
  mapping(node: DocumentNode, what: string): DocumentNode | undefined {
    const resolution = this.document.follow(node);
    if (!resolution.ok) {
      this.report(node, resolution);
      return undefined;
    }
    if (isMapping(resolution.node.value)) return resolution.node;
    this.wrong(resolution.node, `${what} must be a mapping`, "write it as `key: value`");
    return undefined;
  }

  optionalMapping(parent: DocumentNode, key: string, what: string): DocumentNode | undefined {
    const node = child(parent, key);
    return node.value === undefined ? undefined : this.mapping(node, what);
  }

  text(parent: DocumentNode, key: string): string | undefined {
    const node = child(parent, key);
    if (node.value === undefined || typeof node.value === "string") return node.value;
    this.wrong(node, `\`${key}\` must be text`, `quote it: "${String(node.value)}"`);
    return undefined;
  }

  flag(parent: DocumentNode, key: string): boolean | undefined {
    const node = child(parent, key);
    if (node.value === undefined || typeof node.value === "boolean") return node.value;
    this.wrong(node, `\`${key}\` must be true or false`, "write true or false, without quotes");
    return undefined;
  }

  list(parent: DocumentNode, key: string): readonly DocumentNode[] {
    const node = child(parent, key);
    if (node.value === undefined) return [];
    if (!Array.isArray(node.value)) this.wrong(node, `\`${key}\` must be a list`, "write each entry after a `-`");
    return items(node);
  }

  /** A schema to check; undefined when the key is absent. */
  schema(parent: DocumentNode, key: string): DocumentNode | undefined {
    const node = child(parent, key);
    if (node.value === undefined) return undefined;
    this.schemas.push(node);
    return node;
  }

  wrong(node: DocumentNode, message: string, fix: string): void {
    this.report(node, { code: "openapi-value", message: `${message}, got ${show(node.value)}`, fix });
  }

  /**
   * Keys that are not known but nearly: misspelt ones. Others are left alone, for documents carry much that is no business of a
   * mock, and short ones are too near to everything.
   */
  misspelt(node: DocumentNode, known: readonly string[]): void {
    if (!isMapping(node.value) || referenceOf(node.value) !== undefined) return;
    for (const key of Object.keys(node.value)) {
      if (key.length < 5 || key.startsWith("x-") || known.includes(key)) continue;
      const near = this.near(key, known);
      if (near === undefined || ownValue(node.value, near) !== undefined) continue;
      this.report(node, {
        key,
        severity: "warning",
        code: "unknown-key",
        message: `the unknown key "${key}" is left out`,
        fix: `did you mean "${near}"?`,
      });
    }
  }

  /** The known name that a misspelt one means. Of many thousand different ones not all are looked up. */
  near(key: string, known: readonly string[]): string | undefined {
    const question = `${known[0]} ${known.length} ${key}`;
    if (!this.#nearest.has(question) && this.#nearest.size < mostKeysCompared) this.#nearest.set(question, nearestName(key, known));
    return this.#nearest.get(question);
  }
}

const mostKeysCompared = 2_000;
