import { type DocumentNode, isMapping } from "../documents/document-node.ts";
import { type OpenApiDocument, referenceOf } from "../documents/openapi-document.ts";
import { Discriminators } from "./discriminators.ts";
import { innerSchemas } from "./inner-schemas.ts";

/**
 * Which schemas lead to which without a property or item in between. A way that returns to its start would be followed for ever, with
 * one exception that documents are full of: `Pet` is one of `Cat` and `Dog`, each of which extends `Pet`. There the way
 * back leads to what `Pet` says itself, without its choice (`withoutChoice`).
 */
export class SchemaGraph {
  readonly discriminators: Discriminators;
  readonly #document: OpenApiDocument;
  readonly #schemas: readonly DocumentNode[];
  #circles: ReadonlyMap<object, number> | undefined;

  constructor(document: OpenApiDocument, schemas: readonly DocumentNode[]) {
    this.#document = document;
    this.#schemas = schemas;
    this.discriminators = new Discriminators(document);
  }

  /** Whether `to`, reached in place from `from`, stands for itself without the choice among those that extend it. */
  withoutChoice(from: DocumentNode, to: DocumentNode): boolean {
    if (!isMapping(from.value) || !isMapping(to.value) || this.discriminators.unionOf(to) === undefined) return false;
    this.#circles ??= circlesOf(this.#schemas, (node) => this.#inPlace(node, true));
    const circle = this.#circles.get(to.value);
    return circle !== undefined && circle === this.#circles.get(from.value);
  }

  /** Schemas that contain themselves for ever: one of each circle. */
  endless(): readonly DocumentNode[] {
    const circles = circlesOf(this.#schemas, (node) => this.#inPlace(node, false));
    const told = new Set<number>();
    return this.#schemas.filter(({ value }) => {
      const circle = isMapping(value) ? circles.get(value) : undefined;
      if (circle === undefined || told.has(circle)) return false;
      told.add(circle);
      return true;
    });
  }

  #inPlace(node: DocumentNode, choices: boolean): readonly DocumentNode[] {
    if (!isMapping(node.value)) return [];
    const ref = referenceOf(node.value);
    const target = ref === undefined ? undefined : this.#document.target(node, ref);
    const found = target?.ok ? [target.node] : [];
    if (ref !== undefined && this.#document.version === "3.0") return found;
    const union = this.discriminators.unionOf(node);
    for (const inner of innerSchemas(node)) {
      if (inner.reach !== "in-place") continue;
      if (union?.form === "listed" && !choices && (inner.keyword === "oneOf" || inner.keyword === "anyOf")) continue;
      found.push(inner.node);
    }
    if (union?.form === "inherited" && choices) found.push(...union.branches.map((branch) => branch.node));
    return found;
  }
}

/** Members of circles, by the number of their circle (Tarjan's strongly connected components, without recursion). */
function circlesOf(roots: readonly DocumentNode[], next: (node: DocumentNode) => readonly DocumentNode[]): ReadonlyMap<object, number> {
  interface Visit {
    readonly value: object;
    readonly targets: readonly DocumentNode[];
    at: number;
    readonly index: number;
    low: number;
  }
  const circles = new Map<object, number>();
  const visits = new Map<object, Visit>();
  const open: Visit[] = [];
  const isOpen = new Set<object>();
  const stack: Visit[] = [];
  const enter = (node: DocumentNode) => {
    if (!isMapping(node.value) || visits.has(node.value)) return;
    const visit = {
      value: node.value,
      targets: next(node).filter(({ value }) => isMapping(value)),
      at: 0,
      index: visits.size,
      low: visits.size,
    };
    visits.set(node.value, visit);
    if (visit.targets.length === 0) return;
    open.push(visit);
    isOpen.add(visit.value);
    stack.push(visit);
  };
  for (const root of roots) {
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = top.targets[top.at++];
      if (target !== undefined) {
        const known = isMapping(target.value) ? visits.get(target.value) : undefined;
        if (known === undefined) enter(target);
        else if (isOpen.has(known.value)) top.low = Math.min(top.low, known.index);
        continue;
      }
      stack.pop();
      const above = stack.at(-1);
      if (above !== undefined) above.low = Math.min(above.low, top.low);
      if (top.low !== top.index) continue;
      const members: Visit[] = [];
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        isOpen.delete(member.value);
        members.push(member);
        if (member === top) break;
      }
      const self = top.targets.some(({ value }) => value === top.value);
      if (members.length > 1 || self) for (const member of members) circles.set(member.value, top.index);
    }
  }
  return circles;
}
