import { Problem } from "@dojang/model";
import type { JobResult } from "../environments/job-result.ts";
import { runDeployJob } from "../jobs/deploy.ts";
import { runImageJob } from "../jobs/image.ts";
import { runIntegrationJob } from "../jobs/integration.ts";
import type { JobContext } from "../jobs/job.ts";
import { runLinkedJob } from "../jobs/linked.ts";
import { runMutationJob } from "../jobs/mutation.ts";
import { runPerformanceJob } from "../jobs/performance.ts";
import { runStepsJob } from "../jobs/steps.ts";

/** The one place that knows every kind of job. */
export function performJob(context: JobContext): Promise<JobResult> {
  const { definition, name } = context.job.planned;
  switch (definition.kind) {
    case "steps":
    case "config":
      return runStepsJob(context, definition);
    case "linked":
      return runLinkedJob(context, definition);
    case "image":
      return runImageJob(context, definition);
    case "integration":
      return runIntegrationJob(context, definition);
    case "deploy":
      return runDeployJob(context, definition);
    case "performance":
      return runPerformanceJob(context, definition);
    case "mutation":
      return runMutationJob(context, definition);
    default:
      throw new Problem({
        code: "kind-not-run",
        message: `job ${name} is of kind ${definition.kind}, which this version of Dojang does not run`,
        fix: "remove the job, or run a version that does",
        exit: "configuration",
      });
  }
}
