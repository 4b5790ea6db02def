import type { TestAttempt } from "@dojang/model";
import type { MockSource } from "../../config/mock-sources.ts";
import type { EgressFacts, OutsideFinding } from "../../report/run-facts.ts";
import { listOutsideCalls } from "../../store/outside-calls.ts";
import type { Store } from "../../store/store.ts";
import { listTransactions } from "../../store/transactions.ts";
import type { JobResult } from "../job-result.ts";
import { type JudgedOutside, judgeOutside } from "./judge-outside.ts";
import type { MockResults } from "./open-journal.ts";

/** What one environment of a job, now closed, leaves of its mocks. */
export interface PlayedEnvironment {
  readonly environment: string;
  readonly mocks: MockResults & { readonly digests: Readonly<Record<string, string>> };
  readonly egress: readonly EgressFacts[];
}

export interface OutsideVerdictRequest {
  readonly store: Store;
  readonly job: string;
  readonly sources: readonly MockSource[];
  readonly environments: readonly PlayedEnvironment[];
  readonly attempts: readonly TestAttempt[];
}

/** Reads what the mocks of a job were asked back from the store, and judges it. */
export async function judgeOutsideCalls(request: OutsideVerdictRequest): Promise<JudgedOutside> {
  const { store, job, sources, environments, attempts } = request;
  if (sources.length === 0) return { mocks: [], findings: [] };
  const calls = await Promise.all(environments.map(({ environment }) => listOutsideCalls(store, { environment })));
  const tallies = environments.flatMap(({ mocks }) => mocks.tallies);
  const injections = tallies.flatMap(({ stubs }) => stubs.flatMap(({ injectedBy }) => injectedBy ?? []));
  const injected = await Promise.all(
    environments.map(({ environment }) => listTransactions(store, { environment, requestIds: injections })),
  );
  const attemptOf = new Map(injected.flat().map((transaction) => [transaction.requestId, transaction.testAttempt]));
  return judgeOutside({
    job,
    mocks: sources.map((source) => ({ source, digest: environments[0]?.mocks.digests[source.name] ?? "" })),
    tallies,
    calls: calls.flat(),
    attempts,
    attemptOf: (requestId) => attemptOf.get(requestId),
    egress: environments.flatMap(({ egress }) => egress),
    journalBytes: environments[0]?.mocks.maxBytes ?? 0,
  });
}

/** A result that may have passed but for what was asked outside. */
export function withOutside(result: JobResult, { mocks, findings }: JudgedOutside): JobResult {
  const failing = findings.filter(({ level }) => level === "fail");
  const summary = [result.summary, ...summariesOf(failing)].filter((part) => part !== "").join("; ");
  const detail = { ...result.detail, mocks, outsideFindings: findings };
  return failing.length === 0 ? { ...result, detail } : { ...result, state: "failed", reason: "failed", summary, detail };
}

/** "1 outside call unmatched: mail has no answer for POST /messagez". */
function summariesOf(failing: readonly OutsideFinding[]): string[] {
  const kinds = Map.groupBy(failing, ({ kind }) => kind);
  return [...kinds].map(([kind, found]) => {
    const count = found.reduce((sum, finding) => sum + finding.count, 0);
    const what = kind === "unused" ? (count === 1 ? "stub" : "stubs") : count === 1 ? "outside call" : "outside calls";
    return `${count} ${what} ${kind}: ${found[0]?.message ?? ""}`;
  });
}
