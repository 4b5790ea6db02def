import { renderClass } from "./render-class.ts";
import type { Assertion, RegexNode, RegexTree } from "./syntax-tree.ts";

/** RE2 refuses larger counts. */
const MAX_COUNT = 1000;

export interface Re2Pattern {
  readonly source: string;
  /** RE2's word boundary knows ASCII only, so such a pattern is for texts of ASCII. */
  readonly asciiOnly: boolean;
}

/** The same pattern for RE2; undefined where it needs what a linear engine does not have: look-around, references, atomic groups. */
export function renderRe2(tree: RegexTree): Re2Pattern | undefined {
  const parts = { asciiOnly: false };
  const source = render(tree.root, parts);
  return source === undefined ? undefined : { source, asciiOnly: parts.asciiOnly };
}

function render(node: RegexNode, parts: { asciiOnly: boolean }): string | undefined {
  switch (node.kind) {
    case "chars":
      return renderClass(node.set, (point) => `\\x{${point.toString(16)}}`);
    case "sequence":
      return joined(node.items, "", parts);
    case "either": {
      const options = joined(node.options, "|", parts);
      return options === undefined ? undefined : `(?:${options})`;
    }
    case "capture": {
      const body = render(node.body, parts);
      return body === undefined ? undefined : `(${body})`;
    }
    case "repeat": {
      if (node.mode === "possessive" || node.min > MAX_COUNT || (node.max > MAX_COUNT && node.max !== Number.POSITIVE_INFINITY)) {
        return undefined;
      }
      const body = render(node.body, parts);
      return body === undefined ? undefined : `(?:${body})${quantifier(node.min, node.max)}${node.mode === "lazy" ? "?" : ""}`;
    }
    case "assert":
      if (node.what === "word" || node.what === "not-word") parts.asciiOnly = true;
      return ASSERTIONS[node.what];
    default:
      return undefined;
  }
}

function joined(nodes: readonly RegexNode[], separator: string, parts: { asciiOnly: boolean }): string | undefined {
  const rendered: string[] = [];
  for (const node of nodes) {
    const text = render(node, parts);
    if (text === undefined) return undefined;
    rendered.push(text);
  }
  return rendered.join(separator);
}

function quantifier(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

const ASSERTIONS: Readonly<Partial<Record<Assertion, string>>> = { start: "\\A", end: "\\z", word: "\\b", "not-word": "\\B" };
