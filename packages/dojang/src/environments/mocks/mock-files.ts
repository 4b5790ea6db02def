import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, realpath, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join, posix, sep } from "node:path";
import { Problem } from "@dojang/model";
import { makeDraft } from "@dojang/runtime";
import type { MockSource } from "../../config/mock-sources.ts";

/** The files of one mock, at their places in the project, in a folder that guests may read. */
export interface MockFileTree {
  readonly folder: string;
  /** Hex SHA-256 over paths and contents: the specification's version, whatever the commit is. */
  readonly digest: string;
}

/** Of one mock: a specification beyond it is a mistake in a path. */
const mostFiles = 10_000;
const mostBytes = 128 * 1024 * 1024;

/**
 * Lays the files of a mock out, once for the same content: its folder, its documents, and what documents name by `$ref`. Guests
 * get this copy and never a place in the checkout, and their own later writes end with them.
 */
export async function layOutMockFiles({
  home,
  directory,
  source,
}: {
  readonly home: string;
  /** The project's, with symbolic links resolved. */
  readonly directory: string;
  readonly source: MockSource;
}): Promise<MockFileTree> {
  const files = await readMockFiles(directory, source);
  const hash = createHash("sha256");
  for (const [path, content] of files) hash.update(`${path}\0${content.length}\0`).update(content);
  const digest = hash.digest("hex");
  const parent = join(home, "mocks");
  const folder = join(parent, digest.slice(0, 32));
  if (await touch(folder)) return { folder, digest };
  await mkdir(parent, { recursive: true });
  const staging = await makeDraft(parent);
  try {
    const root = join(staging, "files");
    await mkdir(root, { mode: 0o755 });
    for (const [path, content] of files) {
      await mkdir(join(root, dirname(path)), { recursive: true, mode: 0o755 });
      await writeFile(join(root, path), content, { mode: 0o644 });
    }
    await rename(root, folder).catch(async (error: unknown) => {
      // Another environment was quicker with the same files.
      if (!(await touch(folder))) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return { folder, digest };
}

/** By path relative to the project, in order. */
async function readMockFiles(directory: string, { name, stubs, openapi }: MockSource): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  let bytes = 0;
  async function take(path: string): Promise<void> {
    if (files.has(path)) return;
    const full = await inside(directory, path);
    if (full === undefined) return;
    const { size } = await stat(full);
    bytes += size;
    if (bytes > mostBytes || files.size >= mostFiles) throw tooMuch(name);
    const content = await readFile(full);
    files.set(path, content);
    if (isDocument(path)) for (const reference of referencesOf(content)) await take(posix.normalize(posix.join(dirname(path), reference)));
  }
  for (const path of openapi) await take(path.split(sep).join("/"));
  if (stubs !== undefined) for (const path of await filesBelow(directory, stubs, name)) await take(path);
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function filesBelow(directory: string, folder: string, mock: string): Promise<string[]> {
  const found: string[] = [];
  const pending = [folder];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of await readdir(join(directory, at), { withFileTypes: true })) {
      const path = `${at}/${entry.name}`;
      if (entry.isDirectory()) pending.push(path);
      else found.push(path);
      if (found.length > mostFiles) throw tooMuch(mock);
    }
  }
  return found;
}

/** Where a path really is; undefined when it is no file, or a link leads it out of the project. */
async function inside(directory: string, path: string): Promise<string | undefined> {
  if (path.startsWith("../") || path.startsWith("/")) return undefined;
  const full = join(directory, path);
  const facts = await lstat(full).catch(() => undefined);
  const real = facts && (await realpath(full).catch(() => undefined));
  if (real === undefined || !(real === full || real.startsWith(`${directory}${sep}`))) return undefined;
  return (await stat(real)).isFile() ? real : undefined;
}

function isDocument(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path) && !path.includes("/__files/") && !path.includes("/mappings/");
}

/** Files named by `$ref`, as written: what is at an address is not fetched. */
function referencesOf(content: Buffer): string[] {
  const found = content.toString("utf8").matchAll(/\$ref["']?\s*:\s*["']?([^"'#\s,}]+)/g);
  return [...found].map(([, path = ""]) => path).filter((path) => path !== "" && !/^[a-z][a-z0-9+.-]*:/i.test(path));
}

/** Whether it is there; if so, as used just now. */
async function touch(folder: string): Promise<boolean> {
  return utimes(folder, new Date(), new Date()).then(
    () => true,
    () => false,
  );
}

function tooMuch(mock: string): Problem {
  return new Problem({
    code: "mock-too-large",
    message: `the specification of the mock ${mock} has more than ${mostFiles} files or ${mostBytes / 1024 / 1024} MiB`,
    fix: `name the folder that holds mappings/ and __files/ alone under mocks.${mock}`,
    exit: "configuration",
  });
}
