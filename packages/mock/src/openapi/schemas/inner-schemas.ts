import { child, type DocumentNode, entries, isMapping, items } from "../documents/document-node.ts";
import { type OpenApiDocument, referenceOf } from "../documents/openapi-document.ts";

/** `in-place` schemas look at the same value as the schema around them, `below` ones at a part of it, `aside` ones are only kept there. */
export interface InnerSchema {
  readonly keyword: string;
  readonly node: DocumentNode;
  readonly reach: "in-place" | "below" | "aside";
}

const single = new Map<string, InnerSchema["reach"]>([
  ["not", "in-place"],
  ["if", "in-place"],
  ["then", "in-place"],
  ["else", "in-place"],
  ["items", "below"],
  ["contains", "below"],
  ["propertyNames", "below"],
  ["additionalProperties", "below"],
  ["unevaluatedProperties", "below"],
  ["unevaluatedItems", "below"],
]);
const listed = new Map<string, InnerSchema["reach"]>([
  ["allOf", "in-place"],
  ["anyOf", "in-place"],
  ["oneOf", "in-place"],
  ["prefixItems", "below"],
]);
const named = new Map<string, InnerSchema["reach"]>([
  ["dependentSchemas", "in-place"],
  ["properties", "below"],
  ["patternProperties", "below"],
  ["$defs", "aside"],
  ["definitions", "aside"],
]);

/** The schemas written inside a schema; what a `$ref` names is not inside. */
export function innerSchemas(node: DocumentNode): readonly InnerSchema[] {
  if (!isMapping(node.value)) return [];
  const found: InnerSchema[] = [];
  for (const keyword of Object.keys(node.value)) {
    const one = single.get(keyword);
    const list = listed.get(keyword);
    const map = named.get(keyword);
    if (one !== undefined && !Array.isArray(node.value[keyword])) found.push({ keyword, node: child(node, keyword), reach: one });
    if (list !== undefined) for (const each of items(child(node, keyword))) found.push({ keyword, node: each, reach: list });
    if (map !== undefined) for (const [, each] of entries(child(node, keyword))) found.push({ keyword, node: each, reach: map });
  }
  return found;
}

const mostConjuncts = 500;

/**
 * The schemas that all apply to the value of a schema: itself, what its reference names, and every `allOf` among those, each once.
 * A schema without value (`true`) is none.
 */
export function conjuncts(document: OpenApiDocument, start: DocumentNode): readonly DocumentNode[] {
  const found = new Map<object, DocumentNode>();
  const queue = [start];
  for (let next = 0; next < queue.length && found.size < mostConjuncts; next++) {
    const node = queue[next];
    if (!isMapping(node?.value) || found.has(node.value)) continue;
    found.set(node.value, node);
    const ref = referenceOf(node.value);
    const target = ref === undefined ? undefined : document.target(node, ref);
    if (target?.ok) queue.push(target.node);
    if (ref === undefined || document.version === "3.1") queue.push(...items(child(node, "allOf")));
  }
  return [...found.values()].filter(({ value }) => document.version === "3.1" || referenceOf(value) === undefined);
}
