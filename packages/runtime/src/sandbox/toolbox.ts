import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, copyFile, cp, mkdir, readdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeDraft } from "../draft-folder.ts";

/**
 * Copies of what guests and the agent have to read, for the originals may lie where only their owner can go. Each is
 * named by its content, made whole by a rename, and never changed; several processes may make one at once.
 */
export interface Toolbox {
  /** Node with npm and npx: `bin/`, `lib/node_modules/npm`. */
  readonly node: string;
  /** `sandbox/agent/main.js` and what it imports, without types. */
  readonly agent: string;
  readonly shared: readonly { readonly from: string; readonly path: string }[];
}

/** A file or folder of the host shown read-only to every service and step. */
export interface SharedPath {
  readonly source: string;
  readonly target: string;
}

export async function placeToolbox(home: string, shared: readonly SharedPath[]): Promise<Toolbox> {
  const folder = join(home, "toolbox");
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const [node, agent, ...rest] = await Promise.all([
    placeNode(folder),
    placeAgent(folder),
    ...shared.map((one) => placeShared(folder, one)),
  ]);
  return { node, agent, shared: rest };
}

async function placeNode(folder: string): Promise<string> {
  const npm = await findNpm();
  const { size, mtimeMs } = await stat(process.execPath);
  const npmVersion = npm === undefined ? "none" : await readFile(join(npm, "package.json"), "utf8");
  return placed(folder, "node", [process.version, process.arch, size, mtimeMs, npmVersion].join("\n"), async (staging) => {
    const bin = join(staging, "bin");
    await mkdir(bin);
    await copyFile(process.execPath, join(bin, "node"), constants.COPYFILE_FICLONE);
    await chmod(join(bin, "node"), 0o755);
    if (npm === undefined) return;
    await cp(npm, join(staging, "lib", "node_modules", "npm"), { recursive: true, dereference: true });
    await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(bin, "npm"));
    await symlink("../lib/node_modules/npm/bin/npx-cli.js", join(bin, "npx"));
  });
}

/** The folder of an npm that carries its own dependencies: beside this Node, or the first on PATH. */
async function findNpm(): Promise<string | undefined> {
  const beside = join(dirname(process.execPath), "..", "lib", "node_modules", "npm");
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "npm"));
  for (const candidate of [join(beside, "bin", "npm-cli.js"), ...onPath]) {
    const script = await realpath(candidate).catch(() => undefined);
    if (script === undefined || basename(script) !== "npm-cli.js") continue;
    const npm = dirname(dirname(script));
    if (
      await access(join(npm, "node_modules")).then(
        () => true,
        () => false,
      )
    )
      return npm;
  }
  return undefined;
}

const agentFolders = ["supervision", "sandbox/agent"];

async function placeAgent(folder: string): Promise<string> {
  const sources = join(import.meta.dirname, "..");
  const files = await Promise.all(agentFolders.map((one) => readSources(sources, one)));
  const all = files.flat();
  const content = all.map(({ path, text }) => `${path}\n${text}`).join("\n");
  return placed(folder, "agent", `${process.version}\n${content}`, async (staging) => {
    for (const { path, text } of all) {
      await mkdir(join(staging, dirname(path)), { recursive: true });
      await writeFile(join(staging, path), text);
    }
    await writeFile(join(staging, "package.json"), '{ "type": "module" }');
    // Where Dojang is installed as JavaScript there is nothing to do.
    if (!all.some(({ path }) => path.endsWith(".ts"))) return;
    // A process of its own, for there is no other way to do it without a warning on the user's terminal.
    const stripper = fileURLToPath(import.meta.resolve("./strip-types.ts"));
    await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", stripper, staging]);
  });
}

async function readSources(root: string, inside: string): Promise<{ path: string; text: string }[]> {
  const names = (await readdir(join(root, inside))).filter((name) => /\.(ts|js)$/.test(name) && !name.includes(".test.")).sort();
  return Promise.all(names.map(async (name) => ({ path: join(inside, name), text: await readFile(join(root, inside, name), "utf8") })));
}

async function placeShared(folder: string, { source, target }: SharedPath): Promise<{ from: string; path: string }> {
  const place = await placed(folder, "shared", `${target}\n${await contentOf(source)}`, (staging) =>
    cp(source, join(staging, "content"), { recursive: true, dereference: true }),
  );
  return { from: join(place, "content"), path: target };
}

async function contentOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  if ((await stat(path)).isFile()) return hash.update(await readFile(path)).digest("hex");
  for (const entry of (await readdir(path, { recursive: true, withFileTypes: true })).sort(byPath)) {
    if (!entry.isFile()) continue;
    hash.update(`${join(entry.parentPath, entry.name)}\0`).update(await readFile(join(entry.parentPath, entry.name)));
  }
  return hash.digest("hex");
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  return join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1;
}

/** `<folder>/<name>-<hash of identity>`, made by `make` when it is not there. */
async function placed(folder: string, name: string, identity: string, make: (staging: string) => Promise<void>): Promise<string> {
  const target = join(folder, `${name}-${createHash("sha256").update(identity).digest("hex").slice(0, 16)}`);
  if (
    await stat(target).then(
      () => true,
      () => false,
    )
  )
    return target;
  const staging = await makeDraft(folder);
  try {
    await make(staging);
    await readableByAll(staging);
    await rename(staging, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return target;
}

async function readableByAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, entry.isDirectory() || (mode & 0o111) !== 0 ? 0o755 : 0o644);
  }
}
