import type { TestAttempt, TestOutcome } from "./facts.ts";

/**
 * What a test amounts to after its attempts, in whatever order they come. The last attempt that was executed decides: a
 * pass after a failure is flaky. A test that is only skipped is skipped.
 */
export function outcomeOf(attempts: readonly Pick<TestAttempt, "attempt" | "status">[]): TestOutcome {
  const executed = attempts.filter((attempt) => attempt.status !== "skipped").toSorted((a, b) => a.attempt - b.attempt);
  const last = executed.at(-1);
  if (last === undefined) return "skipped";
  if (last.status !== "passed") return "failed";
  return executed.every((attempt) => attempt.status === "passed") ? "passed" : "flaky";
}
