import { type DeployJob, Problem } from "@dojang/model";
import { continueDeployment } from "../deployments/continue-deployment.ts";
import type { Evidence } from "../deployments/deployment-plan.ts";
import type { DeploymentEvent } from "../deployments/perform-deployment.ts";
import { requestDeployment } from "../deployments/request-deployment.ts";
import { edgeSiteOf } from "../deployments/site-work.ts";
import { siteAddress } from "../edge/edge-site.ts";
import { emptyDetail, type JobResult } from "../environments/job-result.ts";
import { createRelease } from "../releases/create-release.ts";
import { approvalsOf } from "../store/approvals.ts";
import { stepsOfDeployment } from "../store/deployments.ts";
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
  const { deployment, site } = await requestDeployment(live, {
    project,
    environment: definition.environment,
    release,
    person,
    reason: `run #${run.number}`,
    evidence,
  });
  note(`deployment ${deployment.id}: ${release.id} to ${site.id}`);
  if (deployment.state === "awaiting-approval" && !(await approve(deployment)))
    throw waits(deployment.id, { release: release.id, site: site.id });
  const performed = await continueDeployment(live, deployment.id, { signal, onEvent: (event) => tell(event, note) });
  if (performed.outcome === "paused") throw waits(deployment.id, { release: release.id, site: site.id });
  const { state, failure } = performed.deployment;
  const passed = state === "succeeded";
  const address = siteAddress(edgeSiteOf(site));
  const steps = await stepsOfDeployment(live.store, deployment.id);
  return {
    state: passed ? "passed" : "failed",
    reason: passed ? "done" : "failed",
    summary: passed
      ? `${release.id} is live on ${site.id}: ${address}`
      : `${release.id} ${state === "rolled-back" ? "was taken back from" : "did not go live on"} ${site.id}: ${failure?.message ?? state}`,
    detail: {
      ...emptyDetail,
      problems: failure === undefined ? [] : [{ code: failure.code, message: `${failure.step}: ${failure.message}`, fix: failure.fix }],
      deployments: [
        {
          job,
          deployment: deployment.id,
          site: site.id,
          address,
          release: release.id,
          previousRelease: deployment.previousRelease,
          state,
          steps: steps.map(({ name, state: how, summary, startedAt, finishedAt }) => ({
            name,
            state: how,
            summary,
            startedAt,
            finishedAt,
          })),
          approvals: (await approvalsOf(live.store, deployment)).map(({ person, decision, reason, at }) => ({
            person,
            decision,
            reason,
            at,
          })),
        },
      ],
    },
    attempts: [],
    findings: [],
  };
}

function tell(event: DeploymentEvent, note: (text: string) => void): void {
  if (event.kind === "note") note(event.text);
  if (event.kind === "step-ended") note(`${event.step} ${event.state}: ${event.summary}`);
}

/** Builds of the release are said to be the job's. */
function ofJob(event: Parameters<JobContext["emit"]>[0], job: string): Parameters<JobContext["emit"]>[0] {
  return event.kind === "output" || event.kind === "note" ? { ...event, job } : event;
}

function waits(id: string, { release, site }: { readonly release: string; readonly site: string }): Problem {
  return new Problem({
    code: "approval-needed",
    message: `${release} waits for approval to go to ${site}`,
    fix: `dojang approve ${id} lets it go on, dojang reject ${id} ends it`,
    exit: "refused",
  });
}
