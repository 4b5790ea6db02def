import { Problem } from "@dojang/model";
import { emptyDetail, type JobResult } from "../environments/job-result.ts";
import type { Deployment } from "../store/deployments.ts";

export interface EndedDeployment {
  readonly job: string;
  readonly deployment: Deployment;
  readonly address: string;
  readonly steps: Deployed["steps"];
  readonly approvals: Deployed["approvals"];
}

type Deployed = JobResult["detail"]["deployments"][number];

/** What a deploy job says of a deployment that came to its end, wherever that was. */
export function deploymentResult({ job, deployment, address, steps, approvals }: EndedDeployment): JobResult {
  const { state, failure, release, site } = deployment;
  const passed = state === "succeeded";
  const verb = state === "rolled-back" ? "was taken back from" : "did not go live on";
  return {
    state: passed ? "passed" : "failed",
    reason: passed ? "done" : "failed",
    summary: passed ? `${release} is live on ${site}: ${address}` : `${release} ${verb} ${site}: ${failure?.message ?? state}`,
    detail: {
      ...emptyDetail,
      problems: failure === undefined ? [] : [{ code: failure.code, message: `${failure.step}: ${failure.message}`, fix: failure.fix }],
      deployments: [
        {
          job,
          deployment: deployment.id,
          site,
          address,
          release,
          previousRelease: deployment.previousRelease,
          state,
          steps: steps.map(({ name, state: how, summary, startedAt, finishedAt }) => ({
            name,
            state: how,
            summary,
            startedAt,
            finishedAt,
          })),
          approvals: approvals.map(({ person, decision, reason, at }) => ({ person, decision, reason, at })),
        },
      ],
    },
    attempts: [],
    findings: [],
  };
}

export function waits({ id, release, site }: Pick<Deployment, "id" | "release" | "site">, approve: string): Problem {
  return new Problem({
    code: "approval-needed",
    message: `${release} waits for approval to go to ${site}`,
    fix: `${approve} lets it go on, ${approve.replace(` approve ${id}`, ` reject ${id}`)} ends it`,
    exit: "refused",
  });
}
