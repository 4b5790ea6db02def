import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

export interface SourceFiles {
  readonly directory: string;
  /** Relative, forward slashes, sorted. */
  readonly paths: readonly string[];
  /** Hex SHA-256 over paths, modes and contents: the same sources give the same digest. */
  readonly digest: string;
}

/** Never part of a change, whatever .gitignore says. */
const neverCopied = new Set([".git", "node_modules", ".dojang"]);
const fileLimit = 200_000;

/** What a change consists of: what git tracks or would track; every file of a folder that is not under git. */
export async function readSourceFiles(directory: string, signal: AbortSignal): Promise<SourceFiles> {
  const listed = (await gitFiles(directory, signal)) ?? (await walk(directory));
  const paths = listed.filter((path) => !path.split("/").some((part) => neverCopied.has(part))).sort();
  const hash = createHash("sha256");
  const present: string[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    if (await addFile(hash, directory, path)) present.push(path);
  }
  return { directory, paths: present, digest: hash.digest("hex") };
}

async function gitFiles(directory: string, signal: AbortSignal): Promise<string[] | undefined> {
  try {
    // A root that looks at somebody else's repository is told that the owner differs; only names are read here, no hooks run.
    const arguments_ = ["-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    const { stdout } = await execFileAsync("git", arguments_, { cwd: directory, signal, maxBuffer: 256 * 1024 * 1024 });
    return stdout.split("\0").filter((path) => path !== "");
  } catch {
    signal.throwIfAborted();
    // Exit 128: not a repository. ENOENT: no git on this machine. Both mean: take the files as they are.
    return undefined;
  }
}

async function walk(root: string): Promise<string[]> {
  const found: string[] = [];
  const pending = [""];
  for (let folder = pending.pop(); folder !== undefined && found.length < fileLimit; folder = pending.pop()) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (neverCopied.has(entry.name)) continue;
      if (entry.isDirectory()) pending.push(path);
      else found.push(path);
    }
  }
  return found;
}

/** False for what cannot be copied: deleted but still in git's index, submodules, sockets and pipes. */
async function addFile(hash: ReturnType<typeof createHash>, directory: string, path: string): Promise<boolean> {
  const full = join(directory, path);
  const facts = await lstat(full).catch(() => undefined);
  if (facts?.isSymbolicLink()) {
    hash.update(`link ${path}\0${await readlink(full)}\0`);
    return true;
  }
  if (!facts?.isFile()) return false;
  hash.update(`file ${path}\0${facts.mode & 0o111 ? "x" : "-"}${facts.size}\0`);
  await pipeline(createReadStream(full), async (chunks) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
  return true;
}
