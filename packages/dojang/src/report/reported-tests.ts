import type { TestOutcome, Transaction } from "@dojang/model";
import { outcomes } from "../results/outcomes.ts";
import type { ReportedAttempt, RunFacts } from "./run-facts.ts";

/** A test of one job with what its attempts did. */
export interface ReportedTest {
  /** The test's id, and its job when several jobs ran the same test. Names its page: `#/test/<key>`. */
  readonly key: string;
  readonly job: string;
  readonly outcome: TestOutcome;
  readonly attempts: readonly AttemptWithTransactions[];
}

export interface AttemptWithTransactions {
  readonly attempt: ReportedAttempt;
  /** In order of start. */
  readonly transactions: readonly Transaction[];
}

export interface ReportedTests {
  readonly tests: readonly ReportedTest[];
  /** Made by a step, but by none of its tests. */
  readonly outside: readonly Transaction[];
}

/** Joins tests with their transactions. The same test in two jobs is two tests, told apart by the environment that was asked. */
export function reportedTests(facts: RunFacts): ReportedTests {
  const environments = new Map(facts.jobs.flatMap((job) => job.shards.map((shard) => [`${job.id}\0${shard.shard}`, shard.environment])));
  const owners = Map.groupBy(facts.attempts, (attempt) => attempt.id);
  const owned = new Map<ReportedAttempt, Transaction[]>();
  const outside: Transaction[] = [];
  for (const transaction of facts.transactions.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const candidates = transaction.testAttempt === undefined ? [] : (owners.get(transaction.testAttempt) ?? []);
    const owner = candidates.find((one) => environments.get(`${one.job}\0${one.shard}`) === transaction.environment) ?? candidates[0];
    if (owner === undefined) outside.push(transaction);
    else add(owned, owner, transaction);
  }
  const jobsOfTest = new Map<string, Set<string>>();
  for (const { testId, job } of facts.attempts) jobsOfTest.set(testId, (jobsOfTest.get(testId) ?? new Set()).add(job));
  const tests = [...Map.groupBy(facts.attempts, (attempt) => attempt.job)].flatMap(([job, attempts]) =>
    outcomes(attempts).map((result) => ({
      key: (jobsOfTest.get(result.testId)?.size ?? 0) > 1 ? `${result.testId}@${job}` : result.testId,
      job,
      outcome: result.outcome,
      attempts: result.attempts.map((attempt) => ({ attempt, transactions: owned.get(attempt) ?? [] })),
    })),
  );
  return { tests, outside };
}

function add(owned: Map<ReportedAttempt, Transaction[]>, owner: ReportedAttempt, transaction: Transaction): void {
  const list = owned.get(owner);
  if (list === undefined) owned.set(owner, [transaction]);
  else list.push(transaction);
}
