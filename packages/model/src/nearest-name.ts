/** The known name closest to a misspelt one, when it is close enough to be meant: at most a third of its letters differ. */
export function nearestName(asked: string, known: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(asked.toLowerCase(), name.toLowerCase());
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  const allowed = Math.max(1, Math.floor(Math.max(asked.length, best?.name.length ?? 0) / 3));
  return best !== undefined && best.distance <= allowed ? best.name : undefined;
}

/** `did you mean "x"? ` when one is near, else which names are known. */
export function nameAdvice(asked: string, known: readonly string[], what = "names"): string {
  const near = nearestName(asked, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0) return `there are no ${what} here`;
  const shown = known.slice(0, 12).join(", ");
  return `known ${what}: ${shown}${known.length > 12 ? `, and ${known.length - 12} more` : ""}`;
}

const longestName = 60;

/** Optimal string alignment: insert, delete, replace, or swap two neighbours. Names longer than any real one are cut. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, longestName);
  const b = right.slice(0, longestName);
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (same ? 0 : 1),
          swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
