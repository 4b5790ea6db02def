import { child, type DocumentNode, entries, isMapping, items, ownValue } from "../documents/document-node.ts";
import { pointerKeys } from "../documents/json-pointer.ts";
import { type OpenApiDocument, type Resolution, referenceOf } from "../documents/openapi-document.ts";
import { conjuncts } from "./inner-schemas.ts";

/**
 * A schema with a `discriminator`: the value of one property says which of several schemas holds. The schemas are those of
 * its `oneOf` or `anyOf` (`listed`), or those that extend it by `allOf` (`inherited`).
 */
export interface DiscriminatedUnion {
  readonly form: "listed" | "inherited";
  readonly node: DocumentNode;
  readonly property: string;
  readonly branches: readonly UnionBranch[];
  /** Of a list, members that no name leads to and that are no objects: `type: "null"`. */
  readonly others: readonly DocumentNode[];
}

export interface UnionBranch {
  /** Values of the property that mean this branch. */
  readonly names: readonly string[];
  readonly node: DocumentNode;
}

export class Discriminators {
  readonly #document: OpenApiDocument;
  readonly #unions = new WeakMap<object, DiscriminatedUnion | "none">();
  #heirs: ReadonlyMap<object, readonly DocumentNode[]> | undefined;

  constructor(document: OpenApiDocument) {
    this.#document = document;
  }

  /** Undefined for a schema without discriminator, and for one whose branches cannot be told apart by it. */
  unionOf(node: DocumentNode): DiscriminatedUnion | undefined {
    if (!isMapping(node.value) || !isMapping(ownValue(node.value, "discriminator"))) return undefined;
    let union = this.#unions.get(node.value);
    if (union === undefined) {
      union = this.#read(node) ?? "none";
      this.#unions.set(node.value, union);
    }
    return union === "none" ? undefined : union;
  }

  #read(node: DocumentNode): DiscriminatedUnion | undefined {
    const discriminator = child(node, "discriminator");
    const property = child(discriminator, "propertyName").value;
    if (typeof property !== "string") return undefined;
    const listed = [...items(child(node, "oneOf")), ...items(child(node, "anyOf"))];
    return listed.length > 0 ? this.#listed(node, property, listed) : this.#inherited(node, property);
  }

  #listed(node: DocumentNode, property: string, members: readonly DocumentNode[]): DiscriminatedUnion | undefined {
    const branches: UnionBranch[] = [];
    const others: DocumentNode[] = [];
    const names = this.#names(node, property, members);
    for (const [index, member] of members.entries()) {
      const own = names[index] ?? [];
      if (own.length > 0) branches.push({ names: own, node: member });
      else if (this.#isObject(member)) return undefined;
      else others.push(member);
    }
    return branches.length === 0 ? undefined : { form: "listed", node, property, branches, others };
  }

  #inherited(node: DocumentNode, property: string): DiscriminatedUnion | undefined {
    if (!isMapping(node.value)) return undefined;
    this.#heirs ??= this.#findHeirs();
    const heirs = this.#heirs.get(node.value) ?? [];
    const names = this.#names(node, property, heirs);
    const branches = heirs.map((heir, index) => ({ names: names[index] ?? [], node: heir }));
    return branches.length === 0 ? undefined : { form: "inherited", node, property, branches, others: [] };
  }

  /** Of each member: what the mapping says, what it alone says its property must be, else the name of its schema. */
  #names(union: DocumentNode, property: string, members: readonly DocumentNode[]): readonly (readonly string[])[] {
    const mapped = this.#mapping(union);
    const constants = members.map((member) => this.#constants(member, property));
    const claims = new Map<string, number>();
    for (const name of constants.flat()) claims.set(name, (claims.get(name) ?? 0) + 1);
    return members.map((member, index) => {
      const target = this.#document.resolve(member);
      const own = (constants[index] ?? []).filter((name) => claims.get(name) === 1);
      const names = new Set([...(mapped.get(target?.value) ?? []), ...own]);
      if (names.size === 0) for (const name of impliedName(member)) names.add(name);
      return [...names];
    });
  }

  /** What a member itself says its property must be: documents write that more reliably than the mapping. */
  #constants(member: DocumentNode, property: string): readonly string[] {
    let common: readonly string[] | undefined;
    for (const part of conjuncts(this.#document, member)) {
      const declared = child(child(part, "properties"), property);
      if (declared.value === undefined) continue;
      for (const each of conjuncts(this.#document, declared)) {
        const only = child(each, "const").value;
        const allowed = only === undefined ? items(child(each, "enum")).map(({ value }) => value) : [only];
        if (allowed.length === 0 || allowed.length > mostNames) continue;
        const texts = allowed.filter((value) => typeof value === "string");
        common = common === undefined ? texts : common.filter((name) => texts.includes(name));
      }
    }
    return common ?? [];
  }

  #isObject(member: DocumentNode): boolean {
    return conjuncts(this.#document, member).every((part) => {
      const type = child(part, "type").value;
      return type === undefined || type === "object" || (Array.isArray(type) && type.includes("object"));
    });
  }

  #mapping(node: DocumentNode): ReadonlyMap<unknown, readonly string[]> {
    const found = new Map<unknown, string[]>();
    for (const [name, at] of entries(child(child(node, "discriminator"), "mapping"))) {
      if (typeof at.value !== "string") continue;
      const target = discriminatorTarget(this.#document, at, at.value);
      const end = target.ok ? this.#document.resolve(target.node) : undefined;
      if (end !== undefined) found.set(end.value, [...(found.get(end.value) ?? []), name]);
    }
    return found;
  }

  /** Which schemas of the components extend which. */
  #findHeirs() {
    const heirs = new Map<object, DocumentNode[]>();
    for (const [, node] of entries(child(child(this.#document.top, "components"), "schemas"))) {
      if (!isMapping(node.value) || ownValue(node.value, "allOf") === undefined) continue;
      for (const part of conjuncts(this.#document, node)) {
        if (!isMapping(part.value) || part.value === node.value || !isMapping(ownValue(part.value, "discriminator"))) continue;
        heirs.set(part.value, [...(heirs.get(part.value) ?? []), node]);
      }
    }
    return heirs;
  }
}

const mostNames = 500;

/** Of a reference, or of a schema of the components. */
function impliedName(member: DocumentNode): readonly string[] {
  const ref = referenceOf(member.value);
  if (ref === undefined) return /^\/components\/schemas\/[^/]+$/.test(member.pointer) ? pointerKeys(member.pointer).slice(-1) : [];
  return [(ref.split(/[#/]/).at(-1) ?? ref).replace(/\.(json|ya?ml)$/i, "")];
}

/** A mapping names a schema of the components, or is a reference. */
export function discriminatorTarget(document: OpenApiDocument, at: DocumentNode, written: string): Resolution {
  if (/^[A-Za-z0-9._-]+$/.test(written)) {
    const named = document.target({ ...at, file: document.entry }, `#/components/schemas/${written}`);
    if (named.ok || !/\.(json|ya?ml)$/i.test(written)) return named;
  }
  return document.target(at, written);
}
