import { anyOf } from "./code-points.ts";
import { NOTHING, type RegexNode, sequence } from "./syntax-tree.ts";

/** A tree without the `^` and `$` at its ends: when the whole text has to match they say nothing more. */
export function trimAnchors(root: RegexNode): RegexNode {
  const isStart = (node: RegexNode) => node.kind === "assert" && (node.what === "start" || node.what === "last-match");
  const isEnd = (node: RegexNode) => node.kind === "assert" && (node.what === "end" || node.what === "final-end");
  return replaceAt("last", replaceAt("first", root, isStart, NOTHING), isEnd, NOTHING);
}

/** A tree whose `$` at the very end is a line end or none, and the end. It finds the same texts, though not the same ends of the match. */
export function spellFinalEnd(root: RegexNode): RegexNode {
  const isFinalEnd = (node: RegexNode) => node.kind === "assert" && node.what === "final-end" && !node.unixLines;
  return replaceAt("last", root, isFinalEnd, FINAL_END);
}

/** Whether every match begins at the start of the text. */
export function startsAnchored(node: RegexNode): boolean {
  if (node.kind === "assert") return node.what === "start" || node.what === "last-match";
  if (node.kind === "sequence") return node.items[0] !== undefined && startsAnchored(node.items[0]);
  if (node.kind === "either") return node.options.every(startsAnchored);
  return node.kind === "capture" && startsAnchored(node.body);
}

function replaceAt(side: "first" | "last", node: RegexNode, test: (node: RegexNode) => boolean, by: RegexNode): RegexNode {
  if (test(node)) return by;
  if (node.kind === "sequence") {
    const index = side === "first" ? 0 : node.items.length - 1;
    return sequence(node.items.map((item, i) => (i === index ? replaceAt(side, item, test, by) : item)));
  }
  if (node.kind === "either") return { ...node, options: node.options.map((option) => replaceAt(side, option, test, by)) };
  if (node.kind === "capture") return { ...node, body: replaceAt(side, node.body, test, by) };
  return node;
}

const LINE_END: RegexNode = {
  kind: "either",
  options: [
    sequence([
      { kind: "chars", set: anyOf("\r") },
      { kind: "chars", set: anyOf("\n") },
    ]),
    { kind: "chars", set: anyOf("\n\r\u0085\u2028\u2029") },
  ],
};

const FINAL_END: RegexNode = sequence([
  { kind: "repeat", body: LINE_END, min: 0, max: 1, mode: "greedy" },
  { kind: "assert", what: "end", unixLines: false },
]);
