import { join } from "node:path";
import type { EnvironmentSpec, ServiceSpec } from "@dojang/model";
import type { ProgramPlan } from "../programs/program-plan.ts";
import { agentPlaces, egressPort, gatewayAddress, type PodMember, type PodPlan, type PodService } from "./agent/pod-plan.ts";
import { defaultUser, userOf } from "./member-surroundings.ts";
import { completeMember, largestMemoryDisk } from "./plan-member.ts";
import { anonymousVolumes, emptyTargets, filesOf, mountsOf, planVolume } from "./plan-volumes.ts";
import { type PodPlanInput, programOf } from "./pod-sources.ts";

export const workspaceMember = "(workspace)";
/** In the agent's folder: made by the gate, which the launcher runs. */
export const egressSocket = "egress.sock";
export const runDirectory = "/run/dojang";
const defaultDiskBytes = 16 * 1024 ** 3;

/**
 * Pure: from a specification and what was resolved, prepared and found on the host, everything the agent has to make,
 * and what of the host the agent must see.
 */
export function planPod(input: PodPlanInput): PodPlan {
  const { spec } = input;
  const members = spec.services.map((service, index) => planMember(input, service, index));
  const workspace = spec.workspace ? [planWorkspace(input, members.length)] : [];
  const anonymous = spec.services.flatMap((service) => anonymousVolumes(service, input));
  return {
    id: spec.id,
    members: withHosts([...members, ...workspace], spec),
    services: spec.services.map((service) => planService(service, input)),
    volumes: [...spec.volumes.map((name) => planVolume(name, input)), ...anonymous],
    startTimeoutMs: spec.startTimeoutMs,
    groups: [],
    diskBytes: spec.limits.diskBytes ?? defaultDiskBytes,
    egress: spec.egress.kind === "allow" ? { port: egressPort, socketPath: join(agentPlaces.pod, egressSocket) } : undefined,
  };
}

function planService(service: ServiceSpec, input: PodPlanInput): PodService {
  const program = programOf(input, service);
  return {
    name: service.name,
    argv: program.argv,
    ports: portsOf(service, program),
    dependsOn: service.dependsOn,
    health: service.health ?? program.health,
    restart: service.restart,
    stop: service.stop.signal === "SIGTERM" ? { ...service.stop, signal: program.stopSignal } : service.stop,
  };
}

export function portsOf(service: ServiceSpec, program: ProgramPlan): readonly number[] {
  const asked = service.ports.map((port) => port.container);
  const probed = service.health?.probe.kind === "http" || service.health?.probe.kind === "tcp" ? [service.health.probe.port] : [];
  const own = program.defaultPort === undefined ? [] : [program.defaultPort];
  return [...new Set([...asked, ...probed, ...own])];
}

function planMember(input: PodPlanInput, service: ServiceSpec, index: number): PodMember {
  const program = programOf(input, service);
  const user = userOf(service.user);
  const built = input.sources.built.get(service.name);
  const directory = service.program.kind === "build" ? service.program.recipe.directory : undefined;
  return completeMember(input, {
    name: service.name,
    index,
    aliases: service.aliases,
    user,
    environment: program.environment,
    directory: program.workingDirectory,
    overlay: built === undefined || directory === undefined ? undefined : { lower: built, path: directory, upper: "memory" },
    readOnly: service.readOnly,
    mounts: mountsOf(input, service),
    writable: [runDirectory, ...program.writableDirectories, ...emptyTargets(service, input)],
    writtenFiles: [...program.files, ...filesOf(service)],
    limits: { ...service.limits, diskBytes: service.limits.diskBytes ?? input.spec.limits.diskBytes },
  });
}

function planWorkspace(input: PodPlanInput, index: number): PodMember {
  const { spec, sources } = input;
  const { mountAt } = spec.workspace ?? { mountAt: "/work" };
  const { from, copied } = sources.workspace ?? { from: "/nowhere", copied: false };
  // Little is kept in memory with a hard size, for untrusted work of a known extent; much goes to disk and is watched.
  const small = (spec.limits.diskBytes ?? defaultDiskBytes) <= largestMemoryDisk;
  return completeMember(input, {
    name: workspaceMember,
    index,
    aliases: [],
    user: defaultUser,
    environment: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
    directory: mountAt,
    overlay: copied ? undefined : { lower: from, path: mountAt, upper: small ? "memory" : "disk" },
    mounts: copied ? [{ from, path: mountAt, readOnly: false }] : [],
    writable: [],
    writtenFiles: [],
    limits: spec.limits,
  });
}

/** Every member has its own /etc/hosts: the names of all, its own extra ones, and the gateway's. */
function withHosts(members: readonly PodMember[], spec: EnvironmentSpec): PodMember[] {
  const names = members
    .filter((member) => member.name !== workspaceMember)
    .map((member) => `${member.address} ${[member.name, ...member.aliases].join(" ")}`);
  return members.map((member) => {
    const own = spec.services.find((service) => service.name === member.name)?.extraHosts ?? {};
    const extra = Object.entries({ ...spec.extraHosts, ...own }).map(
      ([name, to]) => `${to === "host-gateway" ? gatewayAddress : to} ${name}`,
    );
    const lines = ["127.0.0.1 localhost", "::1 localhost", `${gatewayAddress} host.docker.internal`, ...names, ...extra];
    return { ...member, files: [...member.files, { path: "/etc/hosts", content: `${lines.join("\n")}\n`, mode: 0o644 }] };
  });
}
