import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, relative } from "node:path";
import type { EnvironmentSpec, MountSpec, ServiceSpec } from "@dojang/model";
import type { ResolvedRelease } from "./resolved-release.ts";

/**
 * Tells whether two releases want the same of an environment. Paths into a release's sources differ with every release, so what lies
 * there counts in place of where it lies; how long a start may take, and which copy of Dojang's preload is used, do not count.
 */
export async function specHash(spec: EnvironmentSpec, { project, images }: Pick<ResolvedRelease, "project" | "images">): Promise<string> {
  const { startTimeoutMs: _, services, ...rest } = spec;
  const seen = await Promise.all(services.map((service) => asSeen(service, { directory: project.directory, images })));
  const text = JSON.stringify({ ...rest, services: seen }).replaceAll(/\/preload\/[0-9a-f]{16}\//g, "/preload/");
  return createHash("sha256").update(text).digest("hex");
}

async function asSeen(
  service: ServiceSpec,
  from: { readonly directory: string; readonly images: ResolvedRelease["images"] },
): Promise<unknown> {
  const { program } = service;
  const { command, directory, environment } = program.kind === "build" ? program.recipe : {};
  const mounts = await Promise.all(service.mounts.map((mount) => mountAsSeen(mount, from.directory)));
  return {
    ...service,
    mounts,
    program: program.kind === "image" ? program : { digest: from.images[service.name]?.digest, command, directory, environment },
  };
}

async function mountAsSeen(mount: MountSpec, directory: string): Promise<unknown> {
  if (mount.kind !== "bind") return mount;
  const inside = relative(directory, mount.source);
  if (inside.startsWith("..")) return mount;
  return { ...mount, source: inside, content: await treeDigest(mount.source) };
}

async function treeDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  const visit = async (at: string, name: string): Promise<void> => {
    const found = await lstat(at).catch(() => undefined);
    hash.update(`${name}\0${found?.mode ?? "absent"}\0`);
    if (found?.isDirectory()) for (const entry of (await readdir(at)).sort()) await visit(join(at, entry), `${name}/${entry}`);
    if (found?.isSymbolicLink()) hash.update(await readlink(at));
    if (found?.isFile()) hash.update(await readFile(at));
  };
  await visit(path, "");
  return hash.digest("hex");
}
