import { child, type DocumentNode, isMapping, items } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import type { DiscriminatedUnion, UnionBranch } from "../schemas/discriminators.ts";
import { conjuncts } from "../schemas/inner-schemas.ts";
import type { SchemaGraph } from "../schemas/schema-graph.ts";
import type { Parts } from "./constraints.ts";
import type { Random } from "./random.ts";

export interface Choosing {
  readonly document: OpenApiDocument;
  readonly graph: SchemaGraph;
  readonly random: Random;
  /** Chooses by chance, not the first. */
  readonly vary: boolean;
  /** Later attempts choose other alternatives. */
  readonly attempt: number;
  /** Among the items of a list: each is the next of the kinds that a discriminator tells apart. */
  readonly index: number;
  /** Where a sample has to end soon: how deep each alternative goes at least. */
  readonly cheapestFirst: ((node: DocumentNode) => number) | undefined;
}

const mostParts = 400;

/** All schemas that a value has to satisfy, with one alternative chosen wherever there is a choice. */
export function chooseAlternatives(schemas: readonly DocumentNode[], choosing: Choosing): Parts {
  const parts = new Map<object, DocumentNode>();
  /** Unions whose branch is chosen: the branch may extend the schema that chose it. */
  const settled = new Set<object>();
  const queue = [...schemas];
  for (let next = 0; next < queue.length && parts.size < mostParts; next++) {
    const from = queue[next];
    if (from === undefined) continue;
    for (const part of conjuncts(choosing.document, from)) {
      if (!isMapping(part.value) || parts.has(part.value)) continue;
      parts.set(part.value, part);
      const union = choosing.graph.discriminators.unionOf(part);
      if (union !== undefined) {
        if (!settled.has(part.value)) queue.push(...chooseBranch(union, { choosing, settled, from: parts }));
        continue;
      }
      for (const keyword of ["oneOf", "anyOf"]) {
        const chosen = chooseOne(items(child(part, keyword)), choosing, `${keyword} ${part.pointer}`);
        if (chosen !== undefined) queue.push(chosen);
      }
      queue.push(...chooseCondition(part, choosing));
    }
  }
  return [...parts.values()];
}

/** A branch, and that the property names it. A schema that is one of the branches itself has chosen already. */
function chooseBranch(
  union: DiscriminatedUnion,
  { choosing, settled, from }: { choosing: Choosing; settled: Set<object>; from: ReadonlyMap<object, DocumentNode> },
): readonly DocumentNode[] {
  if (isMapping(union.node.value)) settled.add(union.node.value);
  const own = union.branches.find(({ node }) => {
    const target = choosing.document.resolve(node);
    return isMapping(target?.value) && from.has(target.value);
  });
  if (own !== undefined) return [namedBy(union, own, choosing)];
  const turned = union.branches
    .map((_, at) => union.branches[(at + choosing.index) % union.branches.length])
    .filter((each) => each !== undefined);
  const branch = chooseOne(turned, choosing, `discriminator ${union.node.pointer}`);
  return branch === undefined ? [] : [branch.node, namedBy(union, branch, choosing)];
}

/** A schema of ours that stands where the discriminator stands. */
function namedBy(union: DiscriminatedUnion, branch: UnionBranch, { random }: Choosing): DocumentNode {
  const name = branch.names[0] ?? random.pick(branch.names);
  const value = { type: "object", required: [union.property], properties: { [union.property]: { enum: [name] } } };
  return { file: union.node.file, pointer: `${union.node.pointer}/discriminator/${name}`, value };
}

function chooseOne<Choice extends DocumentNode | UnionBranch>(
  choices: readonly Choice[],
  choosing: Choosing,
  name: string,
): Choice | undefined {
  const usable = choices.filter((choice) => nodeOf(choice).value !== false);
  if (usable.length === 0) return undefined;
  const { random, vary, attempt, cheapestFirst } = choosing;
  if (cheapestFirst !== undefined) {
    const ranked = usable
      .map((choice) => ({ choice, height: cheapestFirst(nodeOf(choice)) }))
      .sort((left, right) => left.height - right.height);
    return ranked[attempt % ranked.length]?.choice;
  }
  const from = vary ? random.branch(name).integer(0, usable.length - 1) : 0;
  const values = vary ? usable : nullsLast(usable);
  return values[(from + attempt) % values.length];
}

function nodeOf(choice: DocumentNode | UnionBranch): DocumentNode {
  return "node" in choice ? choice.node : choice;
}

/** `oneOf: [{ type: "null" }, Thing]` says that a thing may be missing; the thing says more. */
function nullsLast<Choice extends DocumentNode | UnionBranch>(choices: readonly Choice[]): readonly Choice[] {
  const isNull = (choice: Choice) => child(nodeOf(choice), "type").value === "null";
  return [...choices.filter((choice) => !isNull(choice)), ...choices.filter(isNull)];
}

/** `if` with `then`, or `else` alone: which of them is tried first changes with the attempts. */
function chooseCondition(part: DocumentNode, { attempt, random, vary }: Choosing): readonly DocumentNode[] {
  const condition = child(part, "if");
  if (condition.value === undefined) return [];
  const holds = attempt % 2 === (vary && random.branch(`if ${part.pointer}`).chance(0.5) ? 1 : 0);
  const then = child(part, "then");
  const otherwise = child(part, "else");
  if (holds) return [condition, ...(then.value === undefined ? [] : [then])];
  return otherwise.value === undefined ? [] : [otherwise];
}
