import { join, posix } from "node:path";
import type { EnvironmentSpec, ServiceSpec } from "@dojang/model";
import { agentPlaces, type PodFile, type PodMount, type PodVolume } from "./agent/pod-plan.ts";
import { isInside } from "./path-inside.ts";
import { largestMemoryDisk } from "./plan-member.ts";
import { type PodPlanInput, programOf } from "./pod-sources.ts";

export function planVolume(name: string, input: PodPlanInput): PodVolume {
  const folders = input.spec.services.flatMap((service) => {
    const data = programOf(input, service).data;
    if (data === undefined) return [];
    const holding = holdingMount(service, data.mountTarget);
    if (holding?.kind !== "volume" || holding.volume !== name) return [];
    return [dataFolder(input, service, holding.target)];
  });
  return { ...volumeKind(input.spec), name, folders };
}

/** A data directory without a volume of its own gets one: it has to be filled from a template all the same. */
export function anonymousVolumes(service: ServiceSpec, input: PodPlanInput): PodVolume[] {
  const data = programOf(input, service).data;
  if (data === undefined || isKept(service, data.mountTarget, input)) return [];
  return [{ ...volumeKind(input.spec), name: anonymousName(service), folders: [dataFolder(input, service, data.mountTarget)] }];
}

function isKept(service: ServiceSpec, target: string, input: PodPlanInput): boolean {
  const holding = holdingMount(service, target);
  if (holding?.kind === "bind") return input.sources.binds.has(bindKey(service.name, holding.target));
  return holding !== undefined;
}

function anonymousName(service: ServiceSpec): string {
  return `${service.name}.data`;
}

function dataFolder(input: PodPlanInput, service: ServiceSpec, base: string): PodVolume["folders"][number] {
  const program = programOf(input, service);
  const data = program.data;
  if (data === undefined) throw new Error(`${service.name} keeps no data`);
  const template = program.template && input.sources.templates.get(program.template.key);
  return { path: posix.relative(base, data.directory), mode: data.mode, template };
}

function volumeKind(spec: EnvironmentSpec): Pick<PodVolume, "kind" | "sizeBytes"> {
  const sizeBytes = Math.min(spec.limits.diskBytes ?? largestMemoryDisk, largestMemoryDisk);
  const lasting = spec.kind === "staging" || spec.kind === "production";
  return { kind: lasting ? "disk" : "memory", sizeBytes };
}

function holdingMount(service: ServiceSpec, path: string): Extract<ServiceSpec["mounts"][number], { kind: "volume" | "bind" }> | undefined {
  const holding = service.mounts.filter((mount) => (mount.kind === "volume" || mount.kind === "bind") && isInside(path, mount.target));
  const nearest = holding.sort((a, b) => b.target.length - a.target.length)[0];
  return nearest?.kind === "volume" || nearest?.kind === "bind" ? nearest : undefined;
}

export function bindKey(service: string, target: string): string {
  return `${service}:${target}`;
}

export function mountsOf(input: PodPlanInput, service: ServiceSpec): PodMount[] {
  const data = programOf(input, service).data;
  const anonymous =
    data && !isKept(service, data.mountTarget, input)
      ? [{ from: join(agentPlaces.volumes, anonymousName(service)), path: data.mountTarget, readOnly: false }]
      : [];
  const asked = service.mounts.flatMap((mount): PodMount[] => {
    if (mount.kind === "volume") return [{ from: join(agentPlaces.volumes, mount.volume), path: mount.target, readOnly: mount.readOnly }];
    const copy = mount.kind === "bind" ? input.sources.binds.get(bindKey(service.name, mount.target)) : undefined;
    return copy && mount.kind === "bind" ? [{ from: copy.from, path: mount.target, readOnly: mount.readOnly }] : [];
  });
  return [...asked, ...anonymous];
}

/** tmpfs mounts, and bind mounts whose source is not there or empty: Docker would make an empty folder. */
export function emptyTargets(service: ServiceSpec, input: PodPlanInput): string[] {
  const data = programOf(input, service).data;
  return service.mounts
    .filter((mount) => mount.kind === "tmpfs" || (mount.kind === "bind" && !input.sources.binds.has(bindKey(service.name, mount.target))))
    .map((mount) => mount.target)
    .filter((target) => data === undefined || !isInside(data.mountTarget, target));
}

export function filesOf(service: ServiceSpec): PodFile[] {
  return service.mounts.flatMap((mount) =>
    mount.kind === "file" ? [{ path: mount.target, content: mount.content, mode: mount.mode }] : [],
  );
}
