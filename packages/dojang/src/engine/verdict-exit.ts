import { type EndReason, exitCodes, type RunState } from "@dojang/model";

/**
 * The exit code of a run. A red test outweighs a broken machine, and that a wrong file: what the change did is the news
 * when it is known.
 */
export function verdictExit(
  run: { readonly state: RunState },
  jobs: readonly { readonly state: string; readonly reason?: EndReason }[],
): number {
  if (run.state === "passed") return exitCodes.passed;
  if (run.state === "cancelled") return exitCodes.interrupted;
  const reasons = new Set(jobs.filter((job) => job.state === "failed").map((job) => job.reason));
  if (reasons.has("failed") || reasons.has("timeout")) return exitCodes.failed;
  if (reasons.has("environment-failed") || reasons.has("worker-lost")) return exitCodes.infrastructure;
  if (reasons.has("refused")) return exitCodes.refused;
  return reasons.has("problem") ? exitCodes.configuration : exitCodes.failed;
}
