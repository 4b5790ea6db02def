import type { Step } from "@dojang/model";
import { withStepVariables } from "../capture/step-environment.ts";
import type { PlannedStep } from "./run-steps.ts";
import { workspaceMount } from "./workspace.ts";

export interface StepSurroundings {
  /** Of the run and the job; the step's own win. */
  readonly variables: Readonly<Record<string, string>>;
  /** Only for steps of the workspace: proxies and preloads that record them. */
  readonly recording: Readonly<Record<string, string>>;
  readonly jobTimeoutMs: number;
}

/** dojang.yml's steps with everything around them resolved. */
export function plannedSteps(steps: readonly Step[], { variables, recording, jobTimeoutMs }: StepSurroundings): readonly PlannedStep[] {
  return steps.map((step) => ({
    name: step.name ?? step.run.trim().split("\n")[0] ?? "",
    run: step.run,
    service: step.in,
    environment: step.in === undefined ? withStepVariables(recording, { ...variables, ...step.env }) : { ...variables, ...step.env },
    directory: directoryOf(step),
    timeoutMs: step.timeoutMs ?? jobTimeoutMs,
    allowFailure: step.allowFailure,
  }));
}

/** A service's own folder is the runtime's to know; a relative folder there counts from it. */
function directoryOf(step: Step): string | undefined {
  if (step.in !== undefined) return step.workingDirectory;
  return step.workingDirectory === undefined ? workspaceMount : `${workspaceMount}/${step.workingDirectory}`;
}
