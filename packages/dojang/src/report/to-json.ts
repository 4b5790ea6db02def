import { type OutsideCall, trafficLane } from "@dojang/model";
import { type FirstLook, firstLooks } from "./first-look.ts";
import type { LoadFacts } from "./load-facts.ts";
import type { MutationFacts } from "./mutation-facts.ts";
import { type ReportedTest, reportedTests } from "./reported-tests.ts";
import type {
  DeployedFacts,
  GateFacts,
  JobFacts,
  LinkedCheckFacts,
  MockFacts,
  OutsideFinding,
  ProblemFacts,
  RunFacts,
  RunSummary,
} from "./run-facts.ts";

/**
 * What `--json` prints: the run, its jobs, every test with its outcome, and what to look at first. Version 1 only gains
 * keys. Logs and bodies are not in it: `dojang logs --json --request-id` has them.
 */
export interface RunJson {
  readonly version: 1;
  readonly run: RunSummary;
  readonly jobs: readonly (Pick<JobFacts, "id" | "kind" | "state" | "endReason" | "detail" | "needs" | "startedAt" | "finishedAt"> & {
    readonly shards: readonly {
      readonly shard: number;
      readonly environment?: string;
      readonly phases: JobFacts["shards"][number]["phases"];
      readonly services: JobFacts["shards"][number]["services"];
      readonly steps: readonly {
        readonly command: string;
        readonly exitCode?: number;
        readonly timedOut: boolean;
        readonly durationMs: number;
      }[];
    }[];
  })[];
  readonly totals: {
    readonly passed: number;
    readonly failed: number;
    readonly flaky: number;
    readonly skipped: number;
    readonly transactions: number;
    readonly outsideCalls: number;
  };
  readonly lookFirst: readonly FirstLook[];
  readonly tests: readonly TestJson[];
  /** Requests that belong to no test of this run: asked by a step's other programs, or by a browser on its own account. */
  readonly requestsOfNoTest: readonly { readonly requestId: string; readonly method: string; readonly url: string }[];
  /** Outside calls that no test is known to have caused. */
  readonly outsideCallsOfNoTest: readonly OutsideCallJson[];
  readonly mocks: readonly MockFacts[];
  readonly outsideFindings: readonly OutsideFinding[];
  readonly patchCoverage?: RunFacts["patchCoverage"];
  readonly gates: readonly GateFacts[];
  readonly checks: readonly LinkedCheckFacts[];
  readonly deployments: readonly DeployedFacts[];
  readonly findings: RunFacts["findings"];
  readonly artifacts: RunFacts["artifacts"];
  readonly egress: RunFacts["egress"];
  readonly problems: readonly ProblemFacts[];
  /** Of performance jobs, without samples and figures. */
  readonly load: readonly Omit<LoadFacts, "samples" | "metrics" | "marks">[];
  readonly mutations: readonly MutationFacts[];
}

interface TestJson {
  readonly testId: string;
  readonly job: string;
  readonly file: string;
  readonly titlePath: readonly string[];
  readonly project?: string;
  readonly outcome: ReportedTest["outcome"];
  readonly attempts: readonly {
    readonly attempt: number;
    readonly status: string;
    readonly durationMs: number;
    readonly error?: string;
    readonly requestIds: readonly string[];
    readonly outsideCalls: readonly OutsideCallJson[];
  }[];
}

type OutsideCallJson = Pick<OutsideCall, "mock" | "method" | "url" | "status" | "fault" | "answeredBy" | "direct" | "requestId"> & {
  readonly stub?: string;
  readonly violations: readonly string[];
};

export function toJson(facts: RunFacts): RunJson {
  const { tests } = reportedTests(facts);
  const calls = Map.groupBy(facts.outsideCalls, ({ environment, testAttempt }) => `${environment} ${testAttempt}`);
  const attempts = new Set(facts.attempts.map(({ id }) => id));
  const count = (outcome: ReportedTest["outcome"]): number => tests.filter((test) => test.outcome === outcome).length;
  return {
    version: 1,
    run: facts.run,
    jobs: facts.jobs.map(({ id, kind, state, endReason, detail, needs, startedAt, finishedAt, shards }) => ({
      ...{ id, kind, state, endReason, detail, needs, startedAt, finishedAt },
      shards: shards.map(({ shard, environment, phases, services, steps }) => ({
        ...{ shard, environment, phases, services },
        steps: steps.map(({ command, exitCode, timedOut, durationMs }) => ({ command, exitCode, timedOut, durationMs })),
      })),
    })),
    totals: {
      passed: count("passed"),
      failed: count("failed"),
      flaky: count("flaky"),
      skipped: count("skipped"),
      transactions: facts.transactions.length,
      outsideCalls: facts.outsideCalls.length,
    },
    lookFirst: firstLooks(facts, tests),
    tests: tests.map((test) => testJson(test, { facts, calls })),
    requestsOfNoTest: requestsOfNoTest(facts, tests),
    outsideCallsOfNoTest: facts.outsideCalls
      .filter(({ testAttempt }) => testAttempt === undefined || !attempts.has(testAttempt))
      .map(outsideCallJson),
    mocks: facts.mocks,
    outsideFindings: facts.outsideFindings,
    patchCoverage: facts.patchCoverage,
    gates: facts.gates,
    checks: facts.checks,
    deployments: facts.deployments,
    findings: facts.findings,
    artifacts: facts.artifacts,
    egress: facts.egress,
    problems: facts.problems,
    load: facts.load.map(({ samples: _samples, metrics: _metrics, marks: _marks, ...summary }) => summary),
    mutations: facts.mutations,
  };
}

function requestsOfNoTest(facts: RunFacts, tests: readonly ReportedTest[]): RunJson["requestsOfNoTest"] {
  const owned = new Set(tests.flatMap((test) => test.attempts.flatMap(({ transactions }) => transactions.map(({ id }) => id))));
  return facts.transactions
    .filter(({ id, lane }) => lane !== trafficLane && !owned.has(id))
    .map(({ requestId, method, url }) => ({ requestId, method, url }));
}

interface JsonContext {
  readonly facts: RunFacts;
  /** By environment and attempt: the same test may run in two jobs. */
  readonly calls: ReadonlyMap<string, readonly OutsideCall[]>;
}

function testJson(test: ReportedTest, { facts, calls }: JsonContext): TestJson {
  const [first] = test.attempts;
  const job = facts.jobs.find(({ id }) => id === test.job);
  return {
    testId: first?.attempt.testId ?? test.key,
    job: test.job,
    file: first?.attempt.file ?? "",
    titlePath: first?.attempt.titlePath ?? [],
    project: first?.attempt.project,
    outcome: test.outcome,
    attempts: test.attempts.map(({ attempt, transactions }) => ({
      attempt: attempt.attempt,
      status: attempt.status,
      durationMs: attempt.durationMs,
      error: attempt.error?.message,
      requestIds: transactions.map(({ requestId }) => requestId),
      outsideCalls: (calls.get(`${job?.shards.find(({ shard }) => shard === attempt.shard)?.environment} ${attempt.id}`) ?? []).map(
        outsideCallJson,
      ),
    })),
  };
}

function outsideCallJson(call: OutsideCall): OutsideCallJson {
  const { mock, method, url, status, fault, answeredBy, direct, requestId, stub, violations } = call;
  return {
    ...{ mock, method, url, status, fault, answeredBy, direct, requestId },
    stub: stub?.name ?? stub?.id,
    violations: violations.map(({ side, at, message }) => `${side} ${at}: ${message}`),
  };
}
