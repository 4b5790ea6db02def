import { hasSingleWay, isDeterministic } from "./determinism.ts";
import type { RegexNode } from "./syntax-tree.ts";

/**
 * How much work a backtracking engine may have with a pattern, as an upper bound c·n^d for a text of n characters.
 *
 * Counted are the ways a part can match from one place (`paths`: one for a character, n for `.*`) and the steps it takes to try
 * them all (`work`). In a sequence every way of the parts before repeats the work of the parts after, so that `.*a.*b` is n². A
 * loop around something that has several ways itself is exponential: degree Infinity. A pattern that is deterministic has linear work.
 */
export interface Growth {
  readonly factor: number;
  readonly degree: number;
}

const ONE: Growth = { factor: 1, degree: 0 };
const LENGTH: Growth = { factor: 1, degree: 1 };
const EXPONENTIAL: Growth = { factor: 1, degree: Number.POSITIVE_INFINITY };
/** Powers above are as good as exponential. */
const MAX_DEGREE = 6;

/** Steps to match the whole text, or to fail. */
export function backtrackingWork(root: RegexNode): Growth {
  const work = costOf(root).work;
  return work.degree > 1 && isDeterministic(root) ? { factor: sizeOf(root), degree: 1 } : work;
}

/** The longest text for which the work stays below a number of steps. */
export function longestTextWithin(work: Growth, maxSteps: number): number {
  if (work.degree === 0) return work.factor <= maxSteps ? Number.POSITIVE_INFINITY : 0;
  if (work.degree === Number.POSITIVE_INFINITY) return 0;
  return Math.floor((maxSteps / work.factor) ** (1 / work.degree)) - 1;
}

export function timesLength(work: Growth): Growth {
  return times(work, LENGTH);
}

/** Characters and classes in a pattern, counted repetitions unrolled: the size of its automaton. */
export function sizeOf(node: RegexNode): number {
  switch (node.kind) {
    case "sequence":
      return node.items.reduce((sum, item) => sum + sizeOf(item), 1);
    case "either":
      return node.options.reduce((sum, option) => sum + sizeOf(option), 1);
    case "repeat":
      return sizeOf(node.body) * Math.max(1, node.max === Number.POSITIVE_INFINITY ? node.min + 1 : node.max);
    case "capture":
    case "atomic":
    case "look":
      return 1 + sizeOf(node.body);
    default:
      return 1;
  }
}

interface Cost {
  readonly paths: Growth;
  readonly work: Growth;
}

function costOf(node: RegexNode): Cost {
  switch (node.kind) {
    case "chars":
    case "assert":
      return { paths: ONE, work: ONE };
    case "backreference":
      return { paths: ONE, work: LENGTH };
    case "sequence":
      return sequenceCost(node.items);
    case "either": {
      const options = node.options.map(costOf);
      const work = options.map((each) => each.work).reduce(plus);
      return { paths: hasSingleWay(node) ? ONE : options.map((each) => each.paths).reduce(plus), work };
    }
    case "capture":
      return costOf(node.body);
    case "atomic":
    case "look":
      return { paths: ONE, work: costOf(node.body).work };
    case "repeat": {
      const cost = repeatCost(costOf(node.body), node.min, node.max);
      return node.mode === "possessive" ? { paths: ONE, work: cost.work } : cost;
    }
  }
}

function sequenceCost(items: readonly RegexNode[]): Cost {
  let paths = ONE;
  let work = ONE;
  for (const item of items) {
    const cost = costOf(item);
    work = plus(work, times(paths, cost.work));
    paths = times(paths, cost.paths);
  }
  return { paths, work };
}

function repeatCost(body: Cost, min: number, max: number): Cost {
  const rounds: Growth = max === Number.POSITIVE_INFINITY ? LENGTH : { factor: Math.max(1, max), degree: 0 };
  const ends: Growth = max === Number.POSITIVE_INFINITY ? LENGTH : { factor: max - min + 1, degree: 0 };
  if (body.paths.degree === 0 && body.paths.factor <= 1) return { paths: ends, work: plus(ONE, times(rounds, body.work)) };
  if (max === Number.POSITIVE_INFINITY) return { paths: EXPONENTIAL, work: EXPONENTIAL };
  const ways = power(body.paths, max);
  return { paths: times(ends, ways), work: plus(ONE, times(times(rounds, ways), body.work)) };
}

function plus(one: Growth, two: Growth): Growth {
  return { factor: one.factor + two.factor, degree: Math.max(one.degree, two.degree) };
}

function times(one: Growth, two: Growth): Growth {
  const degree = one.degree + two.degree;
  return degree > MAX_DEGREE ? EXPONENTIAL : { factor: one.factor * two.factor, degree };
}

function power(base: Growth, exponent: number): Growth {
  if (base.degree * exponent > MAX_DEGREE) return EXPONENTIAL;
  const factor = base.factor ** exponent;
  return factor > Number.MAX_SAFE_INTEGER ? EXPONENTIAL : { factor, degree: base.degree * exponent };
}
