import { isAbsolute, join, relative } from "node:path";
import { type EnvironmentSpec, Problem } from "@dojang/model";
import type { PublishRequest } from "../live-runtime.ts";
import { unknownService } from "../runtime-problems.ts";
import { hostHome } from "./host-folder.ts";
import type { HostService } from "./host-plan.ts";

/** What the parts of a spec that only live environments have must be like. */
export function checkLiveSpec(spec: EnvironmentSpec, { held, home }: { readonly held: readonly string[]; readonly home: string }): void {
  for (const [volume, folder] of Object.entries(spec.keptVolumes ?? {})) checkKeptVolume(spec, { volume, folder, home });
  if (spec.ownUser !== undefined && !(Number.isInteger(spec.ownUser) && spec.ownUser >= 1 && spec.ownUser <= mostUsers)) {
    throw wrong(`environment ${spec.id}: ownUser is ${spec.ownUser}`, `use a whole number from 1 to ${mostUsers}`);
  }
  const names = spec.services.map(({ name }) => name);
  for (const name of held) {
    if (!names.includes(name)) throw unknownService(spec.id, name, names);
    const waiting = spec.services.find((other) => !held.includes(other.name) && other.dependsOn.some((one) => one.service === name));
    if (waiting !== undefined)
      throw wrong(`service ${waiting.name} waits for ${name}, which is held back`, `hold ${waiting.name} back too`);
  }
}

const mostUsers = 60_000;

function checkKeptVolume(spec: EnvironmentSpec, kept: { readonly volume: string; readonly folder: string; readonly home: string }): void {
  const { volume, folder, home } = kept;
  const place = `environment ${spec.id}: kept volume ${volume}`;
  if (!spec.volumes.includes(volume)) throw wrong(`${place} is none of its volumes`, `name one of ${spec.volumes.join(", ") || "none"}`);
  if (!isAbsolute(folder)) throw wrong(`${place} is at ${folder}`, "name an absolute path");
  const inside = relative(join(hostHome(home), "environments"), folder);
  if (!inside.startsWith("..")) throw wrong(`${place} is at ${folder}, where it would go with an environment`, "name a folder elsewhere");
}

/** A socket in a folder that is not there, or of a port that nobody has, would be found out by visitors. */
export function checkPublishing({ service: name, port, socketPath }: PublishRequest, service: HostService): void {
  if (!isAbsolute(socketPath)) throw wrong(`the socket of ${name} is to be ${socketPath}`, "name an absolute path");
  if (service.ports.includes(port)) return;
  const fix = service.ports.length === 0 ? `list the port under ports: or expose: of ${name}` : `use one of ${service.ports.join(", ")}`;
  throw new Problem({ code: "unknown-port", exit: "configuration", message: `service ${name} has no port ${port}`, fix });
}

function wrong(message: string, fix: string): Problem {
  return new Problem({ code: "environment-invalid", exit: "configuration", message, fix });
}
