import { chmod, lstat, mkdir, readlink, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { agentPlaces, type PodFile, type PodMember, type PodPlan, type PodVolume } from "./pod-plan.ts";
import { mustRun, runTool } from "./run-tool.ts";

/**
 * Makes what members see, before any guest runs. The root of a member is a read-only folder that holds every mount point,
 * so that no guest can put a symbolic link where something is mounted at a restart or an exec. What has to be mounted
 * inside a writable place is mounted there now, once, after checking that the way leads through no link.
 */
export async function makeVolumes(volumes: readonly PodVolume[]): Promise<void> {
  await Promise.all(volumes.map(makeVolume));
}

async function makeVolume(volume: PodVolume): Promise<void> {
  const folder = volumeFolder(volume.name);
  await mkdir(folder, { recursive: true });
  if (volume.kind === "memory") await mountMemory(folder, volume.sizeBytes);
  else {
    const kept = join(agentPlaces.disk, "volumes", volume.name);
    await mkdir(kept, { recursive: true });
    await mustRun(["mount", "--bind", kept, folder]);
  }
  await chmod(folder, 0o777);
  for (const { path, mode, template } of volume.folders) {
    const target = join(folder, path);
    await mkdir(target, { recursive: true });
    if (template !== undefined) await mustRun(["cp", "-a", "--reflink=auto", `${template}/.`, `${target}/`]);
    await chmod(target, mode);
  }
}

export function volumeFolder(name: string): string {
  return join(agentPlaces.volumes, name);
}

async function mountMemory(folder: string, sizeBytes: number): Promise<void> {
  await mustRun(["mount", "-t", "tmpfs", "-o", `size=${sizeBytes},mode=755,nr_inodes=${inodesFor(sizeBytes)}`, "tmpfs", folder]);
}

/** One file per 4 KiB, as ext4 would have by default at a quarter of that; at least enough for a small tree. */
function inodesFor(sizeBytes: number): number {
  return Math.max(4096, Math.floor(sizeBytes / 4096));
}

export async function makeMember(member: PodMember, plan: PodPlan): Promise<void> {
  const root = rootOf(member);
  await mkdir(root, { recursive: true });
  for (const path of member.directories) await mkdir(join(root, path), { recursive: true });
  for (const { path, to } of member.links) await symlink(to, join(root, path)).catch(ignoreExisting);
  for (const file of member.files) await place(root, file);
  await makeScratch(member);
  if (member.overlay) await makeOverlay(member, member.overlay);
  const hasOwnVar = member.scratch.some((one) => one.path === "/var");
  await symlink("/run", hasOwnVar ? join(scratchFolder(member, "/var"), "run") : join(root, "var", "run"));
  await makeInnerMounts(member);
  await makeWrittenFiles(member, plan);
}

export function rootOf(member: PodMember): string {
  return join(agentPlaces.roots, member.key);
}

/** Where the folder behind a scratch path lies. */
export function scratchFolder(member: PodMember, path: string): string {
  return join(agentPlaces.scratch, member.key, "folders", path.replaceAll("/", "%"));
}

export function overlayFolder(member: PodMember): string {
  return join(agentPlaces.overlays, member.key);
}

async function makeScratch(member: PodMember): Promise<void> {
  const folder = join(agentPlaces.scratch, member.key);
  await mkdir(folder, { recursive: true });
  await mountMemory(folder, member.scratchBytes);
  await mkdir(join(folder, "folders"));
  for (const { path, mode } of member.scratch) {
    await mkdir(scratchFolder(member, path));
    await chmod(scratchFolder(member, path), mode);
  }
}

async function makeOverlay(member: PodMember, overlay: NonNullable<PodMember["overlay"]>): Promise<void> {
  const store = overlay.upper === "memory" ? join(agentPlaces.scratch, member.key) : join(agentPlaces.disk, "overlays", member.key);
  const [upper, work, target] = [join(store, "upper"), join(store, "work"), overlayFolder(member)];
  for (const folder of [upper, work, target]) await mkdir(folder, { recursive: true });
  const options = `lowerdir=${overlay.lower},upperdir=${upper},workdir=${work},userxattr`;
  const { exitCode } = await runTool(["mount", "-t", "overlay", "overlay", "-o", options, target]);
  if (exitCode === 0) return;
  // Some kernels and file systems refuse an overlay in a user namespace; a copy is slower and the same to the guest.
  await mustRun(["cp", "-a", "--reflink=auto", `${overlay.lower}/.`, `${upper}/`]);
  await mustRun(["mount", "--bind", upper, target]);
}

/** The writable place that holds a path, with the path inside it; undefined when its mount point is in the root itself. */
export function placeHolding(member: PodMember, path: string): { readonly base: string; readonly inside: string } | undefined {
  const places = [
    ...member.scratch.map((one) => ({ path: one.path, base: scratchFolder(member, one.path) })),
    ...(member.overlay ? [{ path: member.overlay.path, base: overlayFolder(member) }] : []),
    ...member.mounts.filter((one) => !one.readOnly).map((one) => ({ path: one.path, base: one.from })),
  ];
  const holding = places.filter((place) => path.startsWith(`${place.path}/`)).sort((a, b) => b.path.length - a.path.length)[0];
  return holding && { base: holding.base, inside: relative(holding.path, path) };
}

async function makeInnerMounts(member: PodMember): Promise<void> {
  const inner = [...member.mounts].sort((a, b) => a.path.length - b.path.length);
  for (const mount of inner) {
    const place = placeHolding(member, mount.path);
    if (place === undefined) continue;
    const isFolder = (await lstat(mount.from)).isDirectory();
    const target = await safePath(place.base, isFolder ? place.inside : dirname(place.inside), member.name);
    const point = isFolder ? target : join(target, place.inside.split("/").at(-1) ?? "");
    if (!isFolder) await writeFile(point, "", { flag: "a" });
    await mustRun(["mount", "--bind", mount.from, point]);
    if (mount.readOnly) await mustRun(["mount", "-o", "remount,bind,ro", "none", point]);
  }
}

async function makeWrittenFiles(member: PodMember, plan: PodPlan): Promise<void> {
  for (const path of member.writtenFolders) {
    const place = placeHolding(member, path);
    if (place) await safePath(place.base, place.inside, member.name);
  }
  for (const file of member.writtenFiles) {
    const place = placeHolding(member, file.path);
    if (place === undefined) throw new Error(`${file.path} of ${member.name} in ${plan.id} lies in no writable place`);
    const folder = await safePath(place.base, dirname(place.inside), member.name);
    await writeFile(join(folder, file.path.split("/").at(-1) ?? ""), file.content, { mode: file.mode });
  }
}

/** Makes folders below `base` one by one and goes through no link: what lies there may come from a guest's build. */
async function safePath(base: string, inside: string, member: string): Promise<string> {
  let at = base;
  for (const part of inside.split("/").filter((one) => one !== "" && one !== ".")) {
    at = join(at, part);
    const found = await lstat(at).catch(() => undefined);
    if (found?.isSymbolicLink()) throw new Error(`${member}: ${inside} leads through the symbolic link ${part} -> ${await readlink(at)}`);
    if (found === undefined) await mkdir(at);
  }
  return at;
}

async function place(root: string, file: PodFile): Promise<void> {
  const path = join(root, file.path);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.content);
  await chmod(path, file.mode);
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
