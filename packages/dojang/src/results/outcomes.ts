import { outcomeOf, type TestAttempt, type TestOutcome } from "@dojang/model";

/** A test and what it amounts to, with its attempts in order. */
export interface TestResult<A extends TestAttempt = TestAttempt> {
  readonly testId: string;
  readonly outcome: TestOutcome;
  readonly attempts: readonly A[];
}

/**
 * One result per test, in the order in which tests first appear. The last attempt decides: passed after a failure is
 * flaky, failed after a pass is failed. A test that is only skipped is skipped.
 */
export function outcomes<A extends TestAttempt>(attempts: readonly A[]): TestResult<A>[] {
  const byTest = new Map<string, A[]>();
  for (const attempt of attempts) {
    const known = byTest.get(attempt.testId);
    if (known === undefined) byTest.set(attempt.testId, [attempt]);
    else known.push(attempt);
  }
  return [...byTest].map(([testId, own]) => {
    const ordered = own.toSorted((a, b) => a.attempt - b.attempt);
    return { testId, outcome: outcomeOf(ordered), attempts: ordered };
  });
}
