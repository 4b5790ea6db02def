import type { ServiceSpec } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { askRedis, isRedis } from "../measuring/redis-figures.ts";

/** Empties every Redis of an environment. */
export async function emptyCaches(options: {
  runtime: Runtime;
  environmentId: string;
  services: readonly ServiceSpec[];
  signal: AbortSignal;
}): Promise<void> {
  const { services, ...rest } = options;
  await Promise.all(services.filter(isRedis).map((service) => askRedis({ ...rest, service }, ["FLUSHALL"])));
}
