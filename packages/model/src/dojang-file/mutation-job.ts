import { z } from "zod";
import { jobBase, jobKeys } from "./job.ts";
import { projectPaths } from "./names.ts";
import { share } from "./quantities.ts";
import { steps } from "./step.ts";

export const mutationJob = z
  .strictObject({
    kind: z.literal("mutation").describe("Do the tests notice when the code is broken on purpose?"),
    ...jobKeys,
    mutate: projectPaths.describe("Sources that are broken, one place at a time. Globs are allowed."),
    steps: steps.describe("Commands that must fail for a broken source to count as noticed."),
    gate: z
      .strictObject({
        score: share.describe("Least share of broken sources that must be noticed."),
        "on-miss": z.enum(["fail", "warn"]).default("fail").describe("Whether missing the gate fails the job or is only said."),
      })
      .transform(({ score, "on-miss": onMiss }) => ({ score, onMiss }))
      .optional()
      .describe("What must hold for the job to pass."),
  })
  .transform((job) => ({ ...jobBase(job), kind: "mutation" as const, mutate: job.mutate, steps: job.steps, gate: job.gate }));

export type MutationJob = z.output<typeof mutationJob>;
