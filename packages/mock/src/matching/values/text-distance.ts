/** Levenshtein distance over the longer length: 0 is equal, 1 has nothing in common. */
export function textDistance(one: string, two: string): number {
  if (one === two) return 0;
  const longest = Math.max(one.length, two.length);
  const [left, right] = withoutCommonEnds(one, two);
  return levenshtein(left, right) / longest;
}

/** What both begin or end with is no part of the distance, and most of two similar URLs. */
function withoutCommonEnds(one: string, two: string): readonly [string, string] {
  const shortest = Math.min(one.length, two.length);
  let start = 0;
  while (start < shortest && one.charCodeAt(start) === two.charCodeAt(start)) start++;
  let end = 0;
  while (end < shortest - start && one.charCodeAt(one.length - 1 - end) === two.charCodeAt(two.length - 1 - end)) end++;
  return [one.slice(start, one.length - end), two.slice(start, two.length - end)];
}

function levenshtein(one: string, two: string): number {
  const [short, long] = one.length <= two.length ? [one, two] : [two, one];
  const row = Uint32Array.from({ length: short.length + 1 }, (_, i) => i);
  for (let j = 1; j <= long.length; j++) {
    const code = long.charCodeAt(j - 1);
    let diagonal = row[0] ?? 0;
    row[0] = j;
    for (let i = 1; i <= short.length; i++) {
      const above = row[i] ?? 0;
      const cost = short.charCodeAt(i - 1) === code ? 0 : 1;
      row[i] = Math.min((row[i - 1] ?? 0) + 1, above + 1, diagonal + cost);
      diagonal = above;
    }
  }
  return row[short.length] ?? 0;
}
