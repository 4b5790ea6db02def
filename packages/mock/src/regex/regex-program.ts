import { RE2JS } from "re2js";
import { backtrackingWork, type Growth, longestTextWithin, sizeOf, timesLength } from "./backtracking-cost.ts";
import { renderJs } from "./render-js.ts";
import { renderRe2 } from "./render-re2.ts";
import { type RegexNode, type RegexTree, some } from "./syntax-tree.ts";
import { withinTime } from "./time-limit.ts";
import { startsAnchored } from "./trim-anchors.ts";

/** Steps of V8's engine that take some 10 ms. */
const MAX_STEPS = 4_000_000;
/** Of a pattern whose work is linear, which RE2JS would do no faster. */
const MAX_LINEAR_STEPS = 500_000_000;
/** Characters times size of the pattern that RE2JS does in a fraction of a second at its worst. Beyond, it is run against the clock. */
const MAX_UNTIMED_RE2_WORK = 1 << 24;
/** Above, RE2JS would take long to make its automaton. */
const MAX_RE2_SIZE = 20_000;
/** RE2JS keeps the states it met for a text; after a long one they are dropped. */
const LONG_TEXT = 1 << 20;
/** Of one evaluation that backtracks. */
const TIME_LIMIT_MS = 500;
/** Of RE2JS on a long text: it does some 100 MB in a second, less where its automaton has many states. */
const LINEAR_TIME_LIMIT_MS = 5000;
/** A pattern that ran out of time so often gets less: it will again, and every request waits for it. */
const PATIENCE = 3;
const IMPATIENT_TIME_LIMIT_MS = 25;

export type Question = "whole" | "part" | "groups";

/** What is asked of either engine. */
interface Ask<T> {
  js(regex: RegExp): T;
  re2(regex: RE2JS): T;
}

/**
 * A pattern and one question about texts, on the engine that fits pattern and text:
 * 1. V8's own, when the analysis of the pattern bounds its work for a text of that length;
 * 2. RE2JS, linear, when the pattern has nothing that needs backtracking;
 * 3. V8's against the clock. Out of time is no answer, and is said.
 */
export class RegexProgram {
  readonly #tree: RegexTree;
  readonly #question: Question;
  readonly #directLength: number;
  readonly #size: number;
  readonly #js: RegExp;
  readonly #groupNumbers: readonly number[];
  #re2: { readonly regex: RE2JS; readonly asciiOnly: boolean } | undefined;
  #re2Failed = false;
  #timeouts = 0;

  /** Throws SyntaxError for a pattern V8 cannot hold. */
  constructor(tree: RegexTree, question: Question) {
    this.#tree = tree;
    this.#question = question;
    this.#directLength = directLength(tree.root, question);
    this.#size = sizeOf(tree.root);
    const { source, groupNumbers } = renderJs(tree);
    this.#js = new RegExp(question === "whole" ? `^(?:${source})$` : source, question === "groups" ? "gu" : "u");
    this.#groupNumbers = groupNumbers;
  }

  test(text: string, gaveUp?: (message: string) => void): boolean {
    if (text.length <= this.#directLength) {
      try {
        return this.#js.test(text);
      } catch (error) {
        if (!isOutOfSpace(error)) throw error;
      }
    }
    const whole = this.#question === "whole";
    const answer = this.#slowly(text, {
      js: (regex) => regex.test(text),
      re2: (regex) => (whole ? regex.testExact(text) : regex.test(text)),
    });
    if (answer.done) return answer.value;
    gaveUp?.(answer.message);
    return false;
  }

  /** The first match at or after `from`. */
  exec(text: string, from: number, gaveUp?: (message: string) => void): FoundGroups | undefined {
    const ask: Ask<FoundGroups | undefined> = {
      js: (regex) => this.#execJs(regex, text, from),
      re2: (regex) => execRe2(regex, text, from),
    };
    if (text.length <= this.#directLength) {
      try {
        return ask.js(this.#js);
      } catch (error) {
        if (!isOutOfSpace(error)) throw error;
      }
    }
    const answer = this.#slowly(text, ask);
    if (answer.done) return answer.value;
    gaveUp?.(answer.message);
    return undefined;
  }

  #slowly<T>(text: string, ask: Ask<T>): { readonly done: true; readonly value: T } | { readonly done: false; readonly message: string } {
    const re2 = this.#re2For(text);
    const work = re2 ? () => ask.re2(re2) : () => ask.js(this.#js);
    if (re2 && text.length * this.#size <= MAX_UNTIMED_RE2_WORK) return { done: true, value: work() };
    const patientLimitMs = re2 ? LINEAR_TIME_LIMIT_MS : TIME_LIMIT_MS;
    const limitMs = this.#timeouts < PATIENCE ? patientLimitMs : IMPATIENT_TIME_LIMIT_MS;
    try {
      const answer = withinTime(limitMs, work);
      if (answer.done) return answer;
      this.#timeouts++;
      return { done: false, message: `gave up after ${limitMs} ms on ${text.length} characters` };
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      return { done: false, message: `gave up for lack of memory on ${text.length} characters` };
    } finally {
      if (text.length > LONG_TEXT) re2?.reset();
    }
  }

  #re2For(text: string): RE2JS | undefined {
    if (this.#re2Failed) return undefined;
    this.#re2 ??= compileRe2(this.#tree);
    if (!this.#re2) this.#re2Failed = true;
    return this.#re2?.asciiOnly && !isAscii(text) ? undefined : this.#re2?.regex;
  }

  #execJs(regex: RegExp, text: string, from: number): FoundGroups | undefined {
    regex.lastIndex = from;
    const found = regex.exec(text);
    if (!found) return undefined;
    return { start: found.index, end: found.index + found[0].length, groups: this.#groupNumbers.map((number) => found[number]) };
  }
}

export interface FoundGroups {
  readonly start: number;
  readonly end: number;
  /** By Java's numbers. */
  readonly groups: readonly (string | undefined)[];
}

function execRe2(regex: RE2JS, text: string, from: number): FoundGroups | undefined {
  const matcher = regex.matcher(text);
  if (!matcher.find(from)) return undefined;
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
  return { start: matcher.start(), end: matcher.end(), groups };
}

/** The longest text that V8's engine may be let loose on. */
function directLength(root: RegexNode, question: Question): number {
  if (question === "groups" && some(root, (node) => node.kind === "repeat" && node.max > 1 && some(node.body, isCapture))) return -1;
  const atOnePlace = backtrackingWork(root);
  const work: Growth = question === "whole" || startsAnchored(root) ? atOnePlace : timesLength(atOnePlace);
  return longestTextWithin(work, work.degree <= 1 ? MAX_LINEAR_STEPS : MAX_STEPS);
}

function isCapture(node: RegexNode): boolean {
  return node.kind === "capture";
}

function compileRe2(tree: RegexTree): { readonly regex: RE2JS; readonly asciiOnly: boolean } | undefined {
  const pattern = sizeOf(tree.root) > MAX_RE2_SIZE ? undefined : renderRe2(tree);
  if (!pattern) return undefined;
  try {
    return { regex: RE2JS.compile(pattern.source), asciiOnly: pattern.asciiOnly };
  } catch {
    // Too large for its automaton, the one thing the two engines disagree on.
    return undefined;
  }
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** V8's engine keeps its places to go back to on a stack of its own, and throws when that is full. */
function isOutOfSpace(error: unknown): boolean {
  return error instanceof RangeError || error instanceof SyntaxError;
}
