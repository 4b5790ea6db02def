import { Problem } from "@dojang/model";
import { getRelease, type Release } from "../releases/release.ts";
import { resolveRelease } from "../releases/resolve-release.ts";
import { retainReleases } from "../releases/retain-releases.ts";
import type { Site } from "../sites/site.ts";
import { type Deployment, getDeployment } from "../store/deployments.ts";
import type { DeploymentPlan } from "./deployment-plan.ts";
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
  const deployment = await getDeployment(store, id);
  if (deployment === undefined) {
    throw new Problem({
      code: "deployment-unknown",
      message: `there is no deployment ${id}`,
      fix: "`dojang deployments` lists them",
      exit: "configuration",
    });
  }
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
