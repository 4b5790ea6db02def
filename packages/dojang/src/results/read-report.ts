import type { CodeFinding, Coverage, TestAttempt, TestIdentity } from "@dojang/model";
import { readCobertura } from "./cobertura.ts";
import { readCtrf } from "./ctrf.ts";
import { DamagedReport, unreadableReport } from "./damaged-report.ts";
import { readJunit } from "./junit.ts";
import { readLcov } from "./lcov.ts";
import { readPlaywright } from "./playwright-json.ts";
import { detectReportKind, type ReportKind } from "./report-kind.ts";
import { readSarif } from "./sarif.ts";
import type { PathRoots } from "./source-path.ts";

/** What a report file says. `notes` are for people: what was cut, what is missing, that no test was in it. */
export type ParsedReport =
  | { readonly holds: "tests"; readonly kind: ReportKind; readonly attempts: readonly TestAttempt[]; readonly notes: readonly string[] }
  | { readonly holds: "coverage"; readonly kind: ReportKind; readonly coverage: Coverage; readonly notes: readonly string[] }
  | { readonly holds: "findings"; readonly kind: ReportKind; readonly findings: readonly CodeFinding[]; readonly notes: readonly string[] };

export interface ReadReportOptions {
  /** Read as this format; told by the content when absent. */
  readonly kind?: ReportKind;
  readonly content: Uint8Array;
  /** Of the report, relative to the workspace: named in messages, and helps to place relative source paths. */
  readonly path: string;
  /** Where the steps that wrote the report saw the workspace, `/work`: cut off absolute paths. */
  readonly workspaceDirectory: string;
  /** Files of the repository, when known: decides which file a path of a coverage report means. */
  readonly repositoryFiles?: ReadonlySet<string>;
  /** Tests that announced themselves live, by whose identity JUnit cases are named. */
  readonly liveTests?: readonly TestIdentity[];
}

/** A report larger than this is refused: its tree would take several times as much memory. */
export const reportLimitBytes = 64 * 1024 * 1024;

/** Throws a Problem `report-unreadable` for a file that is damaged, too large, or of no known format. */
export function readReport(options: ReadReportOptions): ParsedReport {
  const { content, path } = options;
  if (content.byteLength === 0) {
    throw unreadableReport({
      path,
      what: "is empty",
      fix: "see whether the step that writes it was ended before it could; its output says more",
    });
  }
  if (content.byteLength > reportLimitBytes) {
    throw unreadableReport({
      path,
      what: `has ${content.byteLength} bytes, more than the ${reportLimitBytes} that are read`,
      fix: "let the test runner leave out the output of passing tests, or split the report",
    });
  }
  const kind = options.kind ?? detectReportKind(content);
  if (kind === undefined) {
    throw unreadableReport({
      path,
      what: "is none of JUnit XML, Playwright JSON, CTRF, LCOV, Cobertura and SARIF",
      fix: "choose one of these formats in the step that writes it, or correct the path under `reports`",
    });
  }
  try {
    return readKind(kind, options);
  } catch (error) {
    if (!(error instanceof DamagedReport)) throw error;
    throw unreadableReport({
      path,
      what: `cannot be read as ${kind}: ${error.message}`,
      fix: "run the step alone and look at the file; a step that was killed leaves half of it",
      cause: error,
    });
  }
}

function readKind(kind: ReportKind, options: ReadReportOptions): ParsedReport {
  const { content, path, workspaceDirectory, repositoryFiles, liveTests } = options;
  const roots: PathRoots = { workspaceDirectory, reportPath: path, repositoryFiles };
  switch (kind) {
    case "junit":
      return tests(kind, path, readJunit(content, { workspaceDirectory, liveTests: liveTests ?? [] }));
    case "playwright":
      return tests(kind, path, readPlaywright(content, workspaceDirectory));
    case "ctrf":
      return tests(kind, path, readCtrf(content, workspaceDirectory));
    case "lcov":
      return coverage(kind, path, readLcov(content, roots));
    case "cobertura":
      return coverage(kind, path, readCobertura(content, roots));
    case "sarif":
      return { holds: "findings", kind, findings: readSarif(content, roots), notes: [] };
  }
}

function tests(kind: ReportKind, path: string, read: { attempts: readonly TestAttempt[]; notes: readonly string[] }): ParsedReport {
  const notes = read.attempts.length === 0 ? [...read.notes, `${path} has no test in it`] : read.notes;
  return { holds: "tests", kind, attempts: read.attempts, notes };
}

function coverage(kind: ReportKind, path: string, read: Coverage): ParsedReport {
  const lines = read.files.reduce((sum, file) => sum + Object.keys(file.hits).length, 0);
  return { holds: "coverage", kind, coverage: read, notes: lines === 0 ? [`${path} has no executable line in it`] : [] };
}
