import { join, posix } from "node:path";
import type { Stage, StageAction } from "./dockerfile-stages.ts";
import type { ProjectFiles } from "./project-files.ts";

/**
 * Where files of an image come from. A service that runs from source sees its build context as one folder, while its image
 * was put together by COPY lines, from the context and from other stages. The start command names files of the image; this
 * finds which files of the context they are, also when a build makes them there first.
 */
export interface Layout {
  /** Where the context is seen: the target of `COPY . TARGET`, else the working directory. */
  readonly directory: string;
  /** The folder of the context that holds the manifest and stands for the working directory: "" for the context itself. */
  readonly folder: string;
  /** The path inside the context for a path of the image; undefined when it is not made of the context. */
  readonly contextPath: (stage: Stage, imagePath: string) => string | undefined;
}

interface LayoutOptions {
  readonly stages: readonly Stage[];
  readonly stage: Stage;
  /** Absolute path of the build context. */
  readonly context: string;
  readonly files: ProjectFiles;
}

type Copy = Extract<StageAction, { kind: "copy" }>;

const deepestCopying = 12;

export function dockerfileLayout({ stages, stage, context, files }: LayoutOptions): Layout {
  const isFolder = (path: string) => files.kind(join(context, path)) === "folder";
  const contextPath = (from: Stage, imagePath: string, depth = 0): string | undefined => {
    if (depth > deepestCopying) return undefined;
    for (const copy of copiesOf(from).reverse()) {
      const other = copy.from === undefined ? undefined : stageOf(stages, copy.from);
      if (copy.from !== undefined && other === undefined) continue;
      for (const source of copy.sources) {
        const inSource = pathInSource({
          copy,
          source,
          imagePath,
          folder: other === undefined ? isFolder(source) : !/\.[a-z0-9]+$/i.test(source),
        });
        if (inSource === undefined) continue;
        const found = other === undefined ? inSource : contextPath(other, inSource, depth + 1);
        if (found !== undefined) return found === "." ? "" : found;
      }
    }
    // What a RUN made lies beside what was copied.
    const root = rootOf(from);
    return root === undefined || !isUnder(imagePath, root.target)
      ? undefined
      : clean(posix.join(root.source, posix.relative(root.target, imagePath)));
  };
  const root = rootOf(stage) ?? rootOfWorkdir(stage, isFolder) ?? rootOfCopiedStages(stage, stages);
  const workdir = stage.workdir === "/" ? (root?.target ?? "/app") : stage.workdir;
  const whole = root !== undefined && clean(root.source) === "";
  const below = whole && isUnder(workdir, root.target) ? clean(posix.relative(root.target, workdir)) : "";
  const folder = whole ? (below === "" || isFolder(below) ? below : "") : clean(root?.source ?? "");
  return { directory: whole ? root.target : workdir, folder, contextPath: (from, path) => contextPath(from, path) };
}

/** Which image folder the context, or the folder of it with the manifest, was copied to. */
function rootOf(stage: Stage): { source: string; target: string } | undefined {
  const copies = copiesOf(stage).filter(({ from }) => from === undefined);
  const whole = copies.find(({ sources }) => sources.includes("."));
  if (whole !== undefined) return { source: "", target: trimSlash(whole.target) };
  for (const copy of copies) {
    // `COPY requirements.txt /tmp/` only brings the list to the installer.
    if (/^\/tmp(\/|$)/.test(copy.target)) continue;
    const manifest = copy.sources.find((source) =>
      /(^|\/)(package\*?\.json|package.*\.json|requirements[\w.-]*\.txt|pyproject\.toml)$/.test(source),
    );
    if (manifest !== undefined)
      return {
        source: clean(posix.dirname(manifest)),
        target: copy.target.endsWith("/") ? trimSlash(copy.target) : posix.dirname(copy.target),
      };
  }
  return undefined;
}

/** `COPY src/ /src/` with `WORKDIR /src`: one folder of the context, and nothing above it, is what the image works in. */
function rootOfWorkdir(stage: Stage, isFolder: (path: string) => boolean): { source: string; target: string } | undefined {
  const copy = copiesOf(stage).find(({ from, target, sources }) => {
    const [source = ""] = sources;
    return from === undefined && sources.length === 1 && trimSlash(target) === stage.workdir && isFolder(source);
  });
  return copy?.sources[0] === undefined ? undefined : { source: clean(copy.sources[0]), target: stage.workdir };
}

/** A last stage that copies only what earlier stages built: `COPY --from=build /app/dist ./dist`. */
function rootOfCopiedStages(stage: Stage, stages: readonly Stage[]): { source: string; target: string } | undefined {
  for (const copy of copiesOf(stage)) {
    const other = copy.from === undefined ? undefined : stageOf(stages, copy.from);
    const root = other === undefined ? undefined : rootOf(other);
    if (root !== undefined) return { source: root.source, target: stage.workdir === "/" ? root.target : stage.workdir };
  }
  return undefined;
}

interface SourceQuestion {
  readonly copy: Copy;
  readonly source: string;
  readonly imagePath: string;
  readonly folder: boolean;
}

/** If this copy put something at `imagePath`: where it was in the source. */
function pathInSource({ copy, source, imagePath, folder }: SourceQuestion): string | undefined {
  const target = trimSlash(copy.target);
  if (folder) return isUnder(imagePath, target) ? posix.join(source, posix.relative(target, imagePath)) : undefined;
  const copied = copy.target.endsWith("/") ? posix.join(target, posix.basename(source)) : target;
  return copied === imagePath ? source : undefined;
}

export function stageOf(stages: readonly Stage[], reference: string): Stage | undefined {
  return (
    stages.find(({ name }) => name?.toLowerCase() === reference.toLowerCase()) ??
    (/^\d+$/.test(reference) ? stages[Number(reference)] : undefined)
  );
}

function copiesOf(stage: Stage): Copy[] {
  return stage.actions.filter((action) => action.kind === "copy");
}

function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

function trimSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

function clean(path: string): string {
  const normal = posix.normalize(path).replace(/\/+$/, "");
  return normal === "." ? "" : normal;
}
