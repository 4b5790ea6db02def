import { z } from "zod";
import { strategy } from "./matrix.ts";
import { host, name, oneOrMore, projectPaths, variables } from "./names.ts";
import { duration, size } from "./quantities.ts";
import { artifacts } from "./reports.ts";

export const retry = z.strictObject({
  max: z.number().int().min(0).max(10).default(2).describe("How many more attempts are made."),
  on: z
    .array(z.enum(["worker-lost", "environment-failed"]))
    .default(["worker-lost", "environment-failed"])
    .describe("Which ends are tried again. A failed test never is."),
});

export const limits = z
  .strictObject({
    memory: size.optional().describe("Memory of all processes together."),
    cpus: z.number().positive().max(1024).optional().describe("Processors, as a number: 1.5."),
    pids: z.number().int().positive().max(1_000_000).optional().describe("Processes and threads."),
    disk: size.optional().describe("Bytes written to volumes, the workspace and temporary files."),
    journal: size.optional().describe("Bytes kept of all calls to mocks, bodies included; 64m without it. Calls beyond are counted."),
  })
  .transform(({ memory, cpus, pids, disk, journal }) => ({ memoryBytes: memory, cpus, pids, diskBytes: disk, journalBytes: journal }));

export const when = z
  .strictObject({
    branch: oneOrMore(z.string().min(1))
      .optional()
      .describe("Branch of the change, or globs of branches: for a pull request, the branch it goes into."),
    event: oneOrMore(z.enum(["pull_request", "push", "manual"]))
      .optional()
      .describe("What caused the run; `dojang run` is `manual`."),
    paths: projectPaths.optional().describe("Runs only when the change touches one of these globs; else the job is reported as skipped."),
  })
  .describe("The job is skipped, and reported as skipped, unless all of these hold.");

export const concurrency = z
  .strictObject({
    group: z
      .string()
      .min(1)
      .max(200)
      .describe("Of all runs with the same group one goes on at a time. `$DOJANG_CHANGE` and `$DOJANG_BRANCH` are replaced."),
    "cancel-superseded": z.boolean().default(true).describe("A newer run cancels an older one of the group instead of waiting for it."),
  })
  .transform(({ group, "cancel-superseded": cancelSuperseded }) => ({ group, cancelSuperseded }));

export const cache = z.strictObject({
  key: projectPaths.describe("Files whose content names the cache: while none of them changes, the folders are put back."),
  paths: projectPaths.describe("Folders that are kept."),
});

/** Keys that every kind of job has. */
export const jobKeys = {
  needs: z.array(name).max(100).default([]).describe("Jobs that must have passed before."),
  when: when.optional(),
  "runs-on": z
    .array(name)
    .min(1, { error: "must not be empty" })
    .max(20)
    .optional()
    .describe("Labels a worker must have; without it, any worker."),
  environment: name
    .optional()
    .describe("Deployment environment whose variables the job gets: a name of `environments`, `staging` or `production`."),
  env: variables.optional().describe("Variables of every step of the job."),
  strategy: strategy.optional().describe("Makes several jobs of this one."),
  timeout: duration.optional().describe("Longest time the job may take; `defaults.timeout` without it."),
  retry: retry.optional().describe("Overrides `defaults.retry`."),
  "allow-failure": z
    .boolean()
    .default(false)
    .describe("A failure is reported as neutral, and does not fail the run or stop the jobs that need this one."),
  concurrency: concurrency.optional().describe("Which runs' jobs wait for, or cancel, each other."),
  cache: oneOrMore(cache).optional().describe("Folders kept between runs, one or a list."),
  artifacts: artifacts.optional(),
  egress: z.array(host).max(100).default([]).describe("Hosts outside that steps and services may reach. Empty: none."),
  limits: limits.optional().describe("Limits of the job's environment; `defaults.limits` without it."),
};

type JobKeys = z.output<z.ZodObject<typeof jobKeys>>;

export interface JobBase {
  readonly needs: readonly string[];
  readonly when: z.output<typeof when> | undefined;
  readonly runsOn: readonly string[];
  readonly environment: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly matrix: Readonly<Record<string, readonly string[]>> | undefined;
  readonly failFast: boolean;
  readonly timeoutMs: number | undefined;
  readonly retry: z.output<typeof retry> | undefined;
  readonly allowFailure: boolean;
  readonly concurrency: z.output<typeof concurrency> | undefined;
  readonly cache: readonly z.output<typeof cache>[];
  readonly artifacts: readonly string[];
  readonly egress: readonly string[];
  readonly limits: z.output<typeof limits> | undefined;
}

/** The keys every kind has, in the shape the engine takes them. */
export function jobBase(job: JobKeys): JobBase {
  return {
    needs: job.needs,
    when: job.when,
    runsOn: job["runs-on"] ?? [],
    environment: job.environment,
    env: job.env ?? {},
    matrix: job.strategy?.matrix,
    failFast: job.strategy?.failFast ?? false,
    timeoutMs: job.timeout,
    retry: job.retry,
    allowFailure: job["allow-failure"],
    concurrency: job.concurrency,
    cache: job.cache ?? [],
    artifacts: job.artifacts ?? [],
    egress: job.egress,
    limits: job.limits,
  };
}
