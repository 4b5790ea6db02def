import type { PatchCoverage, Problem, Reports } from "@dojang/model";
import type { GateFacts, ProblemFacts, ShardFacts } from "../report/run-facts.ts";
import { mergeCoverage } from "../results/merge-coverage.ts";
import { outcomes } from "../results/outcomes.ts";
import { patchCoverage } from "../results/patch-coverage.ts";
import { type CollectedResults, collectResults } from "./collect-results.ts";
import { type GateRequest, gatesHold, judgeGates } from "./gates.ts";
import type { JobEnvironment } from "./job-environment.ts";
import { emptyDetail, type JobResult } from "./job-result.ts";
import { type StepResult, stepsPassed } from "./run-steps.ts";
import { workspaceMount } from "./workspace.ts";

/** What one shard's steps did and what their result files say. */
export interface ShardOutcome {
  readonly shard: number;
  readonly steps: readonly StepResult[];
  readonly collected: CollectedResults;
}

export interface JudgeRequest {
  readonly job: string;
  readonly shards: readonly ShardOutcome[];
  readonly gate: GateRequest["gate"] | undefined;
  readonly changedLines: ReadonlyMap<string, ReadonlySet<number>> | undefined;
}

/** The verdict on steps: they passed, the files they promised are there, no test in them failed, and the gates hold. */
export function judgeSteps({ job, shards, gate, changedLines }: JudgeRequest): JobResult {
  const passedSteps = shards.every((shard) => stepsPassed(shard.steps));
  const attempts = shards.flatMap(({ shard, collected }) => collected.attempts.map((attempt) => ({ shard, attempt })));
  const tests = outcomes(attempts.map(({ attempt }) => attempt));
  const failedTests = tests.filter((test) => test.outcome === "failed").length;
  const coverages = shards.flatMap(({ collected }) => (collected.coverage ? [collected.coverage] : []));
  const coverage = coverages.length > 0 ? mergeCoverage(coverages) : undefined;
  const patch = coverage && changedLines ? patchCoverage(coverage, changedLines) : undefined;
  const gates = gate ? judgeGates({ job, gate, coverage, patch }) : [];
  // A step that failed often writes no report; then the step is the news and not the file.
  const problems = passedSteps ? shards.flatMap(({ collected }) => collected.problems) : [];
  const passed = passedSteps && failedTests === 0 && problems.length === 0 && gatesHold(gates);
  return {
    state: passed ? "passed" : "failed",
    reason: passed ? "done" : "failed",
    summary: summaryOf({ shards, tests, patch, gates, problems }),
    detail: {
      ...emptyDetail,
      gates,
      problems: problems.map(({ code, message, fix }): ProblemFacts => ({ code, message, fix })),
      notes: shards.flatMap(({ collected }) => collected.notes),
    },
    attempts,
    coverage,
    patchCoverage: patch,
    findings: shards.flatMap(({ collected }) => collected.findings),
  };
}

interface Summarised {
  readonly shards: readonly ShardOutcome[];
  readonly tests: readonly { readonly outcome: string }[];
  readonly patch: PatchCoverage | undefined;
  readonly gates: readonly GateFacts[];
  readonly problems: readonly Problem[];
}

function summaryOf({ shards, tests, patch, gates, problems }: Summarised): string {
  const failedStep = shards.flatMap(({ steps }) => steps).find((step) => step.exitCode !== 0 && !step.allowFailure);
  const counts = (["failed", "flaky", "skipped"] as const)
    .map((outcome) => ({ outcome, count: tests.filter((test) => test.outcome === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${count} ${outcome}`);
  const parts = [
    tests.length > 0 ? [`${tests.length} tests`, ...counts].join(", ") : undefined,
    failedStep ? `step "${failedStep.name}" ${failedStep.timedOut ? "timed out" : `ended with ${failedStep.exitCode}`}` : undefined,
    patch && patch.executableLines > 0
      ? `${Math.round((100 * patch.coveredLines) / patch.executableLines)} % of the change covered`
      : undefined,
    ...gates.filter((gate) => !gate.held).map((gate) => `${gate.gate} ${gate.seen}, expected ${gate.expected}`),
    problems[0]?.message,
  ];
  return parts.filter((part) => part !== undefined).join("; ");
}

/** Reads what a shard's steps left, while its environment is still there. */
export function collectShard(environment: JobEnvironment, reports: Reports, signal: AbortSignal): Promise<CollectedResults> {
  return environment.clock.time("collect", () =>
    collectResults({
      reports,
      files: environment.files,
      workspaceDirectory: workspaceMount,
      liveTests: environment.liveTests(),
      signal,
    }),
  );
}

export function shardFacts(
  shard: number,
  environment: JobEnvironment,
  rest: Pick<ShardFacts, "services"> & { readonly steps: readonly StepResult[] },
): ShardFacts {
  return { shard, environment: environment.id, phases: environment.clock.phases(), steps: rest.steps, services: rest.services };
}
