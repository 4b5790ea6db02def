import type { CodePoints } from "../../regex/code-points.ts";
import { parseJavaRegex } from "../../regex/parse-java-regex.ts";
import type { RegexNode } from "../../regex/syntax-tree.ts";
import { compilePattern } from "../schemas/ecma-pattern.ts";
import type { Random } from "./random.ts";

export interface PatternLength {
  readonly min: number;
  readonly max: number;
}

const attempts = 60;
const longest = 10_000;

/**
 * Text that a pattern finds something in, of a length within bounds; undefined when none was met. It follows the expression as
 * parsed, without look-around, and every text is tried against the expression before it counts.
 */
export function samplePattern(
  source: string,
  length: PatternLength,
  random: Random,
  accept: (text: string) => boolean,
): string | undefined {
  const pattern = compilePattern(source);
  const { root } = parseJavaRegex(pattern.translated);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const walk = new Walk(random.branch(attempt), repeatsFor(attempt, root, length));
    const text = fitted(walk.text(root), length, random);
    if (text === undefined || !pattern.test(text) || !accept(text)) continue;
    return text;
  }
  return undefined;
}

/** How far beyond its least a repetition may go: little at first, then enough for the length that is asked for. */
function repeatsFor(attempt: number, root: RegexNode, { min, max }: PatternLength): number {
  const missing = Math.max(0, min - leastLength(root));
  const ways = [3, 0, missing, Math.ceil(missing / 2), missing + 3, 1, Math.min(max, 8)];
  return Math.min(longest, ways[attempt % ways.length] ?? 0);
}

function leastLength(node: RegexNode): number {
  switch (node.kind) {
    case "chars":
      return 1;
    case "sequence":
      return node.items.reduce((sum, item) => sum + leastLength(item), 0);
    case "either":
      return Math.min(...node.options.map(leastLength));
    case "capture":
    case "atomic":
      return leastLength(node.body);
    case "repeat":
      return node.min * leastLength(node.body);
    default:
      return 0;
  }
}

/** Too short text of an expression without end is filled up; whether that is right is for the expression to say. */
function fitted(text: string, { min, max }: PatternLength, random: Random): string | undefined {
  const count = [...text].length;
  if (count > max) return undefined;
  return count >= min ? text : text + "abcdefghij".charAt(random.integer(0, 9)).repeat(min - count);
}

class Walk {
  readonly #random: Random;
  readonly #extra: number;
  readonly #captures = new Map<number, string>();
  #left = longest;

  constructor(random: Random, extra: number) {
    this.#random = random;
    this.#extra = extra;
  }

  text(node: RegexNode): string {
    if (this.#left <= 0) return "";
    switch (node.kind) {
      case "chars":
        this.#left--;
        return this.#char(node.set);
      case "sequence":
        return node.items.map((item) => this.text(item)).join("");
      case "either": {
        const option = this.#random.pick(node.options);
        return option === undefined ? "" : this.text(option);
      }
      case "capture": {
        const text = this.text(node.body);
        this.#captures.set(node.index, text);
        return text;
      }
      case "atomic":
        return this.text(node.body);
      case "repeat": {
        const count = node.min + this.#random.integer(0, Math.min(node.max - node.min, this.#extra));
        let text = "";
        for (let at = 0; at < count && this.#left > 0; at++) text += this.text(node.body);
        return text;
      }
      case "backreference":
        return this.#captures.get(node.index) ?? "";
      case "look":
        // What must follow stands there, when nothing else takes its place.
        return "";
      case "assert":
        return "";
    }
  }

  /** Readable characters first: letters and digits, then what else can be printed, then anything. */
  #char(set: CodePoints): string {
    for (const readable of readableRanges) {
      const points = within(set, readable);
      const point = this.#random.pick(points);
      if (point !== undefined) return String.fromCodePoint(point);
    }
    const from = set[2 * this.#random.integer(0, set.length / 2 - 1)];
    // Half of a pair alone is no character.
    return from === undefined || (from >= 0xd800 && from <= 0xdfff) ? "" : String.fromCodePoint(from);
  }
}

const readableRanges: readonly CodePoints[] = [
  [0x30, 0x39, 0x61, 0x7a],
  [0x41, 0x5a],
  [0x20, 0x7e],
  [0xa1, 0x17f, 0x3b1, 0x3c9, 0x410, 0x44f, 0x5d0, 0x5ea, 0x3041, 0x3096, 0x4e00, 0x4e8c, 0xac00, 0xac1b],
];

function within(set: CodePoints, ranges: CodePoints): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    for (let point = ranges[at] ?? 0; point <= (ranges[at + 1] ?? -1); point++) if (contains(set, point)) found.push(point);
  }
  return found;
}

function contains(set: CodePoints, point: number): boolean {
  let low = 0;
  let high = set.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (point < (set[2 * middle] ?? 0)) high = middle - 1;
    else if (point > (set[2 * middle + 1] ?? 0)) low = middle + 1;
    else return true;
  }
  return false;
}
