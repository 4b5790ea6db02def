import type { ServiceSpec } from "@dojang/model";
import type { JobContext } from "./job.ts";
import { type JobEnvironment, openJobEnvironment } from "../environments/job-environment.ts";
import { jobVariables } from "../environments/run-variables.ts";

export interface OpenForJob {
  readonly shard: number;
  readonly services: readonly ServiceSpec[];
  readonly volumes: readonly string[];
  readonly record: boolean;
  readonly startTimeoutMs?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** An environment as a job of dojang.yml asks for it: its variables, limits and egress, its services built. */
export async function openForJob(context: JobContext, asked: OpenForJob): Promise<JobEnvironment> {
  const { project, job, run } = context;
  const { definition } = job.planned;
  const built = asked.services.filter((service) => service.program.kind === "build").map((service) => service.name);
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
    services: asked.services,
    volumes: asked.volumes,
    workspace,
    images,
    egress: definition.egress,
    limits: definition.limits ?? project.file.defaults.limits,
    startTimeoutMs: asked.startTimeoutMs ?? project.file.defaults.startTimeoutMs,
    variables: { ...context.variables, ...jobVariables(project.file, job.planned), ...asked.variables },
    jobTimeoutMs: job.planned.timeoutMs,
    record: asked.record,
    trusted: context.trusted,
    signal: context.signal,
    emit: context.emit,
  });
}
