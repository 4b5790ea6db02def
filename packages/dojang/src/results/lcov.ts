import type { Coverage, FileCoverage } from "@dojang/model";
import { DamagedReport } from "./damaged-report.ts";
import { mergeCoverage } from "./merge-coverage.ts";
import { type PathRoots, repositoryPath } from "./source-path.ts";

/** LCOV's tracefile (geninfo(1)): only SF, DA and end_of_record are used; a file may appear once per test name. */
export function readLcov(content: Uint8Array, roots: PathRoots): Coverage {
  const files: FileCoverage[] = [];
  let path: string | undefined;
  let hits: Record<number, number> = {};
  const lines = new TextDecoder().decode(content).split("\n");
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line.startsWith("SF:")) {
      path = repositoryPath(line.slice(3), roots);
      hits = {};
    } else if (line.startsWith("DA:")) {
      const { number, count } = dataLine(line, index + 1);
      hits[number] = (hits[number] ?? 0) + count;
    } else if (line === "end_of_record" && path !== undefined) {
      files.push({ path, hits });
      path = undefined;
    }
  }
  if (path !== undefined) throw new DamagedReport(`the record of ${path} has no end_of_record`, { line: lines.length, column: 1 });
  return mergeCoverage([{ files }]);
}

function dataLine(line: string, at: number): { number: number; count: number } {
  const match = /^DA:(\d+),(-?[\d.e+]+)/.exec(line);
  const number = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (!Number.isSafeInteger(number) || !Number.isFinite(count))
    throw new DamagedReport(`\`${line.slice(0, 80)}\` is not DA:line,hits`, { line: at, column: 1 });
  // Old gcov overflows to negative counts, which still mean that the line ran.
  return { number, count: Math.abs(count) };
}
