import { realpathSync } from "node:fs";
import path from "node:path";
import { nameAdvice } from "@dojang/model";
import { type DocumentFile, type FileFault, type FileName, givenName, readDocumentFile } from "./document-file.ts";
import { child, type DocumentNode, isMapping, ownValue, placeOf } from "./document-node.ts";
import { decodeFragment, pointerKeys } from "./json-pointer.ts";

export type OpenApiVersion = "3.0" | "3.1";

export type Resolution =
  | { readonly ok: true; readonly node: DocumentNode }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly fix: Advice };

/** Worked out only for what is shown: the nearest of 10,000 names takes time. */
export type Advice = string | (() => string);

/** Longest way of references that refer to references. */
const longestChain = 64;
const mostFiles = 10_000;

/**
 * One OpenAPI document: the file given, and what its references reach below one folder. Files are read when the first reference
 * asks for them. Nothing is fetched, and nothing outside the folder is opened, symbolic links included.
 */
export class OpenApiDocument {
  readonly entry: DocumentFile;
  readonly version: OpenApiVersion;
  /** Of files that were refused: told once each. */
  readonly fileFaults: { readonly file: FileName; readonly faults: readonly FileFault[] }[] = [];
  readonly #root: string;
  readonly #shownFrom: string;
  readonly #files = new Map<string, DocumentFile | undefined>();
  readonly #resolutions = new Map<string, Resolution>();
  readonly #anchors = new Map<DocumentFile, ReadonlyMap<string, DocumentNode>>();

  constructor(options: {
    readonly entry: DocumentFile;
    readonly version: OpenApiVersion;
    readonly root: string;
    readonly shownFrom: string;
  }) {
    this.entry = options.entry;
    this.version = options.version;
    this.#root = options.root;
    this.#shownFrom = options.shownFrom;
    this.#files.set(options.entry.path, options.entry);
  }

  /** Absolute paths of what was opened so far, also of files that were refused. */
  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  get top(): DocumentNode {
    return { file: this.entry, pointer: "", value: this.entry.value };
  }

  /** Follows `$ref` until something else stands there. Undefined where that fails: it was found while loading. */
  resolve(node: DocumentNode): DocumentNode | undefined {
    const resolution = this.follow(node);
    return resolution.ok ? resolution.node : undefined;
  }

  follow(start: DocumentNode): Resolution {
    let node = start;
    for (let steps = 0; steps < longestChain; steps++) {
      const ref = referenceOf(node.value);
      if (ref === undefined) return { ok: true, node };
      const next = this.target(node, ref);
      if (!next.ok) return next;
      node = next.node;
    }
    return refused("ref-circular", `the reference ${show(referenceOf(start.value))} leads back to itself`, "refer to something else");
  }

  /** What one `$ref` names, which may be a reference again. */
  target(from: DocumentNode, ref: string): Resolution {
    const key = `${from.file.path}\n${ref}`;
    let resolution = this.#resolutions.get(key);
    if (resolution === undefined) {
      resolution = this.#find(from.file, ref);
      this.#resolutions.set(key, resolution);
    }
    return resolution;
  }

  #find(from: DocumentFile, ref: string): Resolution {
    const hash = ref.indexOf("#");
    const filePart = hash < 0 ? ref : ref.slice(0, hash);
    const fragment = hash < 0 ? "" : decodeFragment(ref.slice(hash + 1));
    if (filePart !== "") {
      const named = this.#anchorsOf(from).get(filePart);
      if (named !== undefined) return this.#inside(named, fragment, ref);
    }
    if (/^[a-z][a-z0-9+.-]*:/i.test(filePart)) {
      return refused("ref-remote", `${show(ref)} is not a file`, "nothing is fetched: put a copy beside the document and refer to it");
    }
    const file = filePart === "" ? from : this.#open(path.resolve(path.dirname(from.path), decodeFragment(filePart)), ref);
    if ("ok" in file) return file;
    return this.#inside({ file, pointer: "", value: file.value }, fragment, ref);
  }

  #inside(start: DocumentNode, fragment: string, ref: string): Resolution {
    if (fragment !== "" && !fragment.startsWith("/")) {
      const anchors = this.#anchorsOf(start.file);
      const node = anchors.get(`#${fragment}`);
      if (node !== undefined) return { ok: true, node };
      return refused("ref-unknown", `${show(ref)} leads nowhere: there is no $anchor "${fragment}"`, () =>
        adviceFor(`#${fragment}`, [...anchors.keys()], "anchors"),
      );
    }
    let node = start;
    for (const key of pointerKeys(fragment)) {
      const inner = child(node, key);
      if (inner.value === undefined) {
        // A path may lead through a reference: `#/paths/~1things/get` where the path is kept in a file of its own.
        const behind = referenceOf(node.value) === undefined ? undefined : this.resolve(node);
        const beyond = behind === undefined ? undefined : child(behind, key);
        if (beyond?.value === undefined) return unknownKey(ref, node, key);
        node = beyond;
      } else node = inner;
    }
    return { ok: true, node };
  }

  #open(asked: string, ref: string): DocumentFile | Extract<Resolution, { ok: false }> {
    let real: string;
    try {
      real = realpathSync(asked);
    } catch {
      return refused(
        "ref-unknown",
        `${show(ref)} leads nowhere: there is no file ${givenName(asked)}`,
        "correct the path; it is relative to the file that it stands in",
      );
    }
    const inside = path.relative(this.#root, real);
    if (inside.startsWith("..") || path.isAbsolute(inside)) {
      return refused(
        "ref-outside",
        `${show(ref)} leaves the folder of the document, ${givenName(this.#root)}`,
        "move the file below that folder",
      );
    }
    if (!this.#files.has(real)) {
      if (this.#files.size >= mostFiles) return refused("too-many-files", `more than ${mostFiles} files`, "join some of them");
      const name = { path: real, shown: path.relative(this.#shownFrom, real).split(path.sep).join("/"), given: givenName(real) };
      const reading = readDocumentFile(name);
      if (!reading.ok) this.fileFaults.push({ file: name, faults: reading.faults });
      this.#files.set(real, reading.ok ? reading.file : undefined);
    }
    return this.#files.get(real) ?? refused("ref-unreadable", `${show(ref)} is in a file that cannot be read`, "correct that file first");
  }

  /** `$anchor` as `#name` and `$id` as written, of schemas anywhere in a file (3.1). */
  #anchorsOf(file: DocumentFile): ReadonlyMap<string, DocumentNode> {
    let anchors = this.#anchors.get(file);
    if (anchors === undefined) {
      const found = new Map<string, DocumentNode>();
      if (this.version === "3.1") collectAnchors({ file, pointer: "", value: file.value }, found, new Set());
      anchors = found;
      this.#anchors.set(file, anchors);
    }
    return anchors;
  }
}

/** The text of a `$ref`; undefined where there is none. */
export function referenceOf(value: unknown): string | undefined {
  if (!isMapping(value)) return undefined;
  const ref = ownValue(value, "$ref");
  return typeof ref === "string" ? ref : undefined;
}

function collectAnchors(node: DocumentNode, found: Map<string, DocumentNode>, seen: Set<object>): void {
  if (typeof node.value !== "object" || node.value === null || seen.has(node.value)) return;
  seen.add(node.value);
  if (isMapping(node.value)) {
    const anchor = ownValue(node.value, "$anchor");
    const id = ownValue(node.value, "$id");
    if (typeof anchor === "string") found.set(`#${anchor}`, node);
    if (typeof id === "string") found.set(id.replace(/#$/, ""), node);
  }
  for (const key of Object.keys(node.value)) collectAnchors(child(node, key), found, seen);
}

function unknownKey(ref: string, around: DocumentNode, key: string): Resolution {
  return refused("ref-unknown", `${show(ref)} leads nowhere: there is no "${key}" in ${placeOf(around)}`, () =>
    adviceFor(key, isMapping(around.value) ? Object.keys(around.value) : [], "names"),
  );
}

/** Of many names only those of about the same length are compared. */
export function adviceFor(asked: string, known: readonly string[], what: string): string {
  if (known.length <= mostNamesCompared) return nameAdvice(asked, known, what);
  const similar = known.filter((name) => Math.abs(name.length - asked.length) <= 2).slice(0, mostNamesCompared);
  return nameAdvice(asked, similar.length > 0 ? similar : known.slice(0, mostNamesCompared), what);
}

const mostNamesCompared = 300;

function refused(code: string, message: string, fix: Advice): Extract<Resolution, { ok: false }> {
  return { ok: false, code, message, fix };
}

function show(text: string | undefined): string {
  return JSON.stringify(text ?? "");
}
