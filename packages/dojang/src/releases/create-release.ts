import { createHash } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import type { LoadedProject } from "../config/load-project.ts";
import { readSourceFiles } from "../environments/source-files.ts";
import { prepareWorkspace } from "../environments/workspace.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { isDiskFull, tellDisks, treeBytes } from "../store/disk-room.ts";
import { shareTree } from "./artifact-shelf.ts";
import { buildAll, buildTimeoutMs, imagesOf, livingServices } from "./build-services.ts";
import { installedPackages } from "./installed-packages.ts";
import { migrationSets } from "./migration-sets.ts";
import { provenanceOf } from "./provenance.ts";
import { foldersIn, getRelease, listReleases, type Release, releasesHome } from "./release.ts";
import { inReleaseDraft } from "./release-draft.ts";
import type { ReleaseManifest } from "./release-manifest.ts";
import { dojangFileOf, namedServices, readUnresolved, type SourceReading } from "./release-project.ts";
import { findWhole, moveIn, reserveNumber } from "./release-row.ts";
import { type CommitFacts, changedFiles, checkOut, copyWorkingTree, readCommit, treeIsChanged } from "./release-source.ts";
import { linkStatic, staticFolders } from "./static-folders.ts";

export type ReleaseContext = Pick<SiteContext, "store" | "home" | "runtime" | "signal" | "say" | "emit">;

export interface ReleaseRequest {
  readonly project: LoadedProject;
  /** A commit, branch or tag; HEAD when absent, whose working tree then has to be clean. */
  readonly commit?: string;
  /** Takes the working tree as it is; the release names the files. */
  readonly includeChanges?: boolean;
  /** Who asked for it; this machine's user when absent. */
  readonly requestedBy?: string;
}

/**
 * Builds a release once: sources of a commit, services built of them, what they are made of and where from. The same sources of the
 * same commit give the release that is there. Throws Problems `working-tree-changed`, `commit-unknown`, `release-without-commit`,
 * `build-failed`, `disk-full` and those of the configuration at that commit; then nothing of it is left.
 */
export async function createRelease(context: ReleaseContext, request: ReleaseRequest): Promise<Release> {
  try {
    return await makeRelease(context, request);
  } catch (error) {
    if (context.signal.aborted || !isDiskFull(error)) throw error;
    throw await withoutRoom(context, request, error);
  }
}

async function makeRelease(context: ReleaseContext, request: ReleaseRequest): Promise<Release> {
  const { signal, store } = context;
  const { project } = request;
  const commit = await readCommit(project.directory, request.commit, signal);
  const changes = await changesToInclude(request, commit, signal);
  return inReleaseDraft({ store, signal }, async (draft) => {
    const { source } = foldersIn(draft);
    await mkdir(source, { mode: 0o755 });
    if (commit === undefined || changes.length > 0) await copyWorkingTree(project.directory, { into: source, signal });
    else await checkOut(project.directory, commit, { into: source, signal });
    if (await exists(join(source, ".gitmodules"))) context.say("submodules are no part of a release: git archives a commit without them");
    const sources = await readSourceFiles(source, signal);
    const digest = createHash("sha256")
      .update(JSON.stringify([project.name, commit?.commit ?? null, changes, sources.digest, dojangFileOf(project)]))
      .digest("hex");
    const known = await findWhole(store, { project: project.name, digest });
    if (known !== undefined) {
      context.say(`${known.id} is of the same sources and is taken as it is`);
      return known;
    }
    return await fill({ context, request, commit, changes, draft, digest, sourceDigest: sources.digest, paths: sources.paths });
  });
}

interface Work {
  readonly context: ReleaseContext;
  readonly request: ReleaseRequest;
  readonly commit: CommitFacts | undefined;
  readonly changes: readonly string[];
  readonly draft: string;
  readonly digest: string;
  readonly sourceDigest: string;
  readonly paths: readonly string[];
}

async function changesToInclude(request: ReleaseRequest, commit: CommitFacts | undefined, signal: AbortSignal): Promise<readonly string[]> {
  const { project, includeChanges = false } = request;
  if (commit === undefined) {
    if (includeChanges) return ["(no commit)"];
    throw new Problem({
      code: "release-without-commit",
      message: `${project.directory} is in no repository with a commit, so nobody could tell what a release of it is`,
      fix: "commit it (git init, git add, git commit), or include the files as they are on purpose",
      exit: "refused",
    });
  }
  // Of a commit that was named, the working tree is no part.
  if (request.commit !== undefined && !includeChanges) return [];
  const changes = await changedFiles(project.directory, commit, signal);
  if (changes.length > 0 && !includeChanges) throw treeIsChanged(project.directory, changes);
  return changes;
}

async function fill(work: Work): Promise<Release> {
  const { context, request, draft, digest } = work;
  const startedAt = Date.now();
  const folders = foldersIn(draft);
  const reading: SourceReading = {
    source: folders.source,
    name: request.project.name,
    dojangFile: dojangFileOf(request.project),
    signal: context.signal,
  };
  const unresolved = await readUnresolved(reading);
  const { project } = unresolved;
  const services = livingServices(project);
  const images = await buildAll(context, project, services);
  await keepWorkspace(context, project, folders.workspace);
  await linkStatic({ project, services, images, draft });
  const { id, number } = await reserveNumber(context.store, { project: project.name, digest, commit: work.commit });
  // A large library, which nothing but a new release needs.
  const { billOfMaterials } = await import("./bill-of-materials.ts");
  const bill = billOfMaterials({
    project: project.name,
    version: work.commit?.commit.slice(0, 12) ?? work.sourceDigest.slice(0, 12),
    services: Object.fromEntries(
      await Promise.all(Object.entries(images).map(async ([name, image]) => [name, await installedPackages(image.reference)] as const)),
    ),
    images: imagesOf(services),
    digest,
  });
  const artifacts = services.flatMap(({ name, program }) => {
    const image = images[name];
    if (program.kind !== "build" || image === undefined) return [];
    return [{ service: name, digest: image.digest, sizeBytes: image.sizeBytes, origin: program.recipe.origin }];
  });
  const requestedBy = request.requestedBy ?? userInfo().username;
  const manifest: ReleaseManifest = {
    version: 1,
    id,
    project: project.name,
    number,
    commit: work.commit?.commit,
    branch: work.commit?.branch,
    author: work.commit?.author,
    subject: work.commit?.subject,
    committedAt: work.commit?.committedAt,
    changedFiles: work.changes,
    dojangFile: reading.dojangFile,
    sourceDigest: work.sourceDigest,
    artifacts,
    images: imagesOf(services),
    services: (await namedServices(reading, unresolved)).filter(({ name }) => services.some((service) => service.name === name)),
    configuration: await configurationDigest(project),
    variables: unresolved.variables,
    environments: Object.fromEntries(
      Object.entries(project.file.environments).map(([name, { variables, secrets }]) => [name, { variables, secrets }]),
    ),
    migrations: await migrationSets(folders.source, work.paths),
    static: staticFolders(project),
    sbom: { digest: createHash("sha256").update(bill.text).digest("hex"), components: bill.components },
    createdBy: requestedBy,
  };
  const provenance = provenanceOf({
    release: id,
    project: project.name,
    commit: work.commit,
    repository: work.commit?.repository,
    changedFiles: work.changes,
    sourceDigest: work.sourceDigest,
    artifacts,
    commands: Object.fromEntries(services.flatMap(({ name, program }) => (program.kind === "build" ? [[name, program.recipe.build]] : []))),
    dojangVersion: await dojangVersion(),
    nodeVersion: process.version,
    machine: hostname(),
    requestedBy,
    startedAt,
    finishedAt: Date.now(),
  });
  await writeFile(folders.sbom, bill.text);
  await writeFile(folders.provenance, `${JSON.stringify(provenance, null, 2)}\n`);
  await writeFile(folders.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
  await moveIn(context.store, { draft, id, manifest });
  context.say(
    `${id} is built of ${work.commit?.commit.slice(0, 10) ?? "files without a commit"}${work.changes.length > 0 ? " with changes" : ""}`,
  );
  return getRelease(context.store, id);
}

async function keepWorkspace(context: ReleaseContext, project: LoadedProject, folder: string): Promise<void> {
  const { home, runtime, signal } = context;
  const { tree } = await prepareWorkspace({
    runtime,
    home,
    project: project.name,
    directory: project.directory,
    install: project.workspace.install,
    language: project.workspace.language,
    egress: { kind: "allow", hosts: project.workspace.egress },
    timeoutMs: buildTimeoutMs,
    signal,
    emit: (event) => context.emit?.(event),
  });
  // Workspaces are cleared away when they get old; this one is there for as long as the release is.
  await shareTree(tree, { to: join(folder, "tree"), signal });
}

async function configurationDigest(project: LoadedProject): Promise<string> {
  const hash = createHash("sha256").update(await readFile(project.dojangFile));
  if (project.composeFile !== undefined) hash.update("\0").update(await readFile(project.composeFile));
  return hash.digest("hex");
}

async function dojangVersion(): Promise<string> {
  return JSON.parse(await readFile(join(import.meta.dirname, "..", "..", "package.json"), "utf8")).version;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** How much it takes is what the one before took. */
async function withoutRoom({ home, store }: ReleaseContext, { project: { name } }: ReleaseRequest, cause: unknown): Promise<Problem> {
  const [former] = await listReleases(store, { project: name });
  const taken = former && ((await treeBytes(former.folders.folder)) / (1024 * 1024)).toFixed(1);
  return new Problem({
    code: "disk-full",
    message: `no release of ${name} could be made, for a disk was full: ${await tellDisks([home, releasesHome(home)])}${former === undefined ? "" : `; ${former.id} has ${taken} MiB there`}; ${cause instanceof Error ? cause.message : String(cause)}`,
    fix: `free some: \`dojang releases prune --project ${name}\` removes former releases, \`df -h\` shows what else fills it; then deploy again`,
    exit: "infrastructure",
    cause,
  });
}
