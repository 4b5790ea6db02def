import type { Dependency, ServiceState } from "@dojang/model";
import { SupervisionError } from "./supervision-error.ts";

export interface OrderedService {
  readonly name: string;
  readonly dependsOn: readonly Dependency[];
}

export interface SeenService {
  readonly state: ServiceState;
  readonly exitCode?: number;
  readonly hasHealth: boolean;
}

export type Gate =
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly for: string }
  /** It will never open: what it waits for has ended the wrong way. */
  | { readonly kind: "shut"; readonly because: string };

/** Refuses cycles and names nobody has. */
export function checkOrder(services: readonly OrderedService[]): void {
  const byName = new Map(services.map((service) => [service.name, service]));
  for (const service of services) {
    for (const dependency of service.dependsOn) {
      if (!byName.has(dependency.service) && dependency.required) {
        throw new SupervisionError({
          code: "unknown-dependency",
          exit: "configuration",
          message: `service ${service.name} depends on ${dependency.service}, which is not a service`,
          fix: `add ${dependency.service} to the Compose file or remove it from depends_on of ${service.name}`,
        });
      }
    }
  }
  const cycle = findCycle(byName);
  if (cycle === undefined) return;
  throw new SupervisionError({
    code: "cyclic-dependency",
    exit: "configuration",
    message: `services wait for each other: ${cycle.join(" -> ")}`,
    fix: "remove one of these depends_on entries",
  });
}

function findCycle(byName: ReadonlyMap<string, OrderedService>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const dependency of byName.get(name)?.dependsOn ?? []) {
      const found = visit(dependency.service, [...path, name]);
      if (found) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of byName.keys()) {
    const found = visit(name, []);
    if (found) return found;
  }
  return undefined;
}

/** May a service start, given how the ones it depends on are? The first dependency that holds it back is named. */
export function gateOf(service: OrderedService, seen: (name: string) => SeenService | undefined): Gate {
  for (const dependency of service.dependsOn) {
    const other = seen(dependency.service);
    if (other === undefined) continue;
    const gate = gateOfOne(dependency, other);
    if (gate.kind === "shut" && !dependency.required) continue;
    if (gate.kind !== "open") return gate;
  }
  return { kind: "open" };
}

function gateOfOne(dependency: Dependency, other: SeenService): Gate {
  const name = dependency.service;
  const ended = other.state === "exited" || other.state === "stopped";
  switch (dependency.condition) {
    case "started":
      return other.state === "created" ? { kind: "waiting", for: `${name} to start` } : { kind: "open" };
    case "healthy":
      if (other.state === "healthy") return { kind: "open" };
      if (other.state === "unhealthy") return { kind: "shut", because: `${name} is unhealthy` };
      if (ended) return { kind: "shut", because: `${name} ended with ${other.exitCode ?? "no code"}` };
      if (!other.hasHealth && other.state === "running") return { kind: "open" };
      return { kind: "waiting", for: `${name} to be healthy` };
    case "completed":
      if (ended && other.exitCode === 0) return { kind: "open" };
      if (ended) return { kind: "shut", because: `${name} ended with ${other.exitCode ?? "no code"}` };
      return { kind: "waiting", for: `${name} to complete` };
  }
}
