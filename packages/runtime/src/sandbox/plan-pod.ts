import { join, posix } from "node:path";
import type { EnvironmentSpec, ServiceSpec } from "@dojang/model";
import type { ProgramPlan } from "../programs/program-plan.ts";
import { deviceNodes } from "./agent/member-command.ts";
import {
  agentPlaces,
  egressPort,
  gatewayAddress,
  type PodFile,
  type PodMember,
  type PodMount,
  type PodPlan,
  type PodService,
  type PodVolume,
} from "./agent/pod-plan.ts";
import { authoritiesPath, type HostView } from "./host-view.ts";

/**
 * Pure: from a specification and what was resolved, prepared and found on the host, everything the agent has to make,
 * and what of the host the agent must see.
 */
export interface PodPlanInput {
  readonly spec: EnvironmentSpec;
  readonly programs: ReadonlyMap<string, ProgramPlan>;
  /** Trees and files of the host by the path they have in the agent's view. */
  readonly sources: PodSources;
  readonly host: HostView;
  readonly shared: readonly { readonly from: string; readonly path: string; readonly kind: "folder" | "file" }[];
}

/** All paths are as the agent sees them. */
export interface PodSources {
  /** Built trees, by service. */
  readonly built: ReadonlyMap<string, string>;
  readonly templates: ReadonlyMap<string, string>;
  /** A finished tree that the guest may write copies of, or one copied for this environment. */
  readonly workspace?: { readonly from: string; readonly copied: boolean };
  /** Copies of bind mounts, by `<service>:<target>`; undefined inside when the source is not there or empty. */
  readonly binds: ReadonlyMap<string, { readonly from: string; readonly kind: "folder" | "file" }>;
  /** Read-only folders that program plans name. */
  readonly readOnly: readonly { readonly path: string; readonly kind: "folder" | "file" }[];
}

export const workspaceMember = "(workspace)";
/** In the agent's folder: made by the gate, which the launcher runs. */
export const egressSocket = "egress.sock";
export const nodeFolder = "/opt/dojang/node";
const environmentAuthority = "/etc/dojang/authority.pem";
const authorityBundle = "/etc/dojang/authorities.pem";
/** In the agent's view. */
export const authorityFiles = { authority: "/plan/authority.pem", bundle: "/plan/authorities.pem" } as const;

const gibibyte = 1024 ** 3;
const defaultDiskBytes = 16 * gibibyte;
const largestMemoryDisk = gibibyte;
const defaultPids = 4096;
const defaultUser = { id: 1000, name: "app" };
const home = "/home/app";

/** Writable places every member has: its own memory file system, gone with the environment. */
const scratchPlaces = [
  { path: "/tmp", mode: 0o1777 },
  { path: "/run", mode: 0o755 },
  { path: "/var", mode: 0o755 },
  { path: "/home", mode: 0o755 },
  { path: "/srv", mode: 0o755 },
  { path: "/mnt", mode: 0o755 },
  { path: "/data", mode: 0o755 },
  { path: "/dev/shm", mode: 0o1777 },
];
export const runDirectory = "/run/dojang";
const innerFolders = ["/var/tmp", "/var/log", "/var/lib", "/var/cache", "/run/lock", home];

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

function programOf({ programs }: PodPlanInput, service: ServiceSpec): ProgramPlan {
  const program = programs.get(service.name);
  if (program === undefined) throw new Error(`no program was resolved for ${service.name}`);
  return program;
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

interface MemberDraft {
  readonly name: string;
  readonly index: number;
  readonly aliases: readonly string[];
  readonly user: { readonly id: number; readonly name: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly overlay?: Omit<NonNullable<PodMember["overlay"]>, "readOnly">;
  readonly mounts: readonly PodMount[];
  readonly writable: readonly string[];
  readonly writtenFiles: readonly PodFile[];
  readonly limits: EnvironmentSpec["limits"];
  /** Only what is asked to be writable is. */
  readonly readOnly?: boolean;
}

/** Adds what is the same for every member: the host's system, devices, identity, scratch places, trust. */
export function completeMember(input: Omit<PodPlanInput, "programs">, draft: MemberDraft): PodMember {
  const trust = input.spec.certificateAuthorityPem !== undefined;
  const readOnly = input.sources.readOnly.filter(({ path }) => !input.host.shown.some((one) => isInside(path, one.path)));
  const shown = [
    ...input.host.shown.map(({ path, kind }) => ({ from: path, path, kind })),
    ...readOnly.map(({ path, kind }) => ({ from: join("/lower", path), path, kind })),
    { from: "/toolbox/node", path: nodeFolder, kind: "folder" as const },
    ...input.shared,
    ...(trust ? trustFiles(input.host) : []),
  ];
  const common = draft.readOnly ? scratchPlaces.filter((one) => one.path === "/dev/shm") : scratchPlaces;
  const places = [...common, ...outsidePlaces(draft, common)];
  const held = [...places.map((one) => one.path), ...(draft.overlay ? [draft.overlay.path] : []), ...draft.mounts.map((one) => one.path)];
  const isHeld = (path: string) => held.some((place) => path !== place && isInside(path, place));
  const rootMounts = draft.mounts.filter((mount) => !isHeld(mount.path));
  return {
    name: draft.name,
    key: `m${draft.index}`,
    aliases: draft.aliases,
    address: addressOf(draft.index),
    uid: draft.user.id,
    gid: draft.user.id,
    environment: { ...baseEnvironment(trust), ...egressEnvironment(input), ...withNode(draft.environment) },
    directory: draft.directory,
    directories: [
      "/proc",
      "/etc",
      // A program may ask for them though it may not write there.
      ...(draft.readOnly ? ["/tmp", "/run", "/var/tmp", "/var/lib", home] : []),
      ...shown.filter((one) => one.kind === "folder").map((one) => one.path),
      ...places.map((one) => one.path),
      ...(draft.overlay ? [draft.overlay.path] : []),
      ...rootMounts.filter((mount) => !isFileMount(mount, input)).map((mount) => mount.path),
      ...(isHeld(draft.directory) ? [] : [draft.directory]),
    ],
    links: [...input.host.links, { path: "/dev/fd", to: "/proc/self/fd" }, ...standardStreams],
    files: [
      ...deviceNodes.map((name) => emptyFile(`/dev/${name}`)),
      ...shown
        .filter((one) => one.kind === "file" && !input.host.shown.some((host) => host.path !== one.path && isInside(one.path, host.path)))
        .map((one) => emptyFile(one.path)),
      ...rootMounts.filter((mount) => isFileMount(mount, input)).map((mount) => emptyFile(mount.path)),
      ...identityFiles(draft.user),
      ...draft.writtenFiles.filter((file) => !isHeld(file.path)),
    ],
    shown,
    scratch: places,
    scratchBytes: Math.min(draft.limits.diskBytes ?? largestMemoryDisk, largestMemoryDisk),
    overlay: draft.overlay && { ...draft.overlay, readOnly: draft.readOnly === true },
    mounts: draft.mounts,
    writtenFolders: [...innerFolders, ...draft.writable.filter(isHeld), ...(isHeld(draft.directory) ? [draft.directory] : [])],
    writtenFiles: draft.writtenFiles.filter((file) => isHeld(file.path)),
    memoryBytes: draft.limits.memoryBytes,
    cpus: draft.limits.cpus,
    pids: draft.limits.pids ?? defaultPids,
  };
}

function outsidePlaces(draft: MemberDraft, common: readonly { readonly path: string }[]): { path: string; mode: number }[] {
  const taken = [...common.map((one) => one.path), ...(draft.overlay ? [draft.overlay.path] : []), ...draft.mounts.map((one) => one.path)];
  const outside = draft.writable.filter((path) => !taken.some((place) => isInside(path, place)));
  return [...new Set(outside)].map((path) => ({ path, mode: 0o755 }));
}

export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

/** 10.77.0.2 on: the gateway is .1, and a /16 holds more members than a machine can run. */
function addressOf(index: number): string {
  const number = index + 2;
  return `10.77.${Math.floor(number / 256)}.${number % 256}`;
}

const standardStreams = ["stdin", "stdout", "stderr"].map((name, number) => ({ path: `/dev/${name}`, to: `/proc/self/fd/${number}` }));

function emptyFile(path: string): PodFile {
  return { path, content: "", mode: 0o644 };
}

function identityFiles(user: { readonly id: number; readonly name: string }): PodFile[] {
  const root = user.id === 0 ? "" : "root:x:0:0:root:/root:/bin/sh\n";
  const group = user.id === 0 ? "" : "root:x:0:\n";
  return [
    {
      path: "/etc/passwd",
      mode: 0o644,
      content: `${root}${user.name}:x:${user.id}:${user.id}::${home}:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n`,
    },
    { path: "/etc/group", mode: 0o644, content: `${group}${user.name}:x:${user.id}:\nnogroup:x:65534:\n` },
    { path: "/etc/nsswitch.conf", mode: 0o644, content: "passwd: files\ngroup: files\nhosts: files\n" },
    { path: "/etc/resolv.conf", mode: 0o644, content: "" },
    { path: "/etc/host.conf", mode: 0o644, content: "multi on\n" },
  ];
}

/** A guest has one user id; names are kept, so that programs that ask who they are hear what Compose says. */
export function userOf(asked: string | undefined): { readonly id: number; readonly name: string } {
  const name = asked?.split(":")[0] ?? "";
  if (name === "") return defaultUser;
  if (/^\d+$/.test(name)) return { id: Number(name), name: Number(name) === 0 ? "root" : defaultUser.name };
  return { id: name === "root" ? 0 : defaultUser.id, name };
}

function baseEnvironment(trust: boolean): Record<string, string> {
  const base = { HOME: home };
  if (!trust) return base;
  return {
    ...base,
    NODE_EXTRA_CA_CERTS: environmentAuthority,
    SSL_CERT_FILE: authorityBundle,
    REQUESTS_CA_BUNDLE: authorityBundle,
    CURL_CA_BUNDLE: authorityBundle,
    GIT_SSL_CAINFO: authorityBundle,
  };
}

/** Programs that heed these variables reach what is allowed; names inside are reached directly. */
function egressEnvironment({ spec }: Pick<PodPlanInput, "spec">): Record<string, string> {
  if (spec.egress.kind === "none") return {};
  const gate = `http://${gatewayAddress}:${egressPort}`;
  const inside = ["localhost", "127.0.0.1", gatewayAddress, ...spec.services.flatMap((service) => [service.name, ...service.aliases])].join(
    ",",
  );
  return {
    HTTP_PROXY: gate,
    HTTPS_PROXY: gate,
    http_proxy: gate,
    https_proxy: gate,
    NO_PROXY: inside,
    no_proxy: inside,
    NODE_USE_ENV_PROXY: "1",
  };
}

function withNode(environment: Readonly<Record<string, string>>): Record<string, string> {
  const path = environment.PATH ?? "/usr/local/bin:/usr/bin:/bin";
  return { ...environment, PATH: path.includes(`${nodeFolder}/bin`) ? path : `${nodeFolder}/bin:${path}` };
}

function trustFiles(host: HostView) {
  const bundles = [authorityBundle, ...(host.authorities === "" ? [] : [authoritiesPath])];
  return [
    { from: authorityFiles.authority, path: environmentAuthority, kind: "file" as const },
    ...bundles.map((path) => ({ from: authorityFiles.bundle, path, kind: "file" as const })),
  ];
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

function planVolume(name: string, input: PodPlanInput): PodVolume {
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
function anonymousVolumes(service: ServiceSpec, input: PodPlanInput): PodVolume[] {
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

function mountsOf(input: PodPlanInput, service: ServiceSpec): PodMount[] {
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
function emptyTargets(service: ServiceSpec, input: PodPlanInput): string[] {
  const data = programOf(input, service).data;
  return service.mounts
    .filter((mount) => mount.kind === "tmpfs" || (mount.kind === "bind" && !input.sources.binds.has(bindKey(service.name, mount.target))))
    .map((mount) => mount.target)
    .filter((target) => data === undefined || !isInside(data.mountTarget, target));
}

function filesOf(service: ServiceSpec): PodFile[] {
  return service.mounts.flatMap((mount) =>
    mount.kind === "file" ? [{ path: mount.target, content: mount.content, mode: mount.mode }] : [],
  );
}

function isFileMount(mount: PodMount, { sources }: Pick<PodPlanInput, "sources">): boolean {
  return [...sources.binds.values()].some((bind) => bind.from === mount.from && bind.kind === "file");
}
