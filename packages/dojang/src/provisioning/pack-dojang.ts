import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { Problem } from "@dojang/model";
import { npmFor } from "@dojang/runtime";

/** This Dojang, for another machine: its sources, the libraries they need, and npm, which releases' own commands are run with. */
export interface DojangPackage {
  readonly version: string;
  /** SHA-256 over the sources, the lock file and npm's version. */
  readonly digest: string;
  /**
   * Writes a gzipped tar archive and gives its path: `app/` as the checkout has it, without tests and what only development needs, and
   * `npm/`. The caller removes it with `discard`.
   */
  pack(): Promise<string>;
  discard(): Promise<void>;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean; readonly link?: boolean }>>;
}

const sourceFolders = ["packages", "exercises"];

/** Of the checkout at `root`. Throws Problem `npm-missing`. */
export async function dojangPackage(root: string): Promise<DojangPackage> {
  const lockText = await readFile(join(root, "package-lock.json"), "utf8");
  const lock: LockFile = JSON.parse(lockText);
  const npm = await npmFolder();
  const { version }: { version: string } = JSON.parse(await readFile(join(root, "packages/dojang/package.json"), "utf8"));
  const sources = [
    "package.json",
    "package-lock.json",
    ...(await Promise.all(sourceFolders.map((folder) => filesIn(root, folder)))).flat(),
  ];
  const hash = createHash("sha256").update(await readFile(join(npm, "package.json")));
  for (const path of sources) hash.update(`\0${path}\0`).update(await readFile(join(root, path)));
  const libraries: string[] = [];
  for (const [path, { dev, devOptional, link }] of Object.entries(lock.packages)) {
    if (!path.includes("node_modules/") || dev || devOptional || link) continue;
    // Of other systems and architectures nothing is installed.
    if (await exists(join(root, path))) libraries.push(path);
  }
  let folder: string | undefined;
  return {
    version,
    digest: hash.digest("hex"),
    async pack() {
      folder ??= await mkdtemp(join(tmpdir(), "dojang-package-"));
      // Two links lead tar to what lies in two places; below them everything is as it is.
      await symlink(root, join(folder, "app"));
      await symlink(npm, join(folder, "npm"));
      const names = [...sources, ...libraries, ...(await ownLinks(root))].map((path) => `app/${path}`);
      await writeFile(join(folder, "names"), `${[...names, "npm"].map((name) => `${name}${name === "npm" ? "/" : ""}`).join("\0")}\0`);
      const archive = join(folder, "dojang.tar.gz");
      await promisify(execFile)("tar", ["-czf", archive, "-C", folder, "--null", "--verbatim-files-from", "-T", join(folder, "names")]);
      return archive;
    },
    async discard() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}

/** Tracked or not: everything but tests, and what other commands make. */
async function filesIn(root: string, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
    const path = join(relative(root, entry.parentPath), entry.name);
    const left = /(^|\/)(node_modules|dist|out|coverage|tests)\/|\.(test|fixture)\.ts$/.test(path) && !/^exercises\//.test(path);
    if (entry.isFile() && !left) found.push(path);
  }
  return found.sort();
}

/** `node_modules/@dojang/model` and its like lead to packages of the checkout. */
async function ownLinks(root: string): Promise<readonly string[]> {
  const folder = "node_modules/@dojang";
  const names = await readdir(join(root, folder));
  const leads = await Promise.all(names.map(async (name) => relative(root, await realpath(join(root, folder, name)))));
  return names.filter((_, index) => leads[index]?.startsWith("packages/") === true).map((name) => join(folder, name));
}

async function npmFolder(): Promise<string> {
  const program = await npmFor(process.execPath);
  // .../npm/bin/npm-cli.js
  if (program !== undefined) return dirname(dirname(program));
  throw new Problem({
    code: "npm-missing",
    exit: "infrastructure",
    message: "npm is not found on this machine, and the server gets its own from here",
    fix: "install npm, or have it on PATH",
  });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
