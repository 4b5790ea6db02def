import type { DeploymentFacts, DeploymentPlan } from "./deployment-plan.ts";
import type { DeploymentProcedure } from "./perform-deployment.ts";
import type { SiteWork } from "./site-work.ts";
import { canary } from "./steps/canary.ts";
import { preflight } from "./steps/preflight.ts";
import { rehearse, save } from "./steps/save-and-rehearse.ts";
import { gate, migrate, prepareData, start } from "./steps/start-release.ts";
import { drain, moveWorkers, switchTraffic, verify } from "./steps/switch-traffic.ts";
import { takeBack } from "./steps/take-back.ts";
import { tidy } from "./steps/tidy.ts";
import { watchWindow } from "./steps/watch-window.ts";

export interface ProcedureOptions {
  readonly work: SiteWork;
  readonly plan: DeploymentPlan;
  readonly kind: "deploy" | "rollback";
  readonly checklist: () => Promise<string>;
  /** Removes files of old releases and says which. */
  readonly retain: (signal: AbortSignal) => Promise<readonly string[]>;
}

/** The order in which a release goes live: what can fail without anybody noticing comes first. A rollback migrates nothing. */
export function liveProcedure(options: ProcedureOptions): DeploymentProcedure<DeploymentFacts> {
  const forward = options.kind === "deploy" ? [save(options), rehearse(options), prepareData(options), migrate(options)] : [];
  return {
    steps: [
      preflight(options),
      ...forward,
      start(options),
      gate(options),
      ...(options.kind === "deploy" ? [canary(options)] : []),
      switchTraffic(options),
      moveWorkers(options),
      verify(options),
      drain(options),
      ...(options.kind === "deploy" ? [watchWindow(options)] : []),
      tidy(options),
    ],
    takeBack: takeBack(options),
    endOf: (facts) => (facts.live === true && facts.stays !== true ? "rolled-back" : "failed"),
  };
}

/** From this step on nothing needs a terminal any more. */
export const windowStep = "watch";
