import type { IntegrationJob } from "@dojang/model";
import type { JobResult } from "../environments/job-result.ts";
import { collectShard, judgeSteps, type ShardOutcome, shardFacts } from "../environments/judge-steps.ts";
import { keepArtifacts } from "../environments/keep-artifacts.ts";
import { judgeOutsideCalls, type PlayedEnvironment, withOutside } from "../environments/mocks/outside-result.ts";
import { stepsPassed } from "../environments/run-steps.ts";
import type { ArtifactFacts, ShardFacts } from "../report/run-facts.ts";
import { keepOutsideCallsOf } from "../store/outside-calls.ts";
import { keepTransactionsOf } from "../store/transactions.ts";
import type { JobContext } from "./job.ts";
import { openCaches, openForJob } from "./open-for-job.ts";

/** Kind `integration`: tests against running copies of the whole system, one copy per shard, everything recorded. */
export async function runIntegrationJob(context: JobContext, definition: IntegrationJob): Promise<JobResult> {
  const numbers = Array.from({ length: definition.shards }, (_, index) => index + 1);
  // A shard that breaks ends the others: their verdict could not count without it.
  const broken = new AbortController();
  const signal = AbortSignal.any([context.signal, broken.signal]);
  const shards = await Promise.all(
    numbers.map((shard) =>
      runShard({ ...context, signal }, definition, shard).catch((error: unknown) => {
        broken.abort(error);
        throw error;
      }),
    ),
  );
  const judged = judgeSteps({
    job: context.job.planned.name,
    shards: shards.map((shard) => shard.outcome),
    gate: definition.gate,
    changedLines: await context.changedLines(),
  });
  const outside = await judgeOutsideCalls({
    store: context.store,
    job: context.job.planned.name,
    sources: context.project.mocks[context.job.planned.base] ?? [],
    environments: shards.map((shard) => shard.played),
    attempts: judged.attempts.map(({ attempt }) => attempt),
  });
  const result = withOutside(judged, outside);
  if (definition.reports.transactions === "failed") {
    const failed = result.attempts.filter(({ attempt }) => attempt.status === "failed" || attempt.status === "error");
    const testAttempts = failed.map(({ attempt }) => attempt.id);
    const of = { run: context.run.id, job: context.job.id, testAttempts };
    await keepTransactionsOf(context.store, of);
    await keepOutsideCallsOf(context.store, of);
  }
  return {
    ...result,
    detail: {
      ...result.detail,
      shards: shards.map((shard) => shard.facts),
      artifacts: shards.flatMap((shard) => shard.artifacts),
      egress: shards.flatMap((shard) => shard.played.egress),
    },
  };
}

interface FinishedShard {
  readonly outcome: ShardOutcome;
  readonly facts: ShardFacts;
  readonly artifacts: readonly ArtifactFacts[];
  readonly played: PlayedEnvironment;
}

async function runShard(context: JobContext, definition: IntegrationJob, shard: number): Promise<FinishedShard> {
  const { services, volumes } = context.project;
  await using environment = await openForJob(context, {
    shard,
    services,
    volumes,
    record: definition.reports.transactions !== "none",
    startTimeoutMs: definition.startTimeoutMs,
    variables: { DOJANG_SHARD: String(shard), DOJANG_SHARDS: String(definition.shards) },
  });
  const caches = await openCaches(context, environment);
  const prepared = await environment.clock.time("prepare", () => environment.runSteps(definition.prepare, { recorded: false }));
  const tested = stepsPassed(prepared)
    ? await environment.clock.time("steps", () => environment.runSteps(definition.steps, { recorded: true }))
    : [];
  const steps = [...prepared, ...tested];
  const collected = await collectShard(environment, definition.reports, context.signal);
  const artifacts = await keepArtifacts(context, environment.files, definition.artifacts);
  if (shard === 1 && stepsPassed(steps)) await caches.save();
  const running = await environment.services();
  await environment.close();
  return {
    outcome: { shard, steps, collected },
    facts: shardFacts(shard, environment, { steps, services: running }),
    artifacts,
    played: { environment: environment.id, mocks: environment.mocks(), egress: environment.egress() },
  };
}
