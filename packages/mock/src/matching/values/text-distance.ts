/**
 * Levenshtein distance over the longer length: 0 is equal, 1 has nothing in common.
 *
 * It costs the product of both lengths. Where that is too much, both are cut into as many pieces that lie about in the same places, and
 * the distances of the pieces are added; of very many pieces some are looked at for all. That is more than WireMock's distance where
 * what is the same lies in far-off places.
 */
export function textDistance(one: string, two: string): number {
  if (one === two) return 0;
  const [left, right] = withoutCommonEnds(one, two);
  const [short, long] = left.length <= right.length ? [left, right] : [right, left];
  const cells = short.length * long.length;
  if (cells <= MAX_CELLS) return levenshtein(short, long) / Math.max(one.length, two.length);
  const few = Math.ceil(cells / MAX_CELLS);
  const pieces = few <= MAX_PIECES ? few : Math.ceil(Math.sqrt((cells / MAX_CELLS) * MAX_PIECES));
  const step = Math.max(1, pieces / MAX_PIECES);
  let distance = 0;
  for (let piece = 0; piece < pieces; piece += step) {
    distance += step * levenshtein(pieceOf(short, Math.floor(piece), pieces), pieceOf(long, Math.floor(piece), pieces));
  }
  return Math.min(distance, long.length) / Math.max(one.length, two.length);
}

/** Two texts of 10,000 characters are compared exactly. Some 50 milliseconds of work. */
const MAX_CELLS = 100_000_000;
/** Looked at. */
const MAX_PIECES = 100;

/** What both begin or end with is no part of the distance, and most of two similar URLs. */
function withoutCommonEnds(one: string, two: string): readonly [string, string] {
  const shortest = Math.min(one.length, two.length);
  let start = 0;
  while (start < shortest && one.charCodeAt(start) === two.charCodeAt(start)) start++;
  let end = 0;
  while (end < shortest - start && one.charCodeAt(one.length - 1 - end) === two.charCodeAt(two.length - 1 - end)) end++;
  return [one.slice(start, one.length - end), two.slice(start, two.length - end)];
}

function pieceOf(text: string, index: number, count: number): string {
  return text.slice(Math.floor((index * text.length) / count), Math.floor(((index + 1) * text.length) / count));
}

/**
 * Myers' algorithm, in blocks as Hyyrö describes: a column of 32 cells is two words, which say where a cell is one more or one less than
 * the one above it. What leaves a block at its bottom enters the one below.
 */
function levenshtein(short: string, long: string): number {
  if (short === "") return long.length;
  const places = new Map<number, number>();
  // How a cell of the row above differs from the one left of it. The first row counts up.
  const above = new Int8Array(long.length).fill(1);
  for (let start = 0; start < short.length; start += 32) {
    const height = Math.min(32, short.length - start);
    places.clear();
    for (let i = 0; i < height; i++) {
      const code = short.charCodeAt(start + i);
      places.set(code, (places.get(code) ?? 0) | (1 << i));
    }
    fillBlock(long, places, above, 1 << (height - 1));
  }
  return above.reduce((sum, step) => sum + step, short.length);
}

/** Replaces the steps of the row above a block by those of its last row, which `last` has the bit of. */
function fillBlock(long: string, places: ReadonlyMap<number, number>, steps: Int8Array, last: number): void {
  let more = -1;
  let less = 0;
  for (let column = 0; column < long.length; column++) {
    const entering = steps[column] ?? 0;
    const entersLess = entering < 0 ? 1 : 0;
    const entersMore = entering > 0 ? 1 : 0;
    const equal = places.get(long.charCodeAt(column)) ?? 0;
    const vertical = equal | less;
    const equalOrLess = equal | entersLess;
    const horizontal = (((equalOrLess & more) + more) ^ more) | equalOrLess;
    let rowMore = less | ~(horizontal | more);
    let rowLess = more & horizontal;
    steps[column] = (rowMore & last) !== 0 ? 1 : (rowLess & last) !== 0 ? -1 : 0;
    rowMore = (rowMore << 1) | entersMore;
    rowLess = (rowLess << 1) | entersLess;
    more = rowLess | ~(vertical | rowMore);
    less = rowMore & vertical;
  }
}
