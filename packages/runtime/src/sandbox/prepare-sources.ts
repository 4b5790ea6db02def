import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type EnvironmentSpec, Problem } from "@dojang/model";
import type { BuiltImage } from "../contract.ts";
import type { ProgramPlan } from "../programs/program-plan.ts";
import { imageNotBuilt } from "../runtime-problems.ts";
import { runTool } from "./agent/run-tool.ts";
import { asGuest, guestOwnership } from "./guest-user.ts";
import { kindOf } from "./host-view.ts";
import { importTree } from "./import-tree.ts";
import { makeGuestFolder } from "./job-pod.ts";
import { isInside } from "./path-inside.ts";
import { bindKey } from "./plan-volumes.ts";
import type { PodPaths } from "./pod-folder.ts";
import type { PodSources } from "./pod-sources.ts";

export interface SourceRequest {
  readonly spec: EnvironmentSpec;
  readonly paths: PodPaths;
  readonly programs: ReadonlyMap<string, ProgramPlan>;
  readonly images: Readonly<Record<string, BuiltImage>>;
  /** Host folders of templates by their key. */
  readonly templates: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

export interface PreparedSources {
  readonly sources: PodSources;
  /** What the agent has to be shown of the host. */
  readonly lower: readonly { readonly from: string; readonly path: string }[];
}

/** Brings everything of the host that members will see to where the guests' user can read it. */
export async function prepareSources(request: SourceRequest): Promise<PreparedSources> {
  const lower: { from: string; path: string }[] = [];
  const show = (from: string, path: string) => {
    if (!lower.some((one) => one.path === path)) lower.push({ from, path });
    return path;
  };
  const built = new Map<string, string>();
  for (const { name, program } of request.spec.services) {
    if (program.kind !== "build") continue;
    const image = request.images[name];
    if (image === undefined) throw imageNotBuilt(name);
    built.set(name, show(image.reference, `/built/${basename(dirname(image.reference))}`));
  }
  const templates = new Map([...request.templates].map(([key, folder]) => [key, show(folder, `/templates/${key}`)]));
  const readOnly = await Promise.all(readOnlyPaths(request.programs).map(async (path) => ({ path, kind: await kindOf(path) })));
  for (const { path } of readOnly) show(path, join("/lower", path));
  const workspace = await prepareWorkspace(request, show);
  const binds = await prepareBinds(request);
  return { sources: { built, templates, workspace, binds, readOnly }, lower };
}

/** Without those inside another. */
function readOnlyPaths(programs: ReadonlyMap<string, ProgramPlan>): string[] {
  const all = [...new Set([...programs.values()].flatMap((program) => program.readOnlyPaths))];
  return all.filter((path) => !all.some((other) => other !== path && isInside(path, other)));
}

/** A tree of the guests' own is seen through an overlay; one of somebody else could not be written over, so it is copied. */
async function prepareWorkspace(request: SourceRequest, show: (from: string, path: string) => string): Promise<PodSources["workspace"]> {
  const tree = request.spec.workspace?.tree;
  if (tree === undefined) return undefined;
  const found = await stat(tree).catch((cause: unknown) => {
    throw new Problem({
      code: "workspace-missing",
      exit: "configuration",
      message: `the workspace ${tree} of ${request.spec.id} is not there`,
      fix: "lay the workspace out before the environment is started",
      cause,
    });
  });
  const owner = guestOwnership()?.uid ?? process.getuid?.();
  if (found.uid === owner && (await guestCanRead(tree))) return { from: show(tree, "/built/workspace"), copied: false };
  const target = join(request.paths.guest, "disk", "workspace");
  await makeGuestFolder(target);
  await importTree({ source: tree, target, signal: request.signal });
  return { from: "/pod/disk/workspace", copied: true };
}

async function guestCanRead(path: string): Promise<boolean> {
  return (await runTool(asGuest(["test", "-r", path, "-a", "-x", path]))).exitCode === 0;
}

async function prepareBinds(request: SourceRequest): Promise<PodSources["binds"]> {
  const binds = new Map<string, { from: string; kind: "folder" | "file" }>();
  for (const service of request.spec.services) {
    for (const mount of service.mounts) {
      if (mount.kind !== "bind" || (await isNothing(mount.source))) continue;
      await refuseDetour(mount.source, service.name, request.spec.trusted);
      const kind = await kindOf(mount.source);
      const place = `binds/${binds.size}`;
      const target = join(request.paths.guest, "disk", place);
      await makeGuestFolder(target);
      const paths = kind === "file" ? [basename(mount.source)] : undefined;
      await importTree({ source: kind === "file" ? dirname(mount.source) : mount.source, paths, target, signal: request.signal });
      const from = join("/pod/disk", place, kind === "file" ? basename(mount.source) : "");
      binds.set(bindKey(service.name, mount.target), { from: from.replace(/\/$/, ""), kind });
    }
  }
  return binds;
}

async function isNothing(source: string): Promise<boolean> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined || !(found.isDirectory() || found.isFile())) return true;
  return found.isDirectory() && (await readdir(source)).length === 0;
}

/** Dojang may read what the author of an untrusted change may not: no link may lead it there. */
async function refuseDetour(source: string, service: string, trusted: boolean): Promise<void> {
  if (trusted) return;
  const real = await realpath(source);
  if (real === source) return;
  throw new Problem({
    code: "bind-leads-away",
    exit: "refused",
    message: `service ${service} mounts ${source}, which is a symbolic link to ${real}`,
    fix: "mount the folder itself, without links on the way",
  });
}
