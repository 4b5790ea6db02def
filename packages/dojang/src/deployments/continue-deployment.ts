import { Problem } from "@dojang/model";
import { getRelease, type Release } from "../releases/release.ts";
import { resolveRelease } from "../releases/resolve-release.ts";
import { retainReleases } from "../releases/retain-releases.ts";
import type { Site } from "../sites/site.ts";
import type { Deployment } from "../store/deployments.ts";
import type { DeploymentPlan } from "./deployment-plan.ts";
import { existingDeployment } from "./existing-deployment.ts";
import { liveProcedure, windowStep } from "./live-procedure.ts";
import { knownSite, type Live, workOn } from "./open-live.ts";
import { passChecklist, productionChecklist } from "./pass-checklist.ts";
import { type DeploymentEvent, type Performed, performDeployment } from "./perform-deployment.ts";

export interface ContinueOptions {
  readonly signal: AbortSignal;
  readonly onEvent?: (event: DeploymentEvent) => void;
  /** Somebody without a terminal is there to watch the time after the switch. */
  readonly handOver?: boolean;
}

/** Performs a deployment from where it is: new, handed over, or left by a process that was killed. */
export async function continueDeployment(
  live: Live,
  id: string,
  { signal, onEvent, handOver = false }: ContinueOptions,
): Promise<Performed> {
  const { store } = live;
  const deployment = await existingDeployment(store, id);
  refuseIdle(deployment);
  const release = await getRelease(store, deployment.release);
  const site = await siteFor(live, deployment, { release, signal });
  // Only requests of this package write plans.
  const plan = deployment.plan as DeploymentPlan;
  const work = workOn(live, site, signal);
  const procedure = liveProcedure({
    work,
    plan,
    kind: deployment.kind,
    checklist: async () => {
      const { project } = await work.resolve(deployment.release);
      const { environment } = site;
      return passChecklist(await productionChecklist({ store, project, environment, services: project.services }), {
        environment,
        savedFirst: plan.backup?.before ?? [],
      });
    },
    retain: async (stepSignal) => {
      const { keepReleases: keep, freeDiskBytes } = plan;
      return (await retainReleases(store, { project: site.project, keep, freeDiskBytes, signal: stepSignal })).removed;
    },
  });
  return performDeployment({ store, id, procedure, signal, onEvent, handOverBefore: handOver ? windowStep : undefined });
}

/** As the release says; as the site was, where the release cannot be read: its deployment then fails by the reason, in its first step. */
async function siteFor(
  { store, home, env }: Live,
  deployment: Deployment,
  { release, signal }: { readonly release: Release; readonly signal: AbortSignal },
): Promise<Site> {
  const { site } = await knownSite({ store, home }, deployment.site);
  try {
    return (await resolveRelease({ store, signal, env }, release, site)).site;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Problem) return site;
    throw error;
  }
}

/** Throws Problem `deployment-ended` or `deployment-waits`: nobody can go on with it. */
function refuseIdle(deployment: Deployment): void {
  const { id, state, release, site, failure, finishedAt } = deployment;
  if (state === "queued" || state === "running") return;
  // Only this package writes plans.
  const { environment } = deployment.plan as DeploymentPlan;
  const shown = `\`dojang deployments show ${id}\` shows it`;
  if (state === "awaiting-approval") {
    const until = deployment.expiresAt === undefined ? "" : ` until ${new Date(deployment.expiresAt).toISOString()}`;
    throw new Problem({
      code: "deployment-waits",
      message: `deployment ${id} (${release} to ${site}) waits for people${until}`,
      fix: `dojang approve ${id} goes on with it, dojang reject ${id} ends it; ${shown}`,
      exit: "refused",
    });
  }
  const words = {
    succeeded: "went live",
    failed: "failed",
    "rolled-back": "was taken back",
    cancelled: "was cancelled",
    rejected: "was rejected",
  } as const;
  const when = finishedAt === undefined ? "" : ` at ${new Date(finishedAt).toISOString()}`;
  const why = failure === undefined ? "" : ` (${failure.step}: ${failure.message})`;
  throw new Problem({
    code: "deployment-ended",
    message: `deployment ${id} (${release} to ${site}) has ended${when}: it ${words[state]}${why}; there is nothing to go on with`,
    fix: state === "succeeded" ? shown : `ask for a new one: dojang deploy ${environment} --release ${release}; ${shown}`,
    exit: "refused",
  });
}
