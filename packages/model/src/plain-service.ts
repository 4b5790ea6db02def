import type { ProgramSpec, ServiceSpec } from "./environment.ts";

/** A service that only runs a program: nothing of it is reached, kept, watched or limited. It ends as Compose ends one, in 10 seconds. */
export function plainService(name: string, program: ProgramSpec): ServiceSpec {
  return {
    name,
    aliases: [],
    program,
    environment: {},
    ports: [],
    mounts: [],
    dependsOn: [],
    restart: { kind: "no" },
    limits: {},
    stop: { signal: "SIGTERM", graceMs: 10_000 },
    readOnly: false,
    extraHosts: {},
    labels: {},
  };
}
