import { usualResponse } from "../answers/choose-response.ts";
import type { DocumentParts } from "../document-parts.ts";
import { child, type DocumentNode, isMapping, show } from "../documents/document-node.ts";
import { adviceFor } from "../documents/openapi-document.ts";
import { bodyForm } from "../messages/media-type.ts";
import type { DocumentReader } from "../reading/document-reader.ts";
import type { Operation } from "../reading/operation.ts";
import type { DeclaredPath } from "../reading/read-document.ts";

/**
 * A pair of paths that keep what is created (`x-dojang-state`): a collection, `/todos`, and its items, `/todos/{id}`.
 */
export interface Collection {
  readonly collection: DeclaredPath;
  readonly item: DeclaredPath;
  /** The property of an entity that the last variable of the item's path names. */
  readonly id: string;
  /** That variable. */
  readonly variable: string;
  /** The property of a listing that holds the entities; undefined when the listing is a list itself. */
  readonly list: string | undefined;
  /** The property of an answer that holds one entity; undefined when the answer is the entity itself. */
  readonly entity: string | undefined;
  /** Whether it begins with the entities of the document's examples. */
  readonly examples: boolean;
  readonly node: DocumentNode;
}

interface Wish {
  readonly collection: string;
  readonly item?: string;
  readonly id?: string;
  readonly list?: string;
  readonly entity?: string;
  readonly examples: boolean;
  readonly node: DocumentNode;
  /** Asked for by name: what cannot be played is told. Of `x-dojang-state: true` it is left out. */
  readonly named: boolean;
}

const keys = ["collection", "item", "id", "list", "entity", "examples"];
const extension = "x-dojang-state";

export function readCollections(reader: DocumentReader, paths: readonly DeclaredPath[], parts: DocumentParts): readonly Collection[] {
  const byTemplate = new Map(paths.map((path) => [path.template, path]));
  const wishes = [...wishesOfPaths(reader, paths), ...wishesOfTop(reader, paths)];
  const taken = new Set<string>();
  return wishes.flatMap((wish) => {
    if (taken.has(wish.collection)) return [];
    taken.add(wish.collection);
    const found = toCollection(wish, byTemplate, parts);
    if (!("message" in found)) return [found];
    if (wish.named) reader.report(wish.node, { code: "openapi-state", ...found });
    return [];
  });
}

function wishesOfPaths(reader: DocumentReader, paths: readonly DeclaredPath[]): readonly Wish[] {
  return paths.flatMap((path) => {
    const node = child(path.node, extension);
    if (node.value === undefined || node.value === false) return [];
    return readWish(reader, node, path.template) ?? [];
  });
}

function wishesOfTop(reader: DocumentReader, paths: readonly DeclaredPath[]): readonly Wish[] {
  const node = child(reader.document.top, extension);
  if (node.value === undefined || node.value === false) return [];
  if (node.value !== true) {
    const listed = Array.isArray(node.value) ? node.value.map((_, index) => child(node, index)) : [node];
    return listed.flatMap((each) => readWish(reader, each, undefined) ?? []);
  }
  const shapes = new Set(paths.map(({ template }) => template.replace(/\{[^{}/]*\}$/, "{}")));
  return paths
    .filter((path) => child(path.node, extension).value !== false && shapes.has(`${path.template}/{}`))
    .map((path) => ({ collection: path.template, examples: true, node, named: false }));
}

function readWish(reader: DocumentReader, node: DocumentNode, template: string | undefined): Wish | undefined {
  if (node.value === true && template !== undefined) return { collection: template, examples: true, node, named: true };
  if (!isMapping(node.value)) {
    reader.wrong(
      node,
      `\`${extension}\` must be true, or say which paths it means`,
      "write `{ collection: /todos, item: /todos/{id}, id: id }`",
    );
    return undefined;
  }
  for (const key of Object.keys(node.value)) {
    if (keys.includes(key)) continue;
    reader.report(node, { key, code: "unknown-key", message: `unknown key "${key}"`, fix: () => adviceFor(key, keys, "keys") });
  }
  const collection = reader.text(node, "collection") ?? template;
  if (collection === undefined) {
    reader.report(node, {
      code: "openapi-state",
      message: "this state does not say which paths it means",
      fix: "add `collection: /todos`",
    });
    return undefined;
  }
  const texts = ["item", "id", "list", "entity"].flatMap((key) => {
    const text = reader.text(node, key);
    return text === undefined ? [] : [[key, text]];
  });
  return { collection, ...Object.fromEntries(texts), examples: reader.flag(node, "examples") ?? true, node, named: true };
}

interface Refusal {
  readonly message: string;
  readonly fix: string | (() => string);
}

function toCollection(wish: Wish, paths: ReadonlyMap<string, DeclaredPath>, parts: DocumentParts): Collection | Refusal {
  const templates = [...paths.keys()];
  const collection = paths.get(wish.collection);
  if (collection === undefined) return unknownPath(wish.collection, templates);
  const item = wish.item === undefined ? itemPath(wish.collection, paths) : paths.get(wish.item);
  if (item === undefined) {
    if (wish.item !== undefined) return unknownPath(wish.item, templates);
    return { message: `${wish.collection} has no path of its items`, fix: "declare a path such as /todos/{id}, or name it with `item:`" };
  }
  const variable = /\{([^{}/]+)\}$/.exec(item.template)?.[1];
  if (variable === undefined) {
    return { message: `the path of items, ${item.template}, does not end in a variable`, fix: "write it as /todos/{id}" };
  }
  const read = answerSchema(item, "GET") ?? answerSchema(collection, "POST") ?? answerSchema(item, "PUT") ?? answerSchema(item, "PATCH");
  if (read === undefined) {
    const message = `no operation of ${item.template} answers with JSON of a schema, so it is not known what an entity is`;
    return { message, fix: "declare `get` there with the schema of an entity" };
  }
  const place = placeOfId(read, { wish, variable, collection: wish.collection }, parts);
  if ("message" in place) return place;
  const listed = placeOfList(collection, wish, parts);
  if (typeof listed === "object") return listed;
  return { collection, item, variable, id: place.id, entity: place.entity, list: listed, examples: wish.examples, node: wish.node };
}

function unknownPath(asked: string, templates: readonly string[]): Refusal {
  return { message: `there is no path "${asked}"`, fix: () => adviceFor(asked, templates, "paths") };
}

function itemPath(collection: string, paths: ReadonlyMap<string, DeclaredPath>): DeclaredPath | undefined {
  return [...paths.values()].find(
    ({ template }) => template.startsWith(`${collection}/{`) && /^\{[^{}/]+\}$/.test(template.slice(collection.length + 1)),
  );
}

/** Of the JSON that an operation answers with when all is well. */
export function answerSchema(path: DeclaredPath, method: string): DocumentNode | undefined {
  const operation = operationOf(path, method);
  const chosen = operation === undefined ? undefined : usualResponse(operation);
  return chosen?.declared.content.find(({ type }) => bodyForm(type) === "json")?.schema;
}

export function operationOf(path: DeclaredPath, method: string): Operation | undefined {
  return path.operations.find(({ operation }) => operation.method === method)?.operation;
}

function placeOfId(
  schema: DocumentNode,
  { wish, variable, collection }: { wish: Wish; variable: string; collection: string },
  { shapes }: DocumentParts,
): { readonly id: string; readonly entity: string | undefined } | Refusal {
  const candidates =
    wish.id === undefined ? [variable, "id", "_id", `${singular(collection)}Id`, `${singular(collection)}_id`, "uuid"] : [wish.id];
  const outer = shapes.of(schema).properties;
  const inside = wish.entity === undefined ? [...outer.keys()] : [wish.entity];
  const direct = wish.entity === undefined ? candidates.find((name) => outer.has(name)) : undefined;
  if (direct !== undefined) return { id: direct, entity: undefined };
  const wrapped = inside.flatMap((entity) => {
    const inner = (outer.get(entity) ?? []).map((node) => shapes.of(node).properties);
    const id = candidates.find((name) => inner.some((properties) => properties.has(name)));
    return id === undefined ? [] : [{ id, entity }];
  });
  const [only, ...more] = wrapped;
  if (only !== undefined && more.length === 0) return only;
  if (only !== undefined) {
    const names = wrapped.map(({ entity }) => entity).join(", ");
    return { message: `an entity may be in ${names} of ${collection}'s answers`, fix: "name the property with `entity:`" };
  }
  const known = [...outer.keys()];
  return {
    message: `an entity of ${collection} has no property ${candidates.map(show).join(" or ")}`,
    fix: () =>
      known.length === 0
        ? "declare the properties of the entity's schema"
        : `name one of its properties with \`id:\`: ${known.slice(0, 12).join(", ")}`,
  };
}

export function singular(collection: string): string {
  const last = collection.split("/").at(-1) ?? "";
  return last.replace(/ies$/, "y").replace(/s$/, "");
}

/** The property that holds the list; undefined for a listing that is a list, or when nothing is listed. */
function placeOfList(collection: DeclaredPath, wish: Wish, { shapes }: DocumentParts): string | undefined | Refusal {
  const schema = answerSchema(collection, "GET");
  if (schema === undefined) return undefined;
  const shape = shapes.of(schema);
  if (wish.list !== undefined) {
    if (shape.properties.has(wish.list)) return wish.list;
    const known = [...shape.properties.keys()];
    return {
      message: `the listing of ${wish.collection} has no property "${wish.list}"`,
      fix: () => adviceFor(wish.list ?? "", known, "properties"),
    };
  }
  if (shape.array) return undefined;
  const lists = [...shape.properties].flatMap(([name, nodes]) => (nodes.some((node) => shapes.of(node).array) ? [name] : []));
  const [only, ...more] = lists;
  if (only !== undefined && more.length === 0) return only;
  const said = only === undefined ? "no list" : `several lists (${lists.join(", ")})`;
  return { message: `the listing of ${wish.collection} has ${said}`, fix: "name the property with `list:`" };
}
