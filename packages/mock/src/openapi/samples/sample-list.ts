import { child, type DocumentNode, isMapping, items, placeOf } from "../documents/document-node.ts";
import { canonical } from "../schemas/bounded-keywords.ts";
import { conjuncts } from "../schemas/inner-schemas.ts";
import { flagOf, numberOf, type Parts, schemasOf } from "./constraints.ts";
import { type Attempt, deepestOptional, Impossible, type ValueMaker } from "./value-maker.ts";

/** A list for all the schemas: as many items as are asked for, else one or two. */
export function sampleList(parts: Parts, at: Attempt, maker: ValueMaker): readonly unknown[] {
  const least = numberOf(parts, "minItems", Math.max) ?? 0;
  const most = numberOf(parts, "maxItems", Math.min) ?? Number.POSITIVE_INFINITY;
  const tuples = schemasOfTuple(parts);
  const contained = schemasOf(parts, "contains");
  const containedLeast = contained.length === 0 ? 0 : (numberOf(parts, "minContains", Math.max) ?? 1);
  const unique = flagOf(parts, "uniqueItems");
  const count = countOf({ least: Math.max(least, containedLeast), most, tuple: tuples.length, parts }, at, maker);
  const made: unknown[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < count; index++) {
    const schemas = [...itemSchemas(parts, tuples, index), ...(index < containedLeast ? contained : [])];
    const item = nextItem(schemas, { at, index, seen: unique ? seen : undefined }, maker);
    if (item === undefined) {
      if (index >= least) break;
      throw new Impossible(`no ${least} different items were found for ${parts.map(placeOf).join(" and ")}`);
    }
    made.push(item.value);
  }
  return made;
}

function countOf(
  { least, most, tuple, parts }: { readonly least: number; readonly most: number; readonly tuple: number; readonly parts: Parts },
  at: Attempt,
  { options, repeats }: ValueMaker,
): number {
  const closed = parts.some((part) => child(part, "items").value === false);
  const limit = closed ? Math.min(most, tuple) : most;
  const inner = itemSchemas(parts, [], 0);
  const exampled = inner.some((schema) => conjuncts(options.document, schema).some((part) => child(part, "example").value !== undefined));
  const none = at.depth >= deepestOptional || repeats(inner) || inner.some(({ value }) => value === false);
  const usual = none ? 0 : options.vary ? at.random.branch("count").integer(0, 3) : exampled || at.depth > 2 ? 1 : 2;
  return Math.min(Math.max(least, tuple, at.attempt > 3 ? 0 : usual), limit);
}

/** Undefined when no further item differs from those before. */
function nextItem(
  schemas: readonly DocumentNode[],
  { at, index, seen }: { readonly at: Attempt; readonly index: number; readonly seen: Set<string> | undefined },
  maker: ValueMaker,
): { readonly value: unknown } | undefined {
  for (let attempt = 0; attempt < (seen === undefined ? 1 : 30); attempt++) {
    const random = at.random.branch(`item ${index} ${attempt}`);
    const value = maker.value(schemas, { random, depth: at.depth + 1, name: at.name?.replace(/s$/, ""), index: index + attempt });
    const key = seen === undefined ? "" : canonical(value);
    if (seen?.has(key)) continue;
    seen?.add(key);
    return { value };
  }
  return undefined;
}

function schemasOfTuple(parts: Parts): readonly (readonly DocumentNode[])[] {
  const tuples = parts.map((part) => items(child(part, "prefixItems")));
  const length = Math.max(0, ...tuples.map((tuple) => tuple.length));
  return Array.from({ length }, (_, index) => tuples.flatMap((tuple) => tuple[index] ?? []));
}

function itemSchemas(parts: Parts, tuples: readonly (readonly DocumentNode[])[], index: number): readonly DocumentNode[] {
  if (index < tuples.length) return tuples[index] ?? [];
  return parts.flatMap((part) => {
    const inner = child(part, "items");
    return isMapping(inner.value) || typeof inner.value === "boolean" ? [inner] : [];
  });
}
