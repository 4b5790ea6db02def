import { z } from "zod";
import { backupPlan } from "./backup-plan.ts";
import { name, projectPath, variableName, variables } from "./names.ts";
import { size } from "./quantities.ts";
import { site } from "./site.ts";
import { step } from "./step.ts";
import { watchPlan } from "./watch-plan.ts";

/**
 * A deployment environment. Only variables of the allow-list exist in it; one without a value stops the job by name, and
 * nothing falls back from another environment or from the machine.
 */
export const deploymentEnvironment = z
  .strictObject({
    variables: z.array(variableName).max(500).default([]).describe("Every variable the environment has; each must get a value."),
    secrets: z
      .array(variableName)
      .max(500)
      .default([])
      .describe("Variables that are kept encrypted: given by `dojang secrets set`, never by a file of the project."),
    values: variables.prefault({}).describe("Values that are no secret."),
    file: projectPath.optional().describe("File of `NAME=value` lines with more values, such as config/staging.env."),
    site: site.optional().describe("How the environment is reached. One without is never deployed to."),
    services: z
      .strictObject({
        "leave-out": z.array(name).default([]).describe("Services that do not run here: stand-ins of systems that are outside."),
        keep: z
          .array(name)
          .optional()
          .describe("Services that go on across releases. Without it: those with a named volume, and databases, caches and queues."),
        overlap: z
          .array(name)
          .default([])
          .describe("Services nobody connects to (workers) of which the former and the new release may run at once; others never do."),
      })
      .transform(({ "leave-out": leaveOut, ...rest }) => ({ ...rest, leaveOut }))
      .prefault({})
      .describe("Which services of the Compose file live here, and how."),
    smoke: z
      .array(step)
      .max(50)
      .default([])
      .describe(
        "Steps that tell within seconds whether a running copy works; DOJANG_URL is its address. The former release's decide whether a migrated database still serves it.",
      ),
    backups: backupPlan.optional().describe("What is saved, and what proves it."),
    watch: watchPlan.optional().describe("What is looked at while it lives, and who is told."),
    "free-disk": size
      .prefault("1g")
      .describe("Disk that must be left for a deployment to begin, and below which old releases are removed."),
    "keep-releases": z.number().int().min(2).max(100).default(5).describe("How many former releases are kept to go back to."),
  })
  .transform(({ "free-disk": freeDiskBytes, "keep-releases": keepReleases, ...rest }) => ({ ...rest, freeDiskBytes, keepReleases }));

export type DeploymentEnvironment = z.output<typeof deploymentEnvironment>;
