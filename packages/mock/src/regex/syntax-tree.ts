import type { CodePoints } from "./code-points.ts";

/** A Java regular expression after parsing: flags are resolved, classes are sets, quoting is gone. */
export type RegexNode =
  | { readonly kind: "chars"; readonly set: CodePoints }
  | { readonly kind: "sequence"; readonly items: readonly RegexNode[] }
  | { readonly kind: "either"; readonly options: readonly RegexNode[] }
  | { readonly kind: "capture"; readonly index: number; readonly name: string | undefined; readonly body: RegexNode }
  | { readonly kind: "repeat"; readonly body: RegexNode; readonly min: number; readonly max: number; readonly mode: RepeatMode }
  | { readonly kind: "atomic"; readonly body: RegexNode }
  | { readonly kind: "look"; readonly ahead: boolean; readonly negative: boolean; readonly body: RegexNode }
  | { readonly kind: "backreference"; readonly index: number; readonly ignoreCase: boolean }
  | { readonly kind: "assert"; readonly what: Assertion; readonly unixLines: boolean };

export type RepeatMode = "greedy" | "lazy" | "possessive";

/** `final-end` is `$` and `\Z`: the end, or before a line end at the end. `last-match` is `\G`. */
export type Assertion = "start" | "end" | "final-end" | "line-start" | "line-end" | "word" | "not-word" | "last-match";

export interface RegexTree {
  readonly root: RegexNode;
  /** Without group 0. */
  readonly groupCount: number;
  readonly names: ReadonlyMap<string, number>;
}

export const NOTHING: RegexNode = { kind: "sequence", items: [] };

export function sequence(items: readonly RegexNode[]): RegexNode {
  return items.length === 1 && items[0] ? items[0] : { kind: "sequence", items };
}

/** The nodes directly below. */
export function children(node: RegexNode): readonly RegexNode[] {
  switch (node.kind) {
    case "sequence":
      return node.items;
    case "either":
      return node.options;
    case "capture":
    case "repeat":
    case "atomic":
    case "look":
      return [node.body];
    default:
      return [];
  }
}

export function some(node: RegexNode, test: (node: RegexNode) => boolean): boolean {
  return test(node) || children(node).some((child) => some(child, test));
}
