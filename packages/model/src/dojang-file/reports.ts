import { z } from "zod";
import { projectPaths } from "./names.ts";
import { duration, percentage, share } from "./quantities.ts";

/** Result files that the job's steps write; read once the steps have ended. Globs are allowed. */
export const reports = z.strictObject({
  junit: projectPaths.optional().describe("JUnit XML."),
  playwright: projectPaths.optional().describe("Playwright's JSON report."),
  ctrf: projectPaths.optional().describe("Common Test Report Format."),
  coverage: projectPaths.optional().describe("Coverage: LCOV or Cobertura XML."),
  sarif: projectPaths.optional().describe("SARIF 2.1 findings of linters and scanners."),
  transactions: z
    .enum(["all", "failed", "none"])
    .optional()
    .describe(
      "Which HTTP transactions are kept with their bodies: of all tests, of failed ones only, or none. An `integration` job keeps all unless told.",
    ),
});

export const artifacts = projectPaths.describe("Files kept with the run's evidence. Globs are allowed.");

/** What must hold beside passing tests. */
export const gate = z
  .strictObject({
    "patch-coverage": share
      .optional()
      .describe("Least share of the lines changed that tests must have executed. Needs `reports.coverage`."),
    coverage: share.optional().describe("Least share of all lines that tests must have executed. Needs `reports.coverage`."),
    "on-miss": z.enum(["fail", "warn"]).default("fail").describe("Whether missing the gate fails the job or is only said."),
  })
  .transform(({ "patch-coverage": patchCoverage, coverage, "on-miss": onMiss }) => ({ patchCoverage, coverage, onMiss }));

export const performanceGate = z
  .strictObject({
    p50: durationLimit("half"),
    p95: durationLimit("95 %"),
    p99: durationLimit("99 %"),
    errors: percentage.optional().describe("Largest share of requests that may fail."),
    regression: percentage.optional().describe("Largest allowed slowdown against the base branch's last passed run."),
    "on-miss": z.enum(["fail", "warn"]).default("fail").describe("Whether missing the gate fails the job or is only said."),
  })
  .transform(({ p50, p95, p99, "on-miss": onMiss, ...rest }) => ({ ...rest, p50Ms: p50, p95Ms: p95, p99Ms: p99, onMiss }));

function durationLimit(part: string) {
  return duration.optional().describe(`Longest time within which ${part} of requests must be answered.`);
}

export type Reports = z.output<typeof reports>;
