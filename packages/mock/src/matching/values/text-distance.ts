/** Levenshtein distance over the longer length: 0 is equal, 1 has nothing in common. */
export function textDistance(one: string, two: string): number {
  if (one === two) return 0;
  const longest = Math.max(one.length, two.length);
  return levenshtein(one, two) / longest;
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
