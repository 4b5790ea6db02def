/** Which expected elements found no counterpart, and which actual ones are left over. */
export interface Matching {
  readonly missing: readonly number[];
  readonly extra: readonly number[];
}

interface Questions {
  similar(expected: number, actual: number): boolean;
  /** Called with the number of elements looked at; throws when there were too many. */
  step(count: number): void;
}

/**
 * Pairs the elements of two arrays whatever their order, as JsonUnit does.
 *
 * First every actual element is compared with every expected one. Then groups that can only be paired among themselves are: actual
 * elements that equal the same expected ones, when there are as many of each. What is left is tried one after another, going back
 * when a choice leaves something over; without any way that fits, the first choices stand and what they leave over is reported.
 */
export function matchIgnoringOrder(expectedLength: number, actualLength: number, questions: Questions): Matching {
  const candidates = Array.from({ length: actualLength }, (_, actual) =>
    Array.from({ length: expectedLength }, (_, expected) => expected).filter((expected) => questions.similar(expected, actual)),
  );
  return plainPairs(candidates, expectedLength) ?? resultOf(search(stateOf(candidates, expectedLength), 0, questions));
}

/** Pairs elements of which only the text counts. */
export function matchByText(expected: readonly string[], actual: readonly string[]): Matching {
  const open = new Map<string, number[]>();
  for (const [index, text] of expected.entries()) {
    const alike = open.get(text);
    if (alike) alike.push(index);
    else open.set(text, [index]);
  }
  const extra = actual.flatMap((text, index) => (open.get(text)?.pop() === undefined ? [index] : []));
  return { missing: [...open.values()].flat().sort((one, two) => one - two), extra };
}

/** The usual case: no element equals two, none is equalled by two. */
function plainPairs(candidates: readonly (readonly number[])[], expectedLength: number): Matching | undefined {
  const taken = candidates.flat();
  if (candidates.some((free) => free.length > 1) || new Set(taken).size < taken.length) return undefined;
  const found = new Set(taken);
  return {
    missing: Array.from({ length: expectedLength }, (_, expected) => expected).filter((expected) => !found.has(expected)),
    extra: candidates.flatMap((free, actual) => (free.length === 0 ? [actual] : [])),
  };
}

function stateOf(candidates: (readonly number[])[], expectedLength: number): State {
  return { candidates, partner: new Array<number | undefined>(expectedLength).fill(undefined), done: new Set(), extra: [] };
}

interface State {
  /** Of each actual element: the expected ones it equals that are still free. */
  readonly candidates: (readonly number[])[];
  /** Of each expected element. */
  readonly partner: (number | undefined)[];
  /** Actual elements that have a partner. */
  readonly done: Set<number>;
  readonly extra: number[];
}

function search(state: State, from: number, questions: Questions): State {
  pairGroups(state, questions);
  for (let actual = from; actual < state.candidates.length; actual++) {
    if (state.done.has(actual)) continue;
    const free = state.candidates[actual] ?? [];
    const [first] = free;
    if (first === undefined) {
      state.extra.push(actual);
      continue;
    }
    for (const expected of free.length > 1 ? free : []) {
      questions.step(2 * state.candidates.length);
      const attempt = copyOf(state);
      pair(attempt, actual, expected, questions);
      const result = search(attempt, actual + 1, questions);
      if (result.extra.length === 0 && result.partner.every((partner) => partner !== undefined)) return result;
    }
    pair(state, actual, first, questions);
  }
  return state;
}

function pairGroups(state: State, questions: Questions): void {
  for (let actual = 0; actual < state.candidates.length; actual++) {
    const free = state.candidates[actual] ?? [];
    if (state.done.has(actual) || free.length === 0) continue;
    const alike = openElements(state).filter((other) => sameList(state.candidates[other] ?? [], free, questions));
    let count = 0;
    if (alike.length === free.length) count = free.length;
    else if (alike.length > 1 && free.length > 1) count = Math.min(alike.length, usedOnlyBy(state, alike, free).length);
    for (let i = 0; i < count; i++) pair(state, alike[i] ?? actual, free[i] ?? 0, questions);
  }
}

/** Those of some expected elements that no actual element outside a group equals. */
function usedOnlyBy(state: State, group: readonly number[], expected: readonly number[]): number[] {
  const others = new Set(
    openElements(state)
      .filter((actual) => !group.includes(actual))
      .flatMap((actual) => state.candidates[actual] ?? []),
  );
  return expected.filter((each) => !others.has(each));
}

function openElements(state: State): number[] {
  return state.candidates.map((_, actual) => actual).filter((actual) => !state.done.has(actual));
}

function pair(state: State, actual: number, expected: number, questions: Questions): void {
  state.partner[expected] = actual;
  for (const [other, free] of state.candidates.entries()) {
    questions.step(1 + free.length);
    if (!state.done.has(other) && free.includes(expected)) state.candidates[other] = free.filter((each) => each !== expected);
  }
  state.done.add(actual);
}

function copyOf(state: State): State {
  return { candidates: [...state.candidates], partner: [...state.partner], done: new Set(state.done), extra: [...state.extra] };
}

function sameList(one: readonly number[], two: readonly number[], questions: Questions): boolean {
  questions.step(1 + Math.min(one.length, two.length));
  return one.length === two.length && one.every((each, i) => each === two[i]);
}

function resultOf(state: State): Matching {
  return { missing: state.partner.flatMap((partner, expected) => (partner === undefined ? [expected] : [])), extra: state.extra };
}
