import type { ServiceSpec } from "@dojang/model";

/**
 * Services built from Node sources get the preload that carries request ids through them. It is an addition to
 * NODE_OPTIONS and not a replacement; `DOJANG_PRELOAD=off` in the service's variables leaves it out.
 */
export function withServicePreload(service: ServiceSpec, preloadDirectory: string): ServiceSpec {
  const { program, environment } = service;
  if (program.kind !== "build" || program.recipe.language !== "node" || environment.DOJANG_PRELOAD === "off") return service;
  const own = environment.NODE_OPTIONS ?? program.recipe.environment.NODE_OPTIONS;
  const preload = `--require="${preloadDirectory}/service.mjs"`;
  return { ...service, environment: { ...environment, NODE_OPTIONS: own ? `${own} ${preload}` : preload } };
}
