import { plainService, type ServiceSpec } from "@dojang/model";

/** The generator is a service that idles until it is given an order: inside, its traffic passes no recorder and no wall. */
export const generatorName = "dojang-load";
const programAt = "/opt/dojang/load";
export const generatorCommand: readonly string[] = ["node", `${programAt}/environment.mjs`];
export const targetVariable = "DOJANG_LOAD_TARGET";

export function generatorService(programFolder: string): ServiceSpec {
  return {
    ...plainService(generatorName, { kind: "image", image: "node:24", command: [...generatorCommand, "idle"] }),
    mounts: [{ kind: "bind", source: programFolder, target: programAt, readOnly: true }],
    stop: { signal: "SIGTERM", graceMs: 1_000 },
  };
}
