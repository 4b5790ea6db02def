import { z } from "zod";
import { deploymentEnvironment } from "./dojang-file/deployment-environment.ts";
import { concurrency, limits, retry } from "./dojang-file/job.ts";
import { job } from "./dojang-file/jobs.ts";
import { name, projectPath, variables } from "./dojang-file/names.ts";
import { duration } from "./dojang-file/quantities.ts";
import { serviceRecipe } from "./dojang-file/service-recipe.ts";
import { workspace } from "./dojang-file/workspace.ts";

const branches = z.array(z.string().min(1)).min(1).optional().describe("Branches, or globs of branches. Without it, every branch.");
const eventFilter = z
  .union([z.strictObject({ branches }), z.null()], { error: "must be empty or have `branches`" })
  .transform((value) => ({ branches: value?.branches }));

const on = z.strictObject({
  pull_request: eventFilter.optional().describe("Pull requests into these branches are tested."),
  push: eventFilter.optional().describe("Pushes to these branches are tested."),
});

const trust = z.strictObject({
  forks: z
    .enum(["approve-each-commit", "never"])
    .default("approve-each-commit")
    .describe("Changes of people without write access: a maintainer approves each commit before it runs, or they never run."),
});

const defaults = z
  .strictObject({
    timeout: duration.prefault("15m").describe("Longest time a job may take."),
    "start-timeout": duration.prefault("2m").describe("How long all services of an environment together may take to become healthy."),
    retry: retry.prefault({}).describe("Failures of the machine, never of a test, that are tried again."),
    limits: limits.prefault({}).describe("Limits of every environment; without one, the machine's."),
  })
  .transform(({ timeout, "start-timeout": startTimeout, ...rest }) => ({ ...rest, timeoutMs: timeout, startTimeoutMs: startTimeout }));

/** dojang.yml. Its input side is the file as written; its output side is what the engine takes, with numbers in named units. */
export const dojangFile = z
  .strictObject({
    version: z.literal(1, { error: "must be 1" }).describe("Version of this file's format."),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, { error: "must be lower-case letters, digits and '-', at most 40 characters" })
      .optional()
      .describe("The project's name. Without it, the Compose file's `name`, else the folder's."),
    compose: projectPath
      .optional()
      .describe("The Compose file. Without it, compose.yaml, compose.yml, docker-compose.yaml or docker-compose.yml when there is one."),
    "env-file": projectPath
      .optional()
      .describe("File of `NAME=value` lines with the variables of the Compose file. Without it, the .env beside the Compose file."),
    on: on.optional().describe("What is tested by itself. Without it, pull requests, and pushes to main."),
    trust: trust.prefault({}).describe("Whose changes are run."),
    concurrency: concurrency.optional().describe("Which runs wait for, or cancel, each other."),
    defaults: defaults.prefault({}).describe("What holds for every job that does not say otherwise."),
    env: variables.optional().describe("Variables of every step of every job."),
    workspace: workspace.prefault({}).describe("How the checkout gets its dependencies before steps run."),
    services: z.record(name, serviceRecipe).prefault({}).describe("How services of the Compose file are built and started without Docker."),
    environments: z.record(name, deploymentEnvironment).optional().describe("Variables of the deployment environments."),
    jobs: z
      .record(name, job)
      .refine((jobs) => Object.keys(jobs).length > 0, {
        error: "must have at least one job",
        params: { fix: "add for example `test: { steps: [{ run: npm test }] }`" },
      })
      .describe("The jobs, by name."),
  })
  .transform(({ "env-file": envFile, ...file }) => ({
    ...file,
    envFile,
    env: file.env ?? {},
    environments: file.environments ?? {},
    on: file.on ?? { pull_request: { branches: undefined }, push: { branches: ["main"] } },
  }));

export type DojangFile = z.output<typeof dojangFile>;
export type DojangFileInput = z.input<typeof dojangFile>;

export { type BackupPlan, type BackupTarget, backupPlan } from "./dojang-file/backup-plan.ts";
export type { DeployJob } from "./dojang-file/deploy-job.ts";
export type { DeploymentEnvironment } from "./dojang-file/deployment-environment.ts";
export type { Drill, DrillJob } from "./dojang-file/drill-job.ts";
export type { Comparison, HttpExpectation, HttpRequest } from "./dojang-file/expectation.ts";
export type { JobBase } from "./dojang-file/job.ts";
export type { ConfigJob, ImageJob, IntegrationJob, Job, LinkedCheck, LinkedJob, StepsJob } from "./dojang-file/jobs.ts";
export { matrixCombinations, matrixJobName } from "./dojang-file/matrix.ts";
export type { MockDefinition } from "./dojang-file/mocks.ts";
export type { MutationJob } from "./dojang-file/mutation-job.ts";
export type { PerformanceJob } from "./dojang-file/performance-job.ts";
export { parseDurationMs, parseFraction, parsePerSecond, parseSizeBytes } from "./dojang-file/quantities.ts";
export type { Reports } from "./dojang-file/reports.ts";
export type { ServiceRecipe } from "./dojang-file/service-recipe.ts";
export type { SiteDefinition, SiteServer } from "./dojang-file/site.ts";
export type { Step } from "./dojang-file/step.ts";
export type { AlertTarget, WatchPlan } from "./dojang-file/watch-plan.ts";
export type { Workspace } from "./dojang-file/workspace.ts";
