import type { PerformanceJob, ServiceSpec } from "@dojang/model";
import type { JobEnvironment } from "../environments/job-environment.ts";
import { generatorService } from "../environments/load/generator-service.ts";
import { withStatementCounts } from "../environments/measuring/database-figures.ts";
import { loadProgram, placeProgram } from "../environments/place-program.ts";
import type { JobContext } from "./job.ts";
import { openForJob } from "./open-for-job.ts";

export const measureEveryMs = 500;

type Watch = NonNullable<Parameters<typeof openForJob>[1]["watch"]>;

/** A copy of the system with a generator in it, its database counting statements, its Node services telling how they fare. */
export async function openCopy(context: JobContext, definition: PerformanceJob, watch: Watch | undefined): Promise<JobEnvironment> {
  const program = await placeProgram(context.home, loadProgram);
  const services = context.project.services.map((service) => watchedService(service, definition.serviceEnv[service.name] ?? {}));
  return openForJob(context, {
    shard: 1,
    services: [...services, generatorService(program)],
    volumes: context.project.volumes,
    record: false,
    ...(watch === undefined ? {} : { watch }),
  });
}

function watchedService(service: ServiceSpec, own: Readonly<Record<string, string>>): ServiceSpec {
  const counted = withStatementCounts(service);
  return { ...counted, environment: { ...counted.environment, DOJANG_VITALS_MS: String(measureEveryMs), ...own } };
}
