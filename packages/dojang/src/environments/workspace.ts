import { createHash } from "node:crypto";
import { copyFile, mkdir, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { EgressPolicy } from "@dojang/model";
import { Problem, type RunEvent } from "@dojang/model";
import { type BuiltImage, makeDraft, type Runtime } from "@dojang/runtime";
import { layOutTree } from "./lay-out-tree.ts";
import { readSourceFiles, type SourceFiles } from "./source-files.ts";

/** The finished tree in which the steps of a run work: the sources as they are, and what `install` made of their lock files. */
export interface Workspace {
  readonly tree: string;
  /** Where steps see it. */
  readonly mountAt: string;
  readonly sourceDigest: string;
  /** Paths of the sources, relative to the project's folder. */
  readonly sources: readonly string[];
}

export interface WorkspaceRequest {
  readonly runtime: Runtime;
  readonly home: string;
  readonly project: string;
  readonly directory: string;
  readonly install: readonly string[];
  readonly language: "node" | "python" | "other";
  readonly egress: EgressPolicy;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

export const workspaceMount = "/work";

/** Files that decide what an install brings; everything else may change without installing again. */
const manifestNames =
  /(^|\/)(package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|yarn\.lock|\.npmrc|\.yarnrc\.yml|requirements[\w.-]*\.txt|constraints[\w.-]*\.txt|pyproject\.toml|setup\.py|setup\.cfg|poetry\.lock|uv\.lock|Pipfile|Pipfile\.lock)$/;

/** Lays the workspace out once for the same sources and dependencies; the second call finds the tree. */
export async function prepareWorkspace(request: WorkspaceRequest): Promise<Workspace> {
  const sources = await readSourceFiles(request.directory, request.signal);
  const dependencies = request.install.length > 0 ? await installDependencies(request, sources) : undefined;
  const digest = createHash("sha256")
    .update(`${sources.digest} ${dependencies?.digest ?? "none"}`)
    .digest("hex");
  const tree = join(request.home, "workspaces", digest.slice(0, 32));
  if (await exists(tree)) await utimes(tree, new Date(), new Date());
  else await layOutTree({ target: tree, base: dependencies?.reference, sources, signal: request.signal });
  return { tree, mountAt: workspaceMount, sourceDigest: sources.digest, sources: sources.paths };
}

async function installDependencies(request: WorkspaceRequest, sources: SourceFiles): Promise<BuiltImage> {
  const manifests = sources.paths.filter((path) => manifestNames.test(path));
  try {
    return await buildFrom(request, manifests);
  } catch (error) {
    // A postinstall that needs the sources (a code generator, a workspace's own build) fails with manifests alone.
    if (!(error instanceof Problem) || error.code !== "build-failed" || manifests.length === sources.paths.length) throw error;
    request.emit({
      kind: "note",
      text: `installing with the lock files alone failed; trying with all sources: ${firstLine(error.message)}`,
    });
    return buildFrom(request, sources.paths);
  }
}

async function buildFrom(request: WorkspaceRequest, paths: readonly string[]): Promise<BuiltImage> {
  const parent = join(request.home, "contexts");
  await mkdir(parent, { recursive: true });
  const context = await makeDraft(parent);
  try {
    for (const path of paths) {
      await mkdir(dirname(join(context, path)), { recursive: true });
      await copyFile(join(request.directory, path), join(context, path));
    }
    return await request.runtime.build(
      {
        project: request.project,
        service: "workspace",
        program: {
          kind: "build",
          context,
          args: {},
          recipe: {
            language: request.language,
            build: request.install,
            command: [],
            directory: workspaceMount,
            environment: {},
            origin: "workspace.install of dojang.yml",
          },
        },
        egress: request.egress,
        environment: {},
        timeoutMs: request.timeoutMs,
      },
      { signal: request.signal, onProgress: (event) => forward(event, request.emit) },
    );
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

function forward(event: Parameters<NonNullable<Parameters<Runtime["build"]>[1]["onProgress"]>>[0], emit: (event: RunEvent) => void): void {
  if (event.kind === "output") emit({ kind: "output", job: "workspace", source: "install", stream: event.stream, text: event.text });
  if (event.kind === "note") emit({ kind: "note", text: event.text });
  if (event.kind === "egress" && !event.allowed)
    emit({ kind: "note", text: `install asked for ${event.host}:${event.port}, which is not allowed` });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
