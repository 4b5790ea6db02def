import type { DeploymentFacts } from "./deployment-plan.ts";
import type { DeploymentProcedure } from "./perform-deployment.ts";
import { canary } from "./steps/canary.ts";
import { type PreflightOptions, preflight } from "./steps/preflight.ts";
import { tellingFullDisk } from "./steps/room.ts";
import { rehearse, save } from "./steps/save-and-rehearse.ts";
import { gate, migrate, prepareData, start } from "./steps/start-release.ts";
import { drain, moveWorkers, switchTraffic, verify } from "./steps/switch-traffic.ts";
import { takeBack } from "./steps/take-back.ts";
import { type TidyOptions, tidy } from "./steps/tidy.ts";
import { watchWindow } from "./steps/watch-window.ts";

export interface ProcedureOptions extends PreflightOptions, TidyOptions {
  readonly kind: "deploy" | "rollback";
}

/** The order in which a release goes live: what can fail without anybody noticing comes first. A rollback migrates nothing. */
export function liveProcedure(options: ProcedureOptions): DeploymentProcedure<DeploymentFacts> {
  const forward = options.kind === "deploy" ? [save(options), rehearse(options), prepareData(options), migrate(options)] : [];
  const steps = [
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
  ];
  return {
    steps: steps.map((step) => tellingFullDisk(step, options)),
    takeBack: tellingFullDisk(takeBack(options), options),
    endOf: (facts) => (facts.live === true && facts.stays !== true ? "rolled-back" : "failed"),
  };
}

/** From this step on nothing needs a terminal any more. */
export const windowStep = "watch";
