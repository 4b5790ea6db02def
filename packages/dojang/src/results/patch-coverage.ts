import type { Coverage, PatchCoverage } from "@dojang/model";
import type { ChangedLines } from "./changed-lines.ts";

/**
 * Of the lines a change touched, those that can run and those that did. A changed file that no report mentions counts
 * nothing: reports list the files they measure, and documentation is not untested code.
 */
export function patchCoverage(coverage: Coverage, changed: ChangedLines): PatchCoverage {
  const files = coverage.files.flatMap(({ path, hits }) => {
    const touched = [...(changed.get(path) ?? [])].filter((line) => hits[line] !== undefined).toSorted((a, b) => a - b);
    if (touched.length === 0) return [];
    return [{ path, covered: touched.filter((line) => (hits[line] ?? 0) > 0), missed: touched.filter((line) => hits[line] === 0) }];
  });
  const coveredLines = files.reduce((sum, file) => sum + file.covered.length, 0);
  return { coveredLines, executableLines: coveredLines + files.reduce((sum, file) => sum + file.missed.length, 0), files };
}
