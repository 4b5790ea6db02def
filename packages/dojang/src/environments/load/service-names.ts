import type { ServiceSpec } from "@dojang/model";

/** Everything by which services are reached inside. */
export function serviceNames(services: readonly ServiceSpec[]): ReadonlySet<string> {
  return new Set(services.flatMap((service) => [service.name, ...service.aliases]));
}
