import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { dirname, join, relative } from "node:path";
import { Problem, type ServiceSpec } from "@dojang/model";
import type { BuiltImage } from "@dojang/runtime";
import { sql } from "kysely";
import type { LoadedProject } from "../config/load-project.ts";
import { readSourceFiles } from "../environments/source-files.ts";
import { prepareWorkspace } from "../environments/workspace.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { markReleased, recordIntent } from "../store/ledger.ts";
import { withLockFile } from "../store/lock-file.ts";
import { thisProcess } from "../store/process-identity.ts";
import { storableJson } from "../store/storable.ts";
import type { Store } from "../store/store.ts";
import { shareTree, shelve, shelvedTree } from "./artifact-shelf.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { installedPackages } from "./installed-packages.ts";
import { migrationSets } from "./migration-sets.ts";
import { provenanceOf } from "./provenance.ts";
import { foldersIn, getRelease, type Release, releaseFolders, releasesHome, toRelease } from "./release.ts";
import type { ReleaseManifest } from "./release-manifest.ts";
import { dojangFileOf, namedServices, readUnresolved, type SourceReading } from "./release-project.ts";
import { type CommitFacts, changedFiles, checkOut, copyWorkingTree, readCommit, treeIsChanged } from "./release-source.ts";

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

const buildTimeoutMs = 15 * 60_000;

/**
 * Builds a release once: sources of a commit, services built of them, what they are made of and where from. The same sources of the
 * same commit give the release that is there. Throws Problems `working-tree-changed`, `commit-unknown`, `release-without-commit`,
 * `build-failed` and those of the configuration at that commit; then nothing of it is left.
 */
export async function createRelease(context: ReleaseContext, request: ReleaseRequest): Promise<Release> {
  const { home, signal, store } = context;
  const { project } = request;
  const commit = await readCommit(project.directory, request.commit, signal);
  const changes = await changesToInclude(request, commit, signal);
  await openReleases(home);
  return withLockFile(join(releasesHome(home), ".lock"), { signal }, async () => {
    const draft = await mkdtemp(join(releasesHome(home), ".making-"));
    const intent = { kind: "folder" as const, id: draft };
    await recordIntent(store, { ...intent, owner: thisProcess() });
    try {
      await chmod(draft, 0o711);
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
    } finally {
      await rm(draft, { recursive: true, force: true });
      await markReleased(store, intent);
    }
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

async function openReleases(home: string): Promise<void> {
  const folder = releasesHome(home);
  if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, 0o711);
  // A state folder may lie in somebody's repository, whose .gitignore then hides it: git is not to look further up from here.
  await writeFile(join(folder, ".git"), "", { flag: "a" });
}

/** With all its files; one that lost some is built anew, under a new number. */
async function findWhole(store: Store, wanted: { readonly project: string; readonly digest: string }): Promise<Release | undefined> {
  const rows = await store.db
    .selectFrom("release")
    .selectAll()
    .where("project", "=", wanted.project)
    .where("digest", "=", wanted.digest)
    .where("removed_at", "is", null)
    .orderBy("number", "desc")
    .execute();
  for (const row of rows) {
    const release = toRelease(store, row);
    const needed = [release.folders.manifest, release.folders.source, release.folders.workspace];
    const trees = release.manifest.artifacts.map(({ digest }) => shelvedTree(store.home, digest));
    if ((await Promise.all([...needed, ...trees].map(exists))).every(Boolean)) return release;
  }
  return undefined;
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
  await moveIn(context.store, { draft, id, manifest, author: work.commit?.author.name });
  context.say(
    `${id} is built of ${work.commit?.commit.slice(0, 10) ?? "files without a commit"}${work.changes.length > 0 ? " with changes" : ""}`,
  );
  return getRelease(context.store, id);
}

/** Those that live in some deployment environment; all, where none has a site. */
function livingServices(project: LoadedProject): readonly ServiceSpec[] {
  const environments = Object.values(project.file.environments).filter(({ site }) => site !== undefined);
  if (environments.length === 0) return project.services;
  return project.services.filter(({ name }) => environments.some(({ services }) => !services.leaveOut.includes(name)));
}

/** One after the other: two compilers at once are more than a small machine has memory for. */
async function buildAll(
  context: ReleaseContext,
  project: LoadedProject,
  services: readonly ServiceSpec[],
): Promise<Readonly<Record<string, BuiltImage>>> {
  const images: Record<string, BuiltImage> = {};
  for (const { name, program } of services) {
    if (program.kind !== "build") continue;
    const image = await context.runtime.build(
      {
        project: project.name,
        service: name,
        program,
        egress: { kind: "allow", hosts: project.file.services[name]?.egress ?? [] },
        environment: {},
        timeoutMs: buildTimeoutMs,
      },
      {
        signal: context.signal,
        onProgress(event) {
          const job = `build ${name}`;
          if (event.kind === "output") context.emit?.({ kind: "output", job, source: "build", stream: event.stream, text: event.text });
          if (event.kind === "note") context.emit?.({ kind: "note", job, text: event.text });
        },
      },
    );
    images[name] = await shelve(context.home, image, context.signal);
  }
  return images;
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

function staticFolders(project: LoadedProject): readonly string[] {
  return [...new Set(Object.values(project.file.environments).flatMap(({ site }) => (site?.static ?? []).map(({ from }) => from)))];
}

/** `static/<folder>` leads to where the files are: in what a build made of the sources, else in the sources themselves. */
async function linkStatic(from: {
  readonly project: LoadedProject;
  readonly services: readonly ServiceSpec[];
  readonly images: Readonly<Record<string, BuiltImage>>;
  readonly draft: string;
}): Promise<void> {
  const { project, services, images, draft } = from;
  await mkdir(join(draft, "static"), { mode: 0o755 });
  for (const folder of staticFolders(project)) {
    const path = join(project.directory, folder);
    const built = services.flatMap(({ name, program }) => {
      const inside = program.kind === "build" ? relative(program.context, path) : "..";
      const image = images[name];
      return inside.startsWith("..") || image === undefined ? [] : [join(image.reference, inside)];
    });
    const found = await firstThere([...built, path]);
    if (found === undefined) {
      throw new Problem({
        code: "static-missing",
        message: `there is no folder ${folder} in the sources, nor in what the builds of ${Object.keys(images).join(", ") || "no service"} made of them`,
        fix: "correct `from` of the site's static folders, or build it in a service's `build`",
        exit: "configuration",
        place: { file: "dojang.yml", path: "environments" },
      });
    }
    const link = join(draft, "static", folder);
    await mkdir(dirname(link), { recursive: true, mode: 0o755 });
    // The draft takes its final name later: what lies in it is named from the link.
    const target = found.startsWith(`${draft}/`) ? relative(dirname(link), found) : found;
    await symlink(target, link);
  }
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(path)) return path;
  return undefined;
}

function imagesOf(services: readonly ServiceSpec[]): Readonly<Record<string, string>> {
  return Object.fromEntries(services.flatMap(({ name, program }) => (program.kind === "image" ? [[name, program.image]] : [])));
}

async function configurationDigest(project: LoadedProject): Promise<string> {
  const hash = createHash("sha256").update(await readFile(project.dojangFile));
  if (project.composeFile !== undefined) hash.update("\0").update(await readFile(project.composeFile));
  return hash.digest("hex");
}

/** The row comes first, and counts as removed until its files are in their place. */
async function reserveNumber(
  store: Store,
  release: { readonly project: string; readonly digest: string; readonly commit: CommitFacts | undefined },
): Promise<{ readonly id: string; readonly number: number }> {
  const { project, digest, commit } = release;
  const last = await store.db
    .selectFrom("release")
    .select(({ fn }) => fn.max("number").as("number"))
    .where("project", "=", project)
    .executeTakeFirst();
  const number = (last?.number ?? 0) + 1;
  const id = `${project}-r${number}`;
  const row = {
    id,
    project,
    number,
    commit: commit?.commit ?? null,
    author: commit?.author.name ?? null,
    digest,
    manifest: storableJson({}),
  };
  await store.db
    .insertInto("release")
    .values({ ...row, removed_at: Date.now() })
    .execute();
  return { id, number };
}

async function moveIn(
  store: Store,
  made: { readonly draft: string; readonly id: string; readonly manifest: ReleaseManifest; readonly author: string | undefined },
): Promise<void> {
  const { folder } = releaseFolders(store.home, made.id);
  const intent = { kind: "folder" as const, id: folder };
  await recordIntent(store, { ...intent, owner: thisProcess() });
  await rename(made.draft, folder);
  await store.db
    .updateTable("release")
    .set({ manifest: storableJson(made.manifest), removed_at: null, created_at: sql`now_ms()` })
    .where("id", "=", made.id)
    .execute();
  await markReleased(store, intent);
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
