import { normaliseFile } from "@dojang/model";

export interface PathRoots {
  /** Where the steps saw the workspace: `/work`. */
  readonly workspaceDirectory: string;
  /** Of the report, relative to the workspace. */
  readonly reportPath: string;
  readonly repositoryFiles?: ReadonlySet<string>;
}

/**
 * The repository path that a report means by `path`, which may be absolute, a file URL, or relative to one of `sources`
 * (Cobertura's source roots, or the working directory of a package of a monorepo). When the repository's files are known the
 * first candidate among them wins, and then a single file that ends with the path; without them, the first candidate.
 */
export function repositoryPath(path: string, roots: PathRoots, sources: readonly string[] = []): string {
  const candidates = candidatesOf(path, roots, sources);
  const [first = path] = candidates;
  const files = roots.repositoryFiles;
  if (files === undefined) return first;
  return candidates.find((candidate) => files.has(candidate)) ?? onlyFileEndingWith(first, files) ?? first;
}

function candidatesOf(path: string, roots: PathRoots, sources: readonly string[]): string[] {
  const inside = normaliseFile(path, roots.workspaceDirectory);
  if (inside.startsWith("/")) return [inside];
  const bases = [...sources.map((source) => normaliseFile(source, roots.workspaceDirectory)), "", ...foldersAbove(roots.reportPath)];
  const workspace = roots.workspaceDirectory.replace(/\/+$/, "");
  return bases.map((base) => (base === "" || base === "." || base === workspace ? simplify(inside) : simplify(`${base}/${inside}`)));
}

/** `packages/api/coverage/lcov.info` gives `packages/api/coverage`, `packages/api`, `packages`. */
function foldersAbove(reportPath: string): string[] {
  const parts = normaliseFile(reportPath).split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}

/** An absolute path of another checkout still ends as the repository's file does; two such files would be a guess. */
function onlyFileEndingWith(path: string, files: ReadonlySet<string>): string | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  for (let start = 0; start < parts.length; start += 1) {
    const tail = parts.slice(start).join("/");
    if (files.has(tail)) return tail;
  }
  const endings = [...files].filter((file) => file.endsWith(`/${parts.join("/")}`));
  return endings.length === 1 ? endings[0] : undefined;
}

function simplify(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "." || (part === "" && parts.length > 0)) continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}
