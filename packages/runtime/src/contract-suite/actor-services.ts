import { cp, mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildRecipe, type EnvironmentSpec, type HealthCheck, type ProgramSpec, plainService, type ServiceSpec } from "@dojang/model";
import type { BuiltImage, Runtime } from "../contract.ts";

/** Services and environments of the suite: all are the actor with a verb, so that nothing has to be installed. */
export function actorCommand(...words: string[]): string[] {
  return ["node", "actor.mjs", ...words];
}

/** A fresh copy of the actor's folder: a build context. */
export async function actorContext(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "dojang-actor-")));
  await cp(join(import.meta.dirname, "actor"), folder, { recursive: true });
  await cp(join(import.meta.dirname, "../programs/stand-ins/postgres-wire.ts"), join(folder, "postgres-wire.ts"));
  return folder;
}

export function actorProgram(context: string, ...words: string[]): Extract<ProgramSpec, { kind: "build" }> {
  const recipe: BuildRecipe = {
    language: "node",
    build: [],
    command: actorCommand(...words),
    directory: "/app",
    environment: {},
    origin: "the contract suite",
  };
  return { kind: "build", context, args: {}, recipe };
}

export function service(name: string, program: ProgramSpec, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return { ...plainService(name, program), stop: { signal: "SIGTERM", graceMs: 2_000 }, ...more };
}

export const servedPort = { container: 8000, protocol: "tcp" } as const;

/** The actor's HTTP server, with a health check that passes when it answers. */
export function server(name: string, context: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return service(name, actorProgram(context, "serve"), { ports: [servedPort], health: httpHealth("/"), ...more });
}

export function httpHealth(path: string, more: Partial<HealthCheck> = {}): HealthCheck {
  return {
    probe: { kind: "http", method: "GET", path, port: 8000 },
    intervalMs: 200,
    timeoutMs: 1_000,
    retries: 50,
    startPeriodMs: 0,
    ...more,
  };
}

export function environment(id: string, services: readonly ServiceSpec[], more: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return {
    id,
    project: "contract",
    kind: "job",
    services,
    volumes: [],
    egress: { kind: "none" },
    extraHosts: {},
    trusted: true,
    limits: {},
    startTimeoutMs: 30_000,
    ...more,
  };
}

export async function buildAll(runtime: Runtime, spec: EnvironmentSpec, signal: AbortSignal): Promise<Record<string, BuiltImage>> {
  const images: Record<string, BuiltImage> = {};
  for (const { name, program } of spec.services) {
    if (program.kind !== "build") continue;
    images[name] = await runtime.build(
      { project: spec.project, service: name, program, egress: spec.egress, environment: {}, timeoutMs: 60_000 },
      { signal },
    );
  }
  return images;
}
