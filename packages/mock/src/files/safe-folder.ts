import { randomUUID } from "node:crypto";
import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { Problem } from "@dojang/model";

export interface FoundFile {
  readonly name: string;
  readonly path: string;
}

/**
 * A folder that nothing is read from or written to from outside: names with `..`, absolute names, and symbolic links that lead
 * out of the folder are refused with a Problem `file-outside`. The folder itself may be a link, and need not exist.
 */
export class SafeFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Undefined when there is no such file. */
  async read(name: string): Promise<Buffer | undefined> {
    const path = await this.#existing(name);
    if (path === undefined) return undefined;
    const { size } = await stat(path);
    if (size > maxFileBytes) throw tooLarge(join(this.path, name), size);
    return await readFile(path).catch(nothingThere);
  }

  /** Whole or not at all: a reader never sees a part. Folders are made as needed. */
  async write(name: string, content: Buffer | string): Promise<void> {
    const path = this.#pathOf(name);
    await this.#refuseLinksOut(name);
    if ((await stat(path).catch(nothingThere))?.isDirectory()) throw isFolder(path);
    // The real path, so that a link inside the folder stays one and its target is written.
    const target = (await realpath(path).catch(nothingThere)) ?? path;
    const draft = join(dirname(target), `.${randomUUID()}.tmp`);
    try {
      await mkdir(dirname(target), { recursive: true });
      const file = await open(draft, "wx");
      try {
        await file.writeFile(content);
      } finally {
        await file.close();
      }
      await rename(draft, target);
    } catch (cause) {
      await rm(draft, { force: true }).catch(nothingThere);
      throw new Problem({
        code: "file-not-written",
        message: `${path} could not be written`,
        fix: "make the folder writable, or leave out --dir to keep everything in memory",
        exit: "infrastructure",
        cause,
      });
    }
  }

  /** False when there was no such file. */
  async remove(name: string): Promise<boolean> {
    const path = this.#pathOf(name);
    await this.#refuseLinksOut(name);
    const there = await lstat(path).catch(nothingThere);
    if (there === undefined || there.isDirectory()) return false;
    await rm(path, { force: true });
    return true;
  }

  /** The names of every file at any depth, sorted, with `/` between folders. */
  async list(): Promise<readonly string[]> {
    return (await this.find()).map(({ name }) => name);
  }

  /** As `list`, with the real paths. Links to files and folders inside are followed; others are told of. */
  async find(onLinkOut?: (name: string) => void): Promise<readonly FoundFile[]> {
    const root = await realpath(this.path).catch(nothingThere);
    if (root === undefined) return [];
    const files: FoundFile[] = [];
    const seen = new Set([root]);
    const folders: { readonly path: string; readonly prefix: string; readonly depth: number }[] = [{ path: root, prefix: "", depth: 0 }];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of await readdir(folder.path, { withFileTypes: true })) {
        const name = folder.prefix + entry.name;
        const path = join(folder.path, entry.name);
        if (entry.isFile()) files.push({ name, path });
        else if (entry.isDirectory()) enter(path, name, folder.depth);
        else if (entry.isSymbolicLink()) {
          const target = await realpath(path).catch(nothingThere);
          if (target === undefined) continue;
          if (!isInside(root, target)) onLinkOut?.(name);
          else if ((await stat(target)).isDirectory()) enter(target, name, folder.depth);
          else files.push({ name, path: target });
        }
        if (files.length > maxFiles) throw tooMany(this.path);
      }
    }
    return files.sort((left, right) => (left.name < right.name ? -1 : 1));

    function enter(path: string, name: string, depth: number): void {
      if (seen.has(path) || depth >= maxDepth) return;
      seen.add(path);
      folders.push({ path, prefix: `${name}/`, depth: depth + 1 });
    }
  }

  async #existing(name: string): Promise<string | undefined> {
    const path = await realpath(this.#pathOf(name)).catch(nothingThere);
    if (path === undefined) return undefined;
    if (!isInside(await realpath(this.path), path)) throw outside(name, this.path);
    return (await stat(path)).isFile() ? path : undefined;
  }

  #pathOf(name: string): string {
    refuseNameOutside(name, this.path);
    return join(this.path, name);
  }

  /** Of the folders on the way that exist, the deepest must be inside. */
  async #refuseLinksOut(name: string): Promise<void> {
    const root = await realpath(this.path).catch(nothingThere);
    if (root === undefined) return;
    for (let path = join(this.path, name); path !== this.path && path !== dirname(path); path = dirname(path)) {
      const real = await realpath(path).catch(nothingThere);
      if (real === undefined && (await lstat(path).catch(nothingThere)) === undefined) continue;
      // A link to nothing has no real path: writing through it would make a file wherever it points.
      if (real === undefined || !isInside(root, real)) throw outside(name, this.path);
      return;
    }
  }
}

/** By its words alone; where links lead is seen when it is opened. */
export function refuseNameOutside(name: string, folder: string): void {
  const parts = name.split(/[/\\]/);
  const namesNothing = parts.every((part) => part === "" || part === ".");
  if (namesNothing || parts[0] === "" || parts.includes("..") || isAbsolute(name) || name.includes("\0")) throw outside(name, folder);
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function nothingThere(error: NodeJS.ErrnoException): undefined {
  if (["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EISDIR"].includes(error.code ?? "")) return undefined;
  throw error;
}

function outside(name: string, folder: string): Problem {
  return new Problem({
    code: "file-outside",
    message: `"${name}" does not name a file inside ${folder}`,
    fix: "name a file below that folder: without a leading /, without .., not through a link that leaves it",
    exit: "refused",
  });
}

function isFolder(path: string): Problem {
  return new Problem({
    code: "file-is-folder",
    message: `${path} is a folder`,
    fix: "choose another name for the file",
    exit: "configuration",
  });
}

function tooLarge(path: string, sizeBytes: number): Problem {
  return new Problem({
    code: "file-too-large",
    message: `${path} has ${sizeBytes} bytes; at most ${maxFileBytes} are read`,
    fix: "serve a smaller file",
    exit: "configuration",
  });
}

function tooMany(folder: string): Problem {
  return new Problem({
    code: "too-many-files",
    message: `${folder} holds more than ${maxFiles} files`,
    fix: "point at the folder that holds the stubs and nothing else",
    exit: "configuration",
  });
}

const maxFileBytes = 256 * 1024 * 1024;
const maxFiles = 100_000;
const maxDepth = 64;
