import { type CodePoints, overlap } from "./code-points.ts";
import type { RegexNode } from "./syntax-tree.ts";

/** Patterns with more characters and classes are not examined. */
const MAX_POSITIONS = 200;

/**
 * Whether a backtracking engine never has two ways to go on that both accept the next character (Glushkov's construction: the
 * positions that can follow each position, pairwise disjoint, and each reached in one way only: `(a+)+` comes from `a` to `a` by two
 * loops). Then a failed match has tried no more than a few characters at each place: linear. Counted repetitions are taken for
 * unlimited ones, and two ways to match nothing for ambiguous: both err to the safe side.
 */
export function isDeterministic(root: RegexNode): boolean {
  const positions = new Positions();
  const edges = positions.visit(root);
  if (!edges || positions.ambiguous) return false;
  return [edges.first, ...positions.follow].every((next) => positions.areDisjoint(next));
}

/** Deterministic, and no match is the beginning of another: from any place there is one way to match, or none. */
export function hasSingleWay(root: RegexNode): boolean {
  const positions = new Positions();
  const edges = positions.visit(root);
  if (!edges || positions.ambiguous || edges.nullable) return false;
  const isPrefixFree = edges.last.every((position) => positions.follow[position]?.size === 0);
  return isPrefixFree && [edges.first, ...positions.follow].every((next) => positions.areDisjoint(next));
}

interface Edges {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

const EMPTY: Edges = { nullable: true, first: [], last: [] };

class Positions {
  readonly follow: Set<number>[] = [];
  readonly #sets: CodePoints[] = [];

  #doubled = false;

  get ambiguous(): boolean {
    return this.#doubled || this.#sets.length > MAX_POSITIONS;
  }

  /** Undefined for what is not regular. */
  visit(node: RegexNode): Edges | undefined {
    if (this.ambiguous) return undefined;
    switch (node.kind) {
      case "chars": {
        const position = this.#sets.push(node.set) - 1;
        this.follow.push(new Set());
        return { nullable: false, first: [position], last: [position] };
      }
      case "sequence":
        return this.#sequence(node.items);
      case "either":
        return this.#either(node.options);
      case "capture":
        return this.visit(node.body);
      case "repeat":
        return this.#repeat(node);
      case "assert":
        return EMPTY;
      default:
        return undefined;
    }
  }

  areDisjoint(positions: Iterable<number>): boolean {
    const sets = [...positions].map((position) => this.#sets[position] ?? []);
    return sets.every((set, i) => sets.slice(i + 1).every((other) => !overlap(set, other)));
  }

  #sequence(items: readonly RegexNode[]): Edges | undefined {
    let edges = EMPTY;
    for (const item of items) {
      const next = this.visit(item);
      if (!next) return undefined;
      this.#connect(edges.last, next.first);
      edges = {
        nullable: edges.nullable && next.nullable,
        first: edges.nullable ? [...edges.first, ...next.first] : edges.first,
        last: next.nullable ? [...edges.last, ...next.last] : next.last,
      };
    }
    return edges;
  }

  #either(options: readonly RegexNode[]): Edges | undefined {
    const all: Edges[] = [];
    for (const option of options) {
      const edges = this.visit(option);
      if (!edges) return undefined;
      all.push(edges);
    }
    if (all.filter((each) => each.nullable).length > 1) this.#doubled = true;
    return {
      nullable: all.some((each) => each.nullable),
      first: all.flatMap((each) => each.first),
      last: all.flatMap((each) => each.last),
    };
  }

  #repeat(node: RegexNode & { kind: "repeat" }): Edges | undefined {
    if (node.mode === "possessive") return undefined;
    const edges = this.visit(node.body);
    if (!edges) return undefined;
    if (edges.nullable) this.#doubled = true;
    if (node.max > 1) this.#connect(edges.last, edges.first);
    return { ...edges, nullable: edges.nullable || node.min === 0 };
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const position of from) {
      const follow = this.follow[position];
      for (const next of to) {
        if (follow?.has(next)) this.#doubled = true;
        follow?.add(next);
      }
    }
  }
}
