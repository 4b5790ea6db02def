import type { Coverage } from "@dojang/model";

/** Adds up several reports: shards, test kinds, or one file listed twice. Files come sorted by path. */
export function mergeCoverage(all: readonly Coverage[]): Coverage {
  const byPath = new Map<string, Record<number, number>>();
  for (const { path, hits } of all.flatMap((coverage) => coverage.files)) {
    const sum = byPath.get(path) ?? {};
    for (const [line, count] of Object.entries(hits)) sum[Number(line)] = (sum[Number(line)] ?? 0) + count;
    byPath.set(path, sum);
  }
  const files = [...byPath].map(([path, hits]) => ({ path, hits }));
  return { files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}
