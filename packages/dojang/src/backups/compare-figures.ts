import type { BackupFigures } from "../store/backup-tables.ts";

const differenceLimit = 50;

/** Pure. A table may not be missing, have other than the rows it can have, or another checksum where one is known. */
export function compareFigures(
  expected: BackupFigures,
  measured: BackupFigures,
): { readonly differences: readonly string[]; readonly checksums: number } {
  const differences: string[] = [];
  let checksums = 0;
  const found = new Map(measured.figures.map((figure) => [figure.name, figure]));
  for (const { name, rows, checksum } of expected.figures) {
    const other = found.get(name);
    if (other === undefined) {
      if (rows[0] > 0 || checksum !== undefined) differences.push(`${name} is missing: it had ${describe(rows)}`);
      continue;
    }
    if (other.rows[1] < rows[0] || other.rows[0] > rows[1])
      differences.push(`${name} has ${other.rows[0]} rows instead of ${describe(rows)}`);
    else if (checksum !== undefined && other.checksum !== undefined && checksum !== other.checksum) {
      differences.push(`${name} has the same number of rows (${other.rows[0]}), but not the same content`);
    }
    if (checksum !== undefined && other.checksum !== undefined) checksums++;
  }
  if (differences.length <= differenceLimit) return { differences, checksums };
  return { differences: [...differences.slice(0, differenceLimit), `and ${differences.length - differenceLimit} more`], checksums };
}

function describe([least, most]: readonly [number, number]): string {
  return least === most ? `${least} rows` : `${least} to ${most} rows`;
}
