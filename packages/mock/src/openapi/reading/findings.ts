import { type Finding, Problem } from "@dojang/model";
import type { DocumentFile, FileFault, FileName } from "../documents/document-file.ts";
import type { DocumentNode } from "../documents/document-node.ts";
import { child } from "../documents/document-node.ts";
import type { Advice } from "../documents/openapi-document.ts";

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly fix: Advice;
  /** A warning leaves the document usable, and its message says how it is read. Default error. */
  readonly severity?: "error" | "warning";
}

export interface Noted extends Fault {
  readonly node: DocumentNode;
}

const mostShown = 100;

/** What is wrong with documents, gathered so that all is told at once. Lines are looked up for what is shown. */
export class Findings {
  readonly #files: Finding[] = [];
  readonly #noted: Noted[] = [];
  readonly #seen = new Map<DocumentFile, Set<string>>();
  #errors = 0;
  #warnings = 0;

  /** Of errors. */
  get count(): number {
    return this.#errors;
  }

  /** At a node, or at one of its keys. The same is told once. */
  report(node: DocumentNode, fault: Fault & { readonly key?: string | number }): void {
    const at = fault.key === undefined ? node : child(node, fault.key);
    const seen = this.#seen.get(at.file) ?? new Set();
    this.#seen.set(at.file, seen);
    const key = `${at.pointer}\n${fault.message}`;
    if (seen.has(key)) return;
    seen.add(key);
    const warning = fault.severity === "warning";
    const count = warning ? ++this.#warnings : ++this.#errors;
    if (count <= mostShown) this.#noted.push({ ...fault, node: at });
  }

  file(name: FileName, faults: readonly FileFault[]): void {
    this.#errors += faults.length;
    for (const { at, ...fault } of faults) this.#files.push({ severity: "error", ...fault, place: { file: name.given, ...at } });
  }

  /** At most 100. */
  get warnings(): readonly Finding[] {
    return this.#noted
      .filter(({ severity }) => severity === "warning")
      .map(toFinding)
      .sort(byPlace);
  }

  throwIfAny(): void {
    if (this.#errors === 0) return;
    const findings = [...this.#files, ...this.#noted.map(toFinding)].sort(byPlace);
    const first = findings.find(({ severity }) => severity === "error");
    const more = this.#errors > mostShown ? `; the first ${mostShown} are shown` : "";
    throw new Problem({
      code: "openapi-document",
      message: this.#errors === 1 ? "an OpenAPI document cannot be used" : `OpenAPI documents have ${this.#errors} mistakes${more}`,
      fix: "correct what is listed",
      exit: "configuration",
      place: first?.place,
      findings,
    });
  }
}

export function toFinding({ code, message, fix, severity = "error", node }: Noted): Finding {
  const place = { file: node.file.given, ...node.file.position(node.pointer), path: `#${node.pointer}` };
  return { severity, code, place, message, fix: typeof fix === "string" ? fix : fix() };
}

function byPlace(left: Finding, right: Finding): number {
  if (left.place.file !== right.place.file) return left.place.file < right.place.file ? -1 : 1;
  return (left.place.line ?? 0) - (right.place.line ?? 0) || (left.place.column ?? 0) - (right.place.column ?? 0);
}
