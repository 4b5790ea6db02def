import { z } from "zod";
import { name, projectPath, variables } from "./names.ts";
import { duration } from "./quantities.ts";

/** A command of a job. */
export const step = z
  .strictObject({
    run: z
      .string()
      .min(1, { error: "must not be empty" })
      .max(65_536)
      .describe("Shell command, run by `sh -e` in the workspace, or in the service named by `in`."),
    name: z.string().min(1).max(200).optional().describe("Shown instead of the command."),
    in: name.optional().describe("Service in which the command runs; without it, the job's workspace."),
    env: variables.optional().describe("Variables of this step alone."),
    "working-directory": projectPath
      .optional()
      .describe("Folder in which the command runs, relative to the workspace, or to the service's folder with `in`."),
    timeout: duration.optional().describe("Longest time the step may take; the job's `timeout` still holds."),
    "allow-failure": z.boolean().default(false).describe("A failure of this step is reported, and does not fail the job."),
  })
  .transform(({ "working-directory": workingDirectory, timeout: timeoutMs, "allow-failure": allowFailure, env, ...rest }) => ({
    ...rest,
    env: env ?? {},
    workingDirectory,
    timeoutMs,
    allowFailure,
  }));

export const steps = z
  .array(step)
  .min(1, { error: "must have at least one step" })
  .max(200)
  .describe("Commands, run in order until one fails.");

export type Step = z.output<typeof step>;
