import type { DeployJob } from "@dojang/model";
import { continueDeployment } from "../deployments/continue-deployment.ts";
import type { Evidence } from "../deployments/deployment-plan.ts";
import type { DeploymentEvent } from "../deployments/perform-deployment.ts";
import { requestDeployment } from "../deployments/request-deployment.ts";
import { edgeSiteOf } from "../deployments/site-work.ts";
import { siteAddress } from "../edge/edge-site.ts";
import type { JobResult } from "../environments/job-result.ts";
import { createRelease } from "../releases/create-release.ts";
import { approvalsOf } from "../store/approvals.ts";
import { stepsOfDeployment } from "../store/deployments.ts";
import { deployElsewhere } from "./deploy-elsewhere.ts";
import { deploymentResult, waits } from "./deployment-result.ts";
import type { JobContext } from "./job.ts";

/**
 * Kind `deploy`: a release of the run's commit goes into a deployment environment. Whoever needs this job has seen it live; what it
 * needs itself has passed in this run, and is kept as the deployment's evidence.
 */
export async function runDeployJob(context: JobContext, definition: DeployJob): Promise<JobResult> {
  const { signal, emit, project, run } = context;
  const job = context.job.planned.name;
  const note = (text: string) => emit({ kind: "note", job, text });
  if (context.deploying === undefined) throw new Error("a deploy job was started in a run that deploys nothing");
  const { person, approve } = context.deploying;
  const live = await context.deploying.open();
  const release = await createRelease(
    { ...live, signal, say: note, emit: (event) => emit(ofJob(event, job)) },
    { project, requestedBy: person },
  );
  const evidence = context.job.planned.needs.map(
    (need): Evidence => ({ job: need, shown: true, text: `job ${need} passed in run #${run.number}` }),
  );
  const server = project.file.environments[definition.environment]?.site?.server;
  if (server !== undefined) return deployElsewhere(context, { definition, server, release, evidence });
  const { deployment, site } = await requestDeployment(live, {
    project,
    environment: definition.environment,
    release,
    person,
    reason: `run #${run.number}`,
    evidence,
  });
  note(`deployment ${deployment.id}: ${release.id} to ${site.id}`);
  if (deployment.state === "awaiting-approval" && !(await approve(deployment))) throw waits(deployment, `dojang approve ${deployment.id}`);
  const performed = await continueDeployment(live, deployment.id, { signal, onEvent: (event) => tell(event, note) });
  if (performed.outcome === "paused") throw waits(deployment, `dojang approve ${deployment.id}`);
  return deploymentResult({
    job,
    deployment: performed.deployment,
    address: siteAddress(edgeSiteOf(site)),
    steps: await stepsOfDeployment(live.store, deployment.id),
    approvals: await approvalsOf(live.store, deployment),
  });
}

function tell(event: DeploymentEvent, note: (text: string) => void): void {
  if (event.kind === "note") note(event.text);
  if (event.kind === "step-ended") note(`${event.step} ${event.state}: ${event.summary}`);
}

/** Builds of the release are said to be the job's. */
function ofJob(event: Parameters<JobContext["emit"]>[0], job: string): Parameters<JobContext["emit"]>[0] {
  return event.kind === "output" || event.kind === "note" ? { ...event, job } : event;
}
