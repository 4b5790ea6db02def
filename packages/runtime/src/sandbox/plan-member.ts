import { join } from "node:path";
import type { EnvironmentSpec } from "@dojang/model";
import { deviceNodes } from "./agent/member-command.ts";
import type { PodFile, PodMember, PodMount } from "./agent/pod-plan.ts";
import { withRoomFor } from "./host-view.ts";
import {
  addressOf,
  baseEnvironment,
  egressEnvironment,
  home,
  identityFiles,
  nodeFolder,
  trustFiles,
  withNode,
} from "./member-surroundings.ts";
import { isInside } from "./path-inside.ts";
import type { PodPlanInput } from "./pod-sources.ts";

/** The largest memory file system; what may be more goes to disk and is watched. */
export const largestMemoryDisk = 1024 ** 3;
const defaultPids = 4096;

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
const innerFolders = ["/var/tmp", "/var/log", "/var/lib", "/var/cache", "/run/lock", home];

/** What is particular to one member. */
export interface MemberDraft {
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
  const common = draft.readOnly ? scratchPlaces.filter((one) => one.path === "/dev/shm") : scratchPlaces;
  const places = [...common, ...outsidePlaces(draft, common)];
  const programs = readOnly.map(({ path, kind }) => ({ from: join("/lower", path), path, kind }));
  // Dojang's state folder is mostly below /var: what is shown of it has to be mounted inside the member's own /var.
  const covered = programs.filter(({ path }) => places.some((place) => isInside(path, place.path)));
  const mounts = [...draft.mounts, ...covered.map(({ from, path }) => ({ from, path, readOnly: true }))];
  const wanted = [...mounts, ...draft.writtenFiles, ...(draft.overlay ? [draft.overlay] : [])].map(({ path }) => path);
  const host = withRoomFor(input.host, [...wanted, ...places.map(({ path }) => path), draft.directory]);
  const shown = [
    ...host.shown.map(({ path, kind }) => ({ from: path, path, kind })),
    ...programs.filter((one) => !covered.includes(one)),
    { from: "/toolbox/node", path: nodeFolder, kind: "folder" as const },
    ...input.shared,
    ...(trust ? trustFiles(input.host) : []),
  ];
  const held = [...places.map((one) => one.path), ...(draft.overlay ? [draft.overlay.path] : []), ...mounts.map((one) => one.path)];
  const isHeld = (path: string) => held.some((place) => path !== place && isInside(path, place));
  const rootMounts = mounts.filter((mount) => !isHeld(mount.path));
  return {
    name: draft.name,
    key: `m${draft.index}`,
    aliases: draft.aliases,
    address: addressOf(draft.index),
    uid: draft.user.id,
    gid: draft.user.id,
    environment: { ...baseEnvironment(trust), ...egressEnvironment(input.spec), ...withNode(draft.environment) },
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
    links: [...host.links, { path: "/dev/fd", to: "/proc/self/fd" }, ...standardStreams],
    files: [
      ...deviceNodes.map((name) => emptyFile(`/dev/${name}`)),
      ...shown
        .filter((one) => one.kind === "file" && !host.shown.some((other) => other.path !== one.path && isInside(one.path, other.path)))
        .map((one) => emptyFile(one.path)),
      ...rootMounts.filter((mount) => isFileMount(mount, input)).map((mount) => emptyFile(mount.path)),
      ...identityFiles(draft.user),
      ...draft.writtenFiles.filter((file) => !isHeld(file.path)),
    ],
    shown,
    scratch: places,
    scratchBytes: Math.min(draft.limits.diskBytes ?? largestMemoryDisk, largestMemoryDisk),
    overlay: draft.overlay && { ...draft.overlay, readOnly: draft.readOnly === true },
    mounts,
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

const standardStreams = ["stdin", "stdout", "stderr"].map((name, number) => ({ path: `/dev/${name}`, to: `/proc/self/fd/${number}` }));

function emptyFile(path: string): PodFile {
  return { path, content: "", mode: 0o644 };
}

function isFileMount(mount: PodMount, { sources }: Pick<PodPlanInput, "sources">): boolean {
  return [...sources.binds.values()].some((bind) => bind.from === mount.from && bind.kind === "file");
}
