/**
 * A set of Unicode code points as sorted, disjoint, inclusive ranges: [from, to, from, to, ...]. Character classes of Java become
 * such sets, so that intersection and negation need no counterpart in the engine that runs the pattern.
 */
export type CodePoints = readonly number[];

export const LAST_CODE_POINT = 0x10ffff;
export const EVERY: CodePoints = [0, LAST_CODE_POINT];

export function range(from: number, to: number = from): CodePoints {
  return [from, to];
}

/** The code points of a text. */
export function anyOf(text: string): CodePoints {
  return union(...Array.from(text, (char) => range(char.codePointAt(0) ?? 0)));
}

export function union(...sets: readonly CodePoints[]): CodePoints {
  const ranges: [number, number][] = [];
  for (const set of sets) for (let i = 0; i < set.length; i += 2) ranges.push([at(set, i), at(set, i + 1)]);
  ranges.sort((one, two) => one[0] - two[0]);
  const merged: number[] = [];
  for (const [from, to] of ranges) {
    const last = merged.length - 1;
    if (last > 0 && from <= at(merged, last) + 1) merged[last] = Math.max(at(merged, last), to);
    else merged.push(from, to);
  }
  return merged;
}

export function negate(set: CodePoints): CodePoints {
  const rest: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (at(set, i) > next) rest.push(next, at(set, i) - 1);
    next = at(set, i + 1) + 1;
  }
  if (next <= LAST_CODE_POINT) rest.push(next, LAST_CODE_POINT);
  return rest;
}

export function intersect(one: CodePoints, two: CodePoints): CodePoints {
  return negate(union(negate(one), negate(two)));
}

export function overlap(one: CodePoints, two: CodePoints): boolean {
  let i = 0;
  let j = 0;
  while (i < one.length && j < two.length) {
    if (at(one, i + 1) < at(two, j)) i += 2;
    else if (at(two, j + 1) < at(one, i)) j += 2;
    else return true;
  }
  return false;
}

/** The only member of a set of one. */
export function single(set: CodePoints): number | undefined {
  return set.length === 2 && set[0] === set[1] ? set[0] : undefined;
}

function at(ranges: readonly number[], index: number): number {
  // Always within: ranges come in pairs and callers step by two.
  return ranges[index] as number;
}
