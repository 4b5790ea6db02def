import type { LinkedJob } from "@dojang/model";
import { emptyDetail, type JobResult } from "../environments/job-result.ts";
import { shardFacts } from "../environments/judge-steps.ts";
import { runLinkedCheck } from "../environments/linked-check.ts";
import { jobVariables } from "../environments/run-variables.ts";
import type { LinkedCheckFacts } from "../report/run-facts.ts";
import type { JobContext } from "./job.ts";
import { openForJob } from "./open-for-job.ts";

/** Kind `linked`: are the systems we depend on as we expect them? Every check is made, also after one that failed. */
export async function runLinkedJob(context: JobContext, definition: LinkedJob): Promise<JobResult> {
  const { services, volumes, file } = context.project;
  const job = context.job.planned.name;
  await using environment = await openForJob(context, { shard: 1, services, volumes, record: false });
  // A check speaks of $DATABASE_URL as the services do; the job's own variables win.
  const ofServices = Object.assign({}, ...services.toReversed().map((service) => service.environment));
  const variables: Record<string, string> = { ...ofServices, ...jobVariables(file, context.job.planned) };
  const checks: LinkedCheckFacts[] = [];
  for (const check of definition.checks) {
    const names = new Set(services.flatMap((service) => [service.name, ...service.aliases]));
    const seen = await runLinkedCheck({
      check,
      variables,
      runtime: context.runtime,
      environmentId: environment.id,
      isInside: (host) => names.has(host),
      signal: context.signal,
    });
    checks.push({ job, name: check.name, ...seen });
  }
  const running = await environment.services();
  await environment.close();
  const failed = checks.filter((check) => !check.passed);
  return {
    state: failed.length === 0 ? "passed" : "failed",
    reason: failed.length === 0 ? "done" : "failed",
    summary:
      failed[0] === undefined
        ? `${checks.length} checks`
        : `${failed.length} of ${checks.length} checks failed: ${failed[0].name} is ${failed[0].seen}, expected ${failed[0].expected}`,
    detail: { ...emptyDetail, checks, shards: [shardFacts(1, environment, { steps: [], services: running })] },
    attempts: [],
    findings: [],
  };
}
