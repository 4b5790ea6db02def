import { realpathSync } from "node:fs";
import path from "node:path";
import type { Contract } from "./contract.ts";
import { type DocumentParts, documentParts } from "./document-parts.ts";
import { givenName, readDocumentFile } from "./documents/document-file.ts";
import { OpenApiDocument } from "./documents/openapi-document.ts";
import { OpenApiContract } from "./openapi-contract.ts";
import { DocumentReader } from "./reading/document-reader.ts";
import { Findings } from "./reading/findings.ts";
import { readDocument, versionOf } from "./reading/read-document.ts";
import { type Clash, ServedPaths } from "./routing/served-paths.ts";
import { checkSchemas } from "./schemas/check-schema.ts";
import { type Collection, readCollections } from "./state/read-collections.ts";

export interface ContractOptions {
  /** What a violation of a request means: the answer, or a note in the journal. */
  readonly mode: "strict" | "lenient";
  /** Of samples. */
  readonly seed: number;
  /** Folder that references may not leave. Without it, of each document its own. */
  readonly root?: string;
}

/**
 * Reads OpenAPI 3.0 and 3.1 documents, JSON or YAML, and everything their references reach below one folder. Throws one Problem
 * `openapi-document` (exit configuration) with every finding: file, line, place in the document, and the fix. Nothing is fetched.
 */
export async function loadContract(files: readonly string[], options: ContractOptions): Promise<Contract> {
  const findings = new Findings();
  const paths = new ServedPaths();
  const parts = new Map<OpenApiDocument, DocumentParts>();
  const collections: Collection[] = [];
  const absolute = [...new Set(files.map((file) => realOr(path.resolve(file))))];
  const shownFrom = commonFolder(absolute);
  const root = options.root === undefined ? undefined : realOr(path.resolve(options.root));
  for (const file of absolute) {
    const document = openDocument(file, { root: root ?? path.dirname(file), shownFrom }, findings);
    if (document === undefined) continue;
    const reader = new DocumentReader(document, findings);
    const declared = readDocument(reader);
    const graph = checkSchemas(reader);
    for (const { file: name, faults } of document.fileFaults) findings.file(name, faults);
    for (const each of declared) paths.add(each);
    const own = documentParts(document, graph, options.seed);
    parts.set(document, own);
    if (findings.count === 0) collections.push(...readCollections(reader, declared, own));
  }
  for (const clash of paths.clashes) reportClash(clash, findings);
  findings.throwIfAny();
  return new OpenApiContract({ paths, parts, collections, mode: options.mode, seed: options.seed, warnings: findings.warnings });
}

/** Within one document the first is meant; of two documents nobody can tell. */
function reportClash({ operation, earlier }: Clash, findings: Findings): void {
  const same = earlier.document === operation.document;
  findings.report(operation.node, {
    severity: same ? "warning" : "error",
    code: "openapi-repeated",
    message: same
      ? `${operation.name} is never reached: ${earlier.name} is declared before it`
      : `${operation.name} is declared already, in ${earlier.node.file.given}`,
    fix: same ? "remove one of them" : "remove one of them, or give the documents servers with different hosts or base paths",
  });
}

function openDocument(
  file: string,
  { root, shownFrom }: { readonly root: string; readonly shownFrom: string },
  findings: Findings,
): OpenApiDocument | undefined {
  const name = { path: file, shown: path.relative(shownFrom, file).split(path.sep).join("/"), given: givenName(file) };
  const reading = readDocumentFile(name);
  if (!reading.ok) {
    findings.file(name, reading.faults);
    return undefined;
  }
  const version = versionOf(reading.file.value);
  if ("version" in version) return new OpenApiDocument({ entry: reading.file, version: version.version, root, shownFrom });
  findings.report({ file: reading.file, pointer: "", value: reading.file.value }, { code: "openapi-version", ...version });
  return undefined;
}

function realOr(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function commonFolder(files: readonly string[]): string {
  const [first, ...rest] = files.map((file) => path.dirname(file).split(path.sep));
  if (first === undefined) return process.cwd();
  let length = first.length;
  for (const each of rest) {
    let same = 0;
    while (same < length && first[same] === each[same]) same++;
    length = same;
  }
  return first.slice(0, length).join(path.sep) || path.sep;
}
