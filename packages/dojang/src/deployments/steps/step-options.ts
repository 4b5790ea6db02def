import type { DeploymentPlan } from "../deployment-plan.ts";
import type { SiteWork } from "../site-work.ts";

/** What every step of a live deployment is made of. */
export interface StepOptions {
  readonly work: SiteWork;
  readonly plan: DeploymentPlan;
}
