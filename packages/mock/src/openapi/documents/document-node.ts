import type { DocumentFile } from "./document-file.ts";
import { pointerTo } from "./json-pointer.ts";

/** A value of a document together with where it stands. A value that does not exist is a node of `undefined`. */
export interface DocumentNode {
  readonly file: DocumentFile;
  readonly pointer: string;
  readonly value: unknown;
}

export type Mapping = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only own keys: a document may ask for `constructor`. */
export function ownValue(mapping: Mapping, key: string): unknown {
  return Object.hasOwn(mapping, key) ? mapping[key] : undefined;
}

export function child(node: DocumentNode, key: string | number): DocumentNode {
  const value = Array.isArray(node.value) ? node.value[Number(key)] : isMapping(node.value) ? ownValue(node.value, String(key)) : undefined;
  return { file: node.file, pointer: pointerTo(node.pointer, key), value };
}

/** Of a mapping, in the order written; none of anything else. */
export function entries(node: DocumentNode): readonly (readonly [string, DocumentNode])[] {
  const { value } = node;
  if (!isMapping(value)) return [];
  return Object.keys(value).map((key) => [key, { file: node.file, pointer: pointerTo(node.pointer, key), value: value[key] }]);
}

/** Of a list; none of anything else. */
export function items(node: DocumentNode): readonly DocumentNode[] {
  if (!Array.isArray(node.value)) return [];
  return node.value.map((value, index) => ({ file: node.file, pointer: pointerTo(node.pointer, index), value }));
}

/** How rules are named: `api.yaml#/paths/~1things/get`. */
export function placeOf(node: DocumentNode): string {
  return `${node.file.shown}#${node.pointer}`;
}

/** What was seen, for messages; long text is cut. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isMapping(value)) return "an object";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
