import { property } from "./char-properties.ts";
import { range, union } from "./code-points.ts";
import { renderClass } from "./render-class.ts";
import type { Assertion, RegexNode, RegexTree } from "./syntax-tree.ts";

export interface JsPattern {
  /** Read with the flag `u`. */
  readonly source: string;
  /** The number JavaScript gives to each group of Java, by Java's number. Atomic groups take numbers of their own. */
  readonly groupNumbers: readonly number[];
}

/**
 * A pattern for JavaScript's engine with the same meaning. Atomic groups and possessive quantifiers become a look-ahead that
 * captures, followed by a reference to what it captured: an engine does not go back into a look-ahead.
 *
 * Two things JavaScript cannot say: a reference to a group that took no part fails in Java and matches nothing here, and a group
 * within a loop forgets what it held when the loop goes round again (callers that read groups avoid this engine then).
 */
export function renderJs(tree: RegexTree): JsPattern {
  const writer = new JsWriter();
  writer.reserve(tree.root);
  const source = writer.node(tree.root);
  return { source, groupNumbers: writer.groupNumbers };
}

class JsWriter {
  readonly groupNumbers: number[] = [0];
  readonly #ownNumbers = new Map<RegexNode, number>();
  #count = 0;

  /** Numbers all groups in the order in which they will be written, so that references can point forward too. */
  reserve(node: RegexNode): void {
    if (node.kind === "capture") this.groupNumbers[node.index] = ++this.#count;
    if (node.kind === "atomic" || (node.kind === "repeat" && node.mode === "possessive")) this.#ownNumbers.set(node, ++this.#count);
    switch (node.kind) {
      case "sequence":
        for (const item of node.items) this.reserve(item);
        break;
      case "either":
        for (const option of node.options) this.reserve(option);
        break;
      case "capture":
      case "atomic":
      case "repeat":
      case "look":
        this.reserve(node.body);
    }
  }

  node(node: RegexNode): string {
    switch (node.kind) {
      case "chars":
        return renderClass(node.set, writePoint);
      case "sequence":
        return node.items.map((item) => this.#item(item)).join("");
      case "either":
        return node.options.map((option) => this.node(option)).join("|");
      case "capture":
        return `(${this.node(node.body)})`;
      case "repeat":
        return this.#repeat(node);
      case "atomic":
        return this.#atomic(node, this.node(node.body));
      case "look":
        return `(?${node.ahead ? "" : "<"}${node.negative ? "!" : "="}${this.node(node.body)})`;
      case "backreference":
        return this.#backreference(node);
      case "assert":
        return ASSERTIONS[node.what](node.unixLines);
    }
  }

  #item(node: RegexNode): string {
    return node.kind === "either" ? `(?:${this.node(node)})` : this.node(node);
  }

  #repeat(node: RegexNode & { kind: "repeat" }): string {
    const body = node.body.kind === "chars" || node.body.kind === "capture" ? this.node(node.body) : `(?:${this.node(node.body)})`;
    if (node.mode === "possessive") return this.#atomic(node, `${body}${quantifier(node.min, node.max)}`);
    return `${body}${quantifier(node.min, node.max)}${node.mode === "lazy" ? "?" : ""}`;
  }

  #atomic(node: RegexNode, body: string): string {
    return `(?:(?=(${body}))\\${this.#ownNumbers.get(node)})`;
  }

  #backreference(node: RegexNode & { kind: "backreference" }): string {
    const number = this.groupNumbers[node.index];
    // A group that does not exist never takes part, so the reference never matches.
    if (number === undefined) return "[]";
    return node.ignoreCase ? `(?i:\\${number})` : `(?:\\${number})`;
  }
}

function writePoint(point: number): string {
  return `\\u{${point.toString(16)}}`;
}

function quantifier(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

const LINE_END = "(?:\\r\\n|[\\n\\r\\u{85}\\u{2028}\\u{2029}])";

/** Without the flag m, `^` and `$` are the very ends of the text. */
const ASSERTIONS: Readonly<Record<Assertion, (unixLines: boolean) => string>> = {
  start: () => "^",
  end: () => "$",
  "last-match": () => "^",
  "final-end": (unixLines) => (unixLines ? "(?=\\n?$)" : `(?=${LINE_END}?$)(?<!\\r(?=\\n))`),
  "line-start": (unixLines) => (unixLines ? "(?:^|(?<=\\n)(?!$))" : "(?:^|(?<=[\\n\\u{85}\\u{2028}\\u{2029}]|\\r(?!\\n))(?!$))"),
  "line-end": (unixLines) => (unixLines ? "(?=\\n|$)" : "(?:(?=[\\n\\r\\u{85}\\u{2028}\\u{2029}])(?<!\\r(?=\\n))|$)"),
  word: () => `(?:(?<=${word()})(?!${word()})|(?<!${word()})(?=${word()}))`,
  "not-word": () => `(?:(?<=${word()})(?=${word()})|(?<!${word()})(?!${word()}))`,
};

/** Java 17 takes letters and digits of every language for word characters in `\b`, though `\w` is ASCII. */
function word(): string {
  const mode = { unicodeClasses: false, ignoreCase: false };
  return renderClass(union(range(0x5f), property("L", mode) ?? [], property("Nd", mode) ?? []), writePoint);
}
