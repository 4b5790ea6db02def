import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";

/** What configuration may ask about the project's folder. Nothing outside of it is read. */
export interface ProjectFiles {
  /** Absolute, with symbolic links resolved. */
  readonly directory: string;
  /** The text of a file inside the project; undefined when it is not there, is no file, or is larger than a configuration is. */
  read(absolutePath: string): string | undefined;
  kind(absolutePath: string): "file" | "folder" | undefined;
  executable(absolutePath: string): boolean;
  /** Whether a path lies inside the project, also after its symbolic links are followed. */
  contains(absolutePath: string): boolean;
  /** How a path is shown: relative to the project. */
  show(absolutePath: string): string;
}

const largestFileBytes = 8 * 1024 * 1024;

export function projectFiles(directory: string): ProjectFiles {
  const root = realpathSync(directory);
  const within = (path: string) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
  const contains = (path: string) => within(path) && within(existingRealPath(path, root));
  const stats = (path: string) => (contains(path) ? statSync(path, { throwIfNoEntry: false }) : undefined);
  return {
    directory: root,
    contains,
    show: (path) => (within(path) ? relative(root, path) || "." : path),
    kind: (path) => {
      const found = stats(path);
      return found?.isFile() ? "file" : found?.isDirectory() ? "folder" : undefined;
    },
    executable: (path) => ((stats(path)?.mode ?? 0) & 0o111) !== 0,
    read: (path) => (stats(path)?.isFile() ? readLimited(path) : undefined),
  };
}

/** The real path of the deepest part of a path that exists, so that a link on the way is seen even when the end is missing. */
function existingRealPath(path: string, root: string): string {
  for (let part = path; part.length >= root.length; part = join(part, "..")) {
    try {
      return realpathSync(part);
    } catch (error) {
      if (!isMissing(error)) return sep;
    }
  }
  return isAbsolute(path) ? root : sep;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** Read through one descriptor: what was checked is what is read, and a FIFO put in its place never blocks. */
function readLimited(path: string): string | undefined {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    if (size > largestFileBytes) return undefined;
    const buffer = Buffer.alloc(size);
    const count = readSync(descriptor, buffer, 0, size, 0);
    return buffer.toString("utf8", 0, count);
  } finally {
    closeSync(descriptor);
  }
}
