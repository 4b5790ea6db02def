import { z } from "zod";
import { jobBase, jobKeys } from "./job.ts";
import { projectPath, projectPaths } from "./names.ts";
import { duration, share } from "./quantities.ts";
import { steps } from "./step.ts";

export const mutationJob = z
  .strictObject({
    kind: z.literal("mutation").describe("Do the tests of this change catch bugs in the lines it changed?"),
    ...jobKeys,
    mutate: projectPaths.describe(
      "Sources that are broken on purpose, one place at a time. Globs are allowed, and `!glob` takes out again. Tests never are.",
    ),
    lines: z
      .enum(["changed", "all"])
      .default("changed")
      .describe("Which lines of them: those the change added or altered, or all. Without anything to compare with, all."),
    engine: z
      .enum(["stryker", "pytest"])
      .optional()
      .describe(
        "Who makes the mutants and runs the tests: Stryker for JavaScript and TypeScript, pytest for Python. Without it, both as the files ask.",
      ),
    "engine-from": projectPath
      .optional()
      .describe("Folder whose packages have Stryker and its runner, where they are not among the project's own: `tools/mutation`."),
    "at-most": z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(30)
      .describe("How many mutants are tried. Of more, some are chosen over all lines, the same ones each time."),
    within: duration.prefault("3m").describe("Time for all of it, the tests' first run included. What is known by then is the result."),
    prepare: steps.optional().describe("Commands before it, in the workspace."),
    steps: steps
      .optional()
      .describe(
        "Commands that must fail for a mutant to count as killed, run anew for each. Only where there is no runner for the tests: without it, Stryker takes Vitest, Jest or Mocha as installed.",
      ),
    config: projectPath.optional().describe("The test runner's own configuration file, where it would not find it or should take another."),
    tests: projectPaths.optional().describe("Tests that are run: paths, as pytest takes them. Stryker finds the tests of a line itself."),
    gate: z
      .strictObject({
        score: share.describe("Least share of mutants that tests must kill: the mutation score."),
        "on-miss": z.enum(["fail", "warn"]).default("warn").describe("Whether missing the gate fails the job or is only said."),
      })
      .transform(({ score, "on-miss": onMiss }) => ({ score, onMiss }))
      .optional()
      .describe("What must hold for the job to pass. Without it, survivors are only said."),
  })
  .superRefine(({ engine, steps: commands, tests, timeout, within }, context) => {
    const refuse = (path: string, message: string, fix: string) =>
      context.addIssue({ code: "custom", path: [path], message, params: { fix } });
    if (engine === "pytest" && commands !== undefined)
      refuse("steps", "must not be given with `engine: pytest`, which runs the tests itself", "remove it, or name tests under `tests`");
    if (engine === "stryker" && tests !== undefined)
      refuse(
        "tests",
        "must not be given with `engine: stryker`, which finds the tests of a line itself",
        "remove it, or name a configuration under `config`",
      );
    if (timeout !== undefined && within > timeout)
      refuse("within", "must fit into the job's `timeout`", "raise `timeout`, or lower `within`");
  })
  .transform((job) => ({
    ...jobBase(job),
    kind: "mutation" as const,
    mutate: job.mutate,
    lines: job.lines,
    engine: job.engine,
    engineFrom: job["engine-from"],
    atMost: job["at-most"],
    withinMs: job.within,
    prepare: job.prepare ?? [],
    steps: job.steps ?? [],
    config: job.config,
    tests: job.tests ?? [],
    gate: job.gate,
  }));

export type MutationJob = z.output<typeof mutationJob>;
