import type { ConfigJob, StepsJob } from "@dojang/model";
import type { JobResult } from "../environments/job-result.ts";
import { collectShard, judgeSteps, shardFacts } from "../environments/judge-steps.ts";
import { keepArtifacts } from "../environments/keep-artifacts.ts";
import type { JobContext } from "./job.ts";
import { openCaches, openForJob } from "./open-for-job.ts";
import { siteOfJob } from "./reachable-site.ts";

/**
 * Kinds `steps` and `config`: commands in the workspace, no service. A `config` job differs by its variables alone: those
 * of one deployment environment, and nothing else. Steps of a job that names an environment with a site ask that site.
 */
export async function runStepsJob(context: JobContext, definition: StepsJob | ConfigJob): Promise<JobResult> {
  const live = await siteOfJob(context);
  const record = live !== undefined;
  await using environment = await openForJob(context, {
    shard: 1,
    services: [],
    volumes: [],
    record,
    site: live?.site,
    variables: live?.variables,
  });
  const caches = await openCaches(context, environment);
  const steps = await environment.clock.time("steps", () => environment.runSteps(definition.steps, { recorded: record }));
  const collected = await collectShard(environment, definition.reports, context.signal);
  const artifacts = await keepArtifacts(context, environment.files, definition.artifacts);
  const result = judgeSteps({
    job: context.job.planned.name,
    shards: [{ shard: 1, steps, collected }],
    gate: definition.gate,
    changedLines: await context.changedLines(),
  });
  if (result.state === "passed") await caches.save();
  await environment.close();
  const shards = [shardFacts(1, environment, { steps, services: [] })];
  return { ...result, detail: { ...result.detail, shards, artifacts, egress: environment.egress() } };
}
