import type { Job, ServiceSpec, Step } from "@dojang/model";
import { type JobCachesOptions, restoreCaches, saveCaches } from "../environments/job-caches.ts";
import { type JobEnvironment, type JobEnvironmentRequest, openJobEnvironment } from "../environments/job-environment.ts";
import { playSystems } from "../environments/mocks/mock-services.ts";
import { jobVariables } from "../environments/run-variables.ts";
import type { JobContext } from "./job.ts";

export interface OpenForJob {
  readonly shard: number;
  readonly services: readonly ServiceSpec[];
  readonly volumes: readonly string[];
  readonly record: boolean;
  readonly startTimeoutMs?: number;
  readonly variables?: Readonly<Record<string, string>>;
  readonly site?: JobEnvironmentRequest["site"];
  readonly watch?: JobEnvironmentRequest["watch"];
}

/** An environment as a job of dojang.yml asks for it: its variables, limits and egress, its services built. */
export async function openForJob(context: JobContext, asked: OpenForJob): Promise<JobEnvironment> {
  const { project, job, run } = context;
  const { definition } = job.planned;
  const variables = { ...context.variables, ...jobVariables(project.file, job.planned), ...asked.variables };
  const played = playSystems({
    mocks: asked.services.length === 0 ? [] : (project.mocks[job.planned.base] ?? []),
    services: asked.services,
    variables: [variables, ...stepsOf(definition).map((step) => step.env)],
  });
  // What a mock takes the place of is not even built.
  const built = played.services.filter((service) => service.program.kind === "build").map((service) => service.name);
  const [workspace, images] = await Promise.all([context.workspace(), context.images(built)]);
  return openJobEnvironment({
    store: context.store,
    runtime: context.runtime,
    preloadDirectory: context.preloadDirectory,
    project: project.name,
    run: run.id,
    jobId: job.id,
    job: job.planned.name,
    shard: asked.shard,
    played,
    directory: project.directory,
    volumes: asked.volumes,
    workspace,
    images,
    egress: definition.egress,
    limits: definition.limits ?? project.file.defaults.limits,
    startTimeoutMs: asked.startTimeoutMs ?? project.file.defaults.startTimeoutMs,
    variables,
    jobTimeoutMs: job.planned.timeoutMs,
    record: asked.record,
    site: asked.site,
    trusted: context.trusted,
    watch: asked.watch,
    signal: context.signal,
    emit: context.emit,
  });
}

function stepsOf(definition: Job): readonly Step[] {
  return [...("prepare" in definition ? definition.prepare : []), ...("steps" in definition ? definition.steps : [])];
}

/** Puts the job's cached folders back; `save` keeps those that had no entry, once the job has passed. */
export async function openCaches(context: JobContext, environment: JobEnvironment): Promise<{ save(): Promise<void> }> {
  const definitions = context.job.planned.definition.cache;
  if (definitions.length === 0) return { save: async () => {} };
  const options: JobCachesOptions = {
    store: context.store,
    runtime: context.runtime,
    environmentId: environment.id,
    scope: { project: context.project.name, trusted: context.trusted, change: context.change },
    job: context.job.planned.name,
    directory: context.project.directory,
    sources: (await context.workspace()).sources,
    definitions,
    signal: context.signal,
    emit: context.emit,
  };
  const toSave = await restoreCaches(options);
  return { save: () => saveCaches(options, toSave) };
}
