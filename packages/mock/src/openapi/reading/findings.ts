import { type Finding, Problem } from "@dojang/model";
import type { DocumentFile, FileFault, FileName } from "../documents/document-file.ts";
import type { DocumentNode } from "../documents/document-node.ts";
import { child } from "../documents/document-node.ts";
import type { Advice } from "../documents/openapi-document.ts";

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly fix: Advice;
}

interface Noted extends Fault {
  readonly node: DocumentNode;
}

const mostShown = 100;

/** What is wrong with documents, gathered so that all is told at once. Lines are looked up for what is shown. */
export class Findings {
  readonly #files: Finding[] = [];
  readonly #noted: Noted[] = [];
  readonly #seen = new Map<DocumentFile, Set<string>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** At a node, or at one of its keys. The same is told once. */
  report(node: DocumentNode, fault: Fault & { readonly key?: string | number }): void {
    const at = fault.key === undefined ? node : child(node, fault.key);
    const seen = this.#seen.get(at.file) ?? new Set();
    this.#seen.set(at.file, seen);
    const key = `${at.pointer}\n${fault.message}`;
    if (this.#noted.length >= mostShown || seen.has(key)) {
      if (!seen.has(key)) this.#count++;
      return;
    }
    seen.add(key);
    this.#count++;
    this.#noted.push({ ...fault, node: at });
  }

  file(name: FileName, faults: readonly FileFault[]): void {
    this.#count += faults.length;
    for (const { at, ...fault } of faults) this.#files.push({ severity: "error", ...fault, place: { file: name.given, ...at } });
  }

  throwIfAny(): void {
    if (this.#count === 0) return;
    const findings = [...this.#files, ...this.#noted.map(toFinding)].sort(byPlace);
    const first = findings[0];
    const more = this.#count > findings.length ? `; the first ${findings.length} are shown` : "";
    throw new Problem({
      code: "openapi-document",
      message: this.#count === 1 ? "an OpenAPI document cannot be used" : `OpenAPI documents have ${this.#count} findings${more}`,
      fix: "correct what is listed",
      exit: "configuration",
      place: first?.place,
      findings,
    });
  }
}

function toFinding({ code, message, fix, node }: Noted): Finding {
  const place = { file: node.file.given, ...node.file.position(node.pointer), path: `#${node.pointer}` };
  return { severity: "error", code, place, message, fix: typeof fix === "string" ? fix : fix() };
}

function byPlace(left: Finding, right: Finding): number {
  if (left.place.file !== right.place.file) return left.place.file < right.place.file ? -1 : 1;
  return (left.place.line ?? 0) - (right.place.line ?? 0) || (left.place.column ?? 0) - (right.place.column ?? 0);
}
