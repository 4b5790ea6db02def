import { decode, fixedLength, matchSegment, parseTemplate, type TemplateSegment } from "./path-template.ts";

export interface Found<Entry> {
  readonly entry: Entry;
  /** As they stand in the path, not decoded. */
  readonly variables: ReadonlyMap<string, string>;
}

interface Branch<Entry> {
  readonly literals: Map<string, Branch<Entry>>;
  readonly variables: Map<string, { readonly segment: TemplateSegment; readonly branch: Branch<Entry> }>;
  /** Those with more fixed characters first; sorted anew when one was added. */
  order: readonly { readonly segment: TemplateSegment; readonly branch: Branch<Entry> }[] | undefined;
  /** Those of a higher rank first. */
  readonly entries: { readonly names: readonly TemplateSegment[]; readonly entry: Entry; readonly rank: number }[];
}

/**
 * Path templates as a tree of segments. A look-up visits each branch once at most, and yields concrete paths before templated
 * ones, segment by segment from the left.
 */
export class Router<Entry> {
  readonly #root: Branch<Entry> = emptyBranch();

  add(template: string, entry: Entry, rank = 0): void {
    const segments = parseTemplate(template);
    let branch = this.#root;
    for (const segment of segments) branch = branchFor(branch, segment);
    const place = branch.entries.findIndex((each) => each.rank < rank);
    branch.entries.splice(place < 0 ? branch.entries.length : place, 0, { names: segments, entry, rank });
  }

  /** Every entry that a path matches, the most concrete first. */
  *find(path: string): Generator<Found<Entry>> {
    const segments = path.split("/").slice(1);
    for (const { names, entry } of walk(this.#root, segments, 0)) {
      const variables = new Map<string, string>();
      for (const [index, segment] of names.entries()) {
        if (segment.kind === "literal") continue;
        for (const [name, value] of matchSegment(segment, segments[index] ?? "") ?? []) if (name !== "") variables.set(name, value);
      }
      yield { entry, variables };
    }
  }
}

function emptyBranch<Entry>(): Branch<Entry> {
  return { literals: new Map(), variables: new Map(), order: undefined, entries: [] };
}

function branchFor<Entry>(parent: Branch<Entry>, segment: TemplateSegment): Branch<Entry> {
  if (segment.kind === "literal") {
    const known = parent.literals.get(segment.text);
    if (known !== undefined) return known;
    const branch = emptyBranch<Entry>();
    parent.literals.set(segment.text, branch);
    return branch;
  }
  const shape = JSON.stringify(segment.literals);
  const known = parent.variables.get(shape);
  if (known !== undefined) return known.branch;
  const branch = emptyBranch<Entry>();
  parent.variables.set(shape, { segment, branch });
  parent.order = undefined;
  return branch;
}

function* walk<Entry>(branch: Branch<Entry>, segments: readonly string[], at: number): Generator<Branch<Entry>["entries"][number]> {
  const segment = segments[at];
  if (segment === undefined) {
    yield* branch.entries;
    return;
  }
  const literal = branch.literals.get(decode(segment));
  if (literal !== undefined) yield* walk(literal, segments, at + 1);
  branch.order ??= [...branch.variables.values()].sort((left, right) => fixedLength(right.segment) - fixedLength(left.segment));
  for (const variable of branch.order) {
    if (matchSegment(variable.segment, segment) !== undefined) yield* walk(variable.branch, segments, at + 1);
  }
}
