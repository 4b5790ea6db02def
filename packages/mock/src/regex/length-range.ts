import type { RegexNode } from "./syntax-tree.ts";

/** What Java counts "any number" as. */
const ANY_NUMBER = 0x7fffffff;

/**
 * Whether Java finds the longest match of a look-behind obvious: one `+` on a character counts as 2,147,483,647 characters, which is
 * still a number; anything more overflows.
 */
export function hasObviousMaximum(body: RegexNode): boolean {
  return longest(body) <= ANY_NUMBER;
}

function longest(node: RegexNode): number {
  switch (node.kind) {
    case "chars":
      return 1;
    case "sequence":
      return node.items.reduce((sum, item) => sum + longest(item), 0);
    case "either":
      return Math.max(...node.options.map(longest));
    case "capture":
    case "atomic":
      return longest(node.body);
    case "repeat": {
      const body = longest(node.body);
      return body === 0 ? 0 : body * Math.min(node.max, ANY_NUMBER);
    }
    case "backreference":
      return Number.POSITIVE_INFINITY;
    default:
      return 0;
  }
}
