import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit, YAMLMap } from "yaml";
import { pointerKeys } from "./json-pointer.ts";
import { jsonPosition, type Position } from "./json-position.ts";

/** One JSON or YAML file, read once. Where its values stand is looked up only when somebody has to be told. */
export interface DocumentFile {
  /** Absolute. */
  readonly path: string;
  /** As rules name it: relative to the folder of the documents. */
  readonly shown: string;
  /** As findings name it: relative to the working directory when it is below. */
  readonly given: string;
  readonly value: unknown;
  /** Of the value at a pointer, or of the nearest value around it. */
  position(pointer: string): Position | undefined;
}

export interface FileFault {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly at?: Position;
}

export type FileReading =
  | { readonly ok: true; readonly file: DocumentFile }
  | { readonly ok: false; readonly faults: readonly FileFault[] };

export interface FileName {
  readonly path: string;
  readonly shown: string;
  readonly given: string;
}

const largestFileBytes = 32 * 1024 * 1024;
/** What walks a document is recursive. */
const deepestNesting = 200;
/** Of YAML: how often anchors may be repeated, anchors inside anchors multiplied. */
const mostAliases = 10_000;
const mostFaultsShown = 20;

export function readDocumentFile(name: FileName): FileReading {
  let text: string;
  try {
    const { size } = statSync(name.path);
    if (size > largestFileBytes) {
      return refuse("file-too-large", `has ${size} bytes, at most ${largestFileBytes} are read`, "split the document into several files");
    }
    text = readFileSync(name.path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const why = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    return refuse("openapi-file", why, "check the path");
  }
  if (text.startsWith("\uFEFF")) text = text.slice(1);
  const reading = looksLikeJson(text) ? readJson(name, text) : readYaml(name, text);
  if (reading.ok && nestedDeeperThan(reading.file.value, deepestNesting)) {
    return tooDeep();
  }
  return reading;
}

function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

function readJson(name: FileName, text: string): FileReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Flow style of YAML begins with a brace too; and the YAML reader knows where JSON is broken.
    return readYaml(name, text);
  }
  return { ok: true, file: { ...name, value, position: (pointer) => nearest(pointer, (at) => jsonPosition(text, at)) } };
}

function readYaml(name: FileName, text: string): FileReading {
  const lines = new LineCounter();
  const faultsAt = (
    faults: readonly { readonly offset: number; readonly code: string; readonly message: string; readonly fix: string }[],
  ) => ({
    ok: false as const,
    faults: faults.slice(0, mostFaultsShown).map(({ offset, ...fault }) => ({ ...fault, at: positionAt(lines, offset) })),
  });
  try {
    const document = parseDocument(text, { ...yamlOptions, lineCounter: lines });
    if (document.errors.length > 0) {
      if (opensDeeperThan(text, deepestNesting)) return tooDeep();
      const fix = looksLikeJson(text) ? "correct the JSON there" : "correct the YAML there";
      return faultsAt(document.errors.map(({ message, pos }) => ({ offset: pos[0], code: "yaml-syntax", message, fix })));
    }
    const repeated = repeatedKeys(document);
    if (repeated.length > 0) {
      const fix = "remove or rename one of them";
      return faultsAt(
        repeated.map(({ key, offset }) => ({ offset, code: "repeated-key", message: `the key "${key}" is there twice`, fix })),
      );
    }
    return { ok: true, file: { ...name, value: document.toJS({ maxAliasCount: mostAliases }), position: yamlPositions(text) } };
  } catch (error) {
    if (error instanceof RangeError) return tooDeep();
    // toJS throws a ReferenceError for anchors that multiply beyond the limit.
    if (!(error instanceof ReferenceError)) throw error;
    return refuse("yaml-aliases", `its anchors stand for more than ${mostAliases} copies`, "use $ref instead of anchors");
  }
}

const yamlOptions = { version: "1.2", merge: true, uniqueKeys: false, prettyErrors: false } as const;

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function tooDeep(): FileReading {
  const fix = "move inner schemas to components and refer to them";
  return refuse("openapi-too-deep", `is nested more than ${deepestNesting} levels deep`, fix);
}

function refuse(code: string, message: string, fix: string): FileReading {
  return { ok: false, faults: [{ code, message, fix }] };
}

/** The parser reports the end of its own stack as a mistake of the file. */
function opensDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === "[" || bracket === "{" ? depth + 1 : Math.max(0, depth - 1);
    if (depth > limit) return true;
  }
  return false;
}

/** The library compares keys pairwise; documents have mappings of 10,000 keys. */
function repeatedKeys(document: ReturnType<typeof parseDocument>): readonly { readonly key: string; readonly offset: number }[] {
  const found: { key: string; offset: number }[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const pair of map.items) {
        if (!isScalar(pair.key)) continue;
        const key = String(pair.key.value);
        if (seen.has(key) && key !== "<<") found.push({ key, offset: pair.key.range?.[0] ?? 0 });
        seen.add(key);
      }
    },
  });
  return found;
}

/** Parses again, once, when the first place is asked for: a document without findings needs none. */
function yamlPositions(text: string): (pointer: string) => Position | undefined {
  let root: unknown;
  const lines = new LineCounter();
  return (pointer) => {
    root ??= parseDocument(text, { ...yamlOptions, lineCounter: lines }).contents;
    return nearest(pointer, (at) => {
      const offset = yamlOffset(root, pointerKeys(at));
      return offset === undefined ? undefined : positionAt(lines, offset);
    });
  };
}

/** Of the key where there is one: that is what a reader looks for. */
function yamlOffset(root: unknown, keys: readonly string[]): number | undefined {
  let node = root;
  let offset = isNode(root) ? root.range?.[0] : undefined;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined) return undefined;
      offset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (node instanceof YAMLMap || !isNode(node) || !("items" in node) || !Array.isArray(node.items)) return undefined;
    else {
      node = node.items[Number(key)];
      if (!isNode(node)) return undefined;
      offset = node.range?.[0];
    }
  }
  return offset;
}

function nearest(pointer: string, find: (pointer: string) => Position | undefined): Position | undefined {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf("/"))) {
    const found = find(at);
    if (found !== undefined || at === "") return found;
  }
}

/** Aliases of YAML share objects, and may even contain themselves: each is measured once, and a circle counts as too deep. */
function nestedDeeperThan(root: unknown, limit: number): boolean {
  const heights = new Map<object, number | "open">();
  const stack: { readonly value: object; readonly inner: readonly object[]; next: number; height: number }[] = [];
  const enter = (value: object) => {
    heights.set(value, "open");
    const inner = Object.values(value).filter((each) => typeof each === "object" && each !== null);
    stack.push({ value, inner, next: 0, height: 1 });
  };
  if (typeof root === "object" && root !== null) enter(root);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const inner = top.inner[top.next++];
    if (inner === undefined) {
      stack.pop();
      heights.set(top.value, top.height);
      const around = stack.at(-1);
      if (around !== undefined) around.height = Math.max(around.height, top.height + 1);
      if (top.height > limit) return true;
      continue;
    }
    const known = heights.get(inner);
    if (known === "open") return true;
    if (known === undefined) enter(inner);
    else top.height = Math.max(top.height, known + 1);
  }
  return false;
}

/** How a file is named to people. */
export function givenName(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative === "" || relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
}
