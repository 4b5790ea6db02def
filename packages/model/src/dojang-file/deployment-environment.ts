import { z } from "zod";
import { projectPath, variableName, variables } from "./names.ts";

/**
 * A deployment environment's variables. Only names of the allow-list exist in it; one without a value stops the job by
 * name, and nothing falls back from another environment or from the machine.
 */
export const deploymentEnvironment = z.strictObject({
  variables: z.array(variableName).max(500).default([]).describe("Every variable the environment has; each must get a value."),
  values: variables.prefault({}).describe("Values that are no secret."),
  file: projectPath.optional().describe("File of `NAME=value` lines with more values, such as config/staging.env."),
});

export type DeploymentEnvironment = z.output<typeof deploymentEnvironment>;
