import { type ProgramSpec, plainService, type ServiceSpec } from "@dojang/model";

/** A command of no service (a build, a step) has an environment like a service's, which depends on nothing of it but the name. */
export function commandService(name: string, program: ProgramSpec): ServiceSpec {
  return { ...plainService(name, program), stop: { signal: "SIGTERM", graceMs: 0 } };
}
