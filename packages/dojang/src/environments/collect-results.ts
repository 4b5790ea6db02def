import { type CodeFinding, type Coverage, Problem, type Reports, type TestAttempt } from "@dojang/model";
import { mergeCoverage } from "../results/merge-coverage.ts";
import { type ParsedReport, readReport, reportLimitBytes } from "../results/read-report.ts";
import type { ReportKind } from "../results/report-kind.ts";
import type { GuestFiles } from "./guest-files.ts";
import type { LiveTest } from "./job-environment.ts";

/** What the result files of a job's steps say. */
export interface CollectedResults {
  readonly attempts: readonly TestAttempt[];
  readonly coverage?: Coverage;
  readonly findings: readonly CodeFinding[];
  /** For people: what was cut or missing. */
  readonly notes: readonly string[];
  /** Promised files that are missing, damaged, or have no test in them. They fail a job whose steps passed. */
  readonly problems: readonly Problem[];
}

export interface CollectRequest {
  readonly reports: Reports;
  readonly files: GuestFiles;
  readonly workspaceDirectory: string;
  readonly liveTests: readonly LiveTest[];
  readonly signal: AbortSignal;
}

interface Source {
  /** The key under `reports`. */
  readonly key: string;
  readonly globs: readonly string[];
  /** Told by the content when the key allows several. */
  readonly kind: ReportKind | undefined;
}

export async function collectResults(request: CollectRequest): Promise<CollectedResults> {
  const parsed: ParsedReport[] = [];
  const problems: Problem[] = [];
  for (const source of sourcesOf(request.reports)) {
    const paths = await request.files.find(source.globs, request.signal);
    if (paths.length === 0) problems.push(missingReport(source));
    for (const path of paths) {
      try {
        parsed.push(await readOne(request, source, path));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        problems.push(error);
      }
    }
  }
  const attempts = parsed.flatMap((report) => (report.holds === "tests" ? report.attempts : []));
  const coverages = parsed.flatMap((report) => (report.holds === "coverage" ? [report.coverage] : []));
  if (parsed.some((report) => report.holds === "tests") && attempts.length === 0) problems.push(noTests());
  return {
    attempts: withStartTimes(withoutTwins(attempts), request.liveTests),
    coverage: coverages.length > 0 ? mergeCoverage(coverages) : undefined,
    findings: parsed.flatMap((report) => (report.holds === "findings" ? report.findings : [])),
    notes: parsed.flatMap((report) => report.notes),
    problems,
  };
}

function sourcesOf(reports: Reports): Source[] {
  const sources: Source[] = [
    { key: "playwright", globs: reports.playwright ?? [], kind: "playwright" },
    { key: "ctrf", globs: reports.ctrf ?? [], kind: "ctrf" },
    { key: "junit", globs: reports.junit ?? [], kind: "junit" },
    { key: "coverage", globs: reports.coverage ?? [], kind: undefined },
    { key: "sarif", globs: reports.sarif ?? [], kind: "sarif" },
  ];
  return sources.filter((source) => source.globs.length > 0);
}

async function readOne(request: CollectRequest, source: Source, path: string): Promise<ParsedReport> {
  const content = (await request.files.read(path, reportLimitBytes, request.signal)) ?? new Uint8Array();
  return readReport({
    kind: source.kind,
    content,
    path,
    workspaceDirectory: request.workspaceDirectory,
    liveTests: request.liveTests.map((test) => test.identity),
  });
}

/** The same attempt may be in two formats; the first source, the one that says more, is kept. */
function withoutTwins(attempts: readonly TestAttempt[]): TestAttempt[] {
  const seen = new Map<string, TestAttempt>();
  for (const attempt of attempts) if (!seen.has(attempt.id)) seen.set(attempt.id, attempt);
  return [...seen.values()];
}

/** The recorder's clock is the one that transactions and log records are on. */
function withStartTimes(attempts: readonly TestAttempt[], live: readonly LiveTest[]): TestAttempt[] {
  const began = new Map(live.map((test) => [test.id, test.beganAt]));
  return attempts.map((attempt) => ({ ...attempt, startedAt: began.get(attempt.id) ?? attempt.startedAt }));
}

function missingReport({ key, globs }: Source): Problem {
  return new Problem({
    code: "report-missing",
    message: `no step wrote ${globs.join(", ")}, which \`reports.${key}\` names`,
    fix: `let a step write it, or correct \`reports.${key}\``,
    exit: "configuration",
  });
}

function noTests(): Problem {
  return new Problem({
    code: "no-tests",
    message: "the test reports have no test in them",
    fix: "look at the step's output: a filter or a pattern that matches nothing proves nothing",
    exit: "configuration",
  });
}
