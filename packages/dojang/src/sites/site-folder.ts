import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import type { Site } from "./site.ts";

/**
 * The folder of a site, `<home>/sites/<id>`:
 *   site.json   whose it is
 *   user        the number of the machine's user that its services run as
 *   volumes/    `<volume>/current`, a link to the folder that is live; others beside it are former ones and those being restored
 *   sockets/    `<release>/<service>.sock`, by which the edge reaches services
 *   env/        what is known of running environments; nobody but Dojang reads it
 *   releases/ edge/ backups/ wal/   of those parts
 */
export interface KeptFolders {
  readonly volumes: string;
  readonly sockets: string;
  readonly releases: string;
  readonly edge: string;
  readonly env: string;
  readonly backups: string;
  readonly wal: string;
}

export function keptFolders(site: Pick<Site, "folder">): KeptFolders {
  const inside = (name: string) => join(site.folder, name);
  return {
    volumes: inside("volumes"),
    sockets: inside("sockets"),
    releases: inside("releases"),
    edge: inside("edge"),
    env: inside("env"),
    backups: inside("backups"),
    wal: inside("wal"),
  };
}

/** Guests pass through to their volumes, nginx to its sockets; the rest is Dojang's alone. */
const modes: Readonly<Record<keyof KeptFolders, number>> = {
  volumes: 0o711,
  sockets: 0o755,
  releases: 0o711,
  edge: 0o755,
  env: 0o700,
  backups: 0o700,
  wal: 0o711,
};

/** Makes what is missing. Throws Problem `site-id-taken` when the id is another environment's. */
export async function makeSiteFolder(site: Site): Promise<KeptFolders> {
  const folders = keptFolders(site);
  for (const path of [join(site.home, "sites"), site.folder]) await makeFolder(path, 0o711);
  await checkOwner(site);
  for (const [name, mode] of Object.entries(modes)) await makeFolder(join(site.folder, name), mode);
  return folders;
}

/** Given by hand: what the process's umask takes away is needed here. */
async function makeFolder(path: string, mode: number): Promise<void> {
  const made = await mkdir(path, { recursive: true });
  if (made !== undefined) await chmod(path, mode);
}

async function checkOwner(site: Site): Promise<void> {
  const path = join(site.folder, "site.json");
  const whose = JSON.stringify({ project: site.project, environment: site.environment });
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (known === undefined) return await writeWhole(path, whose);
  if (known === whose) return;
  const other = JSON.parse(known);
  throw new Problem({
    code: "site-id-taken",
    message: `${site.project}'s ${site.environment} would have the id ${site.id}, which is ${other.project}'s ${other.environment}`,
    fix: "rename the environment, or the project (`name` of dojang.yml)",
    exit: "configuration",
  });
}

export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

/** What a volume is mounted from: a link, so that a restored copy takes its place in one step. */
export function liveVolume(site: Pick<Site, "folder">, volume: string): string {
  return join(keptFolders(site).volumes, volume, "current");
}

/** Makes the link of a volume that is new; the runtime makes the folder it leads to. */
export async function makeVolume(site: Pick<Site, "folder">, volume: string): Promise<string> {
  const link = liveVolume(site, volume);
  await makeFolder(join(link, ".."), 0o711);
  if ((await lstat(link).catch(() => undefined)) === undefined) {
    await symlink(`first-${Date.now().toString(36)}`, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  return link;
}

const mostUsers = 60_000;

/**
 * The number of the machine's user that services of the site run as, so that those of another site cannot read its files or look at
 * its processes. Taken once, by a file of that name in `<home>/sites/.users`, and kept for as long as the site's folder is there.
 */
export async function siteUser(site: Site): Promise<number> {
  const path = join(site.folder, "user");
  const known = Number(await readFile(path, "utf8").catch(() => ""));
  if (Number.isInteger(known) && known > 0) return known;
  const taken = join(site.home, "sites", ".users");
  await mkdir(taken, { recursive: true, mode: 0o700 });
  const names = new Set(await readdir(taken));
  // State folders of one machine begin at different numbers, for they do not know each other's.
  const first = createHash("sha256").update(site.home).digest().readUInt32BE() % mostUsers;
  for (let round = 0; round < mostUsers; round++) {
    const number = 1 + ((first + round) % mostUsers);
    if (names.has(String(number)) && !(await isOf(join(taken, String(number)), site.id))) continue;
    const isMine = await writeFile(join(taken, String(number)), site.id, { flag: "wx", mode: 0o600 }).then(
      () => true,
      () => isOf(join(taken, String(number)), site.id),
    );
    if (!isMine) continue;
    await writeWhole(path, String(number));
    return number;
  }
  throw new Problem({
    code: "users-exhausted",
    message: `${mostUsers} sites of ${site.home} have users already`,
    fix: `remove files of sites that are gone from ${taken}`,
    exit: "infrastructure",
  });
}

async function isOf(path: string, id: string): Promise<boolean> {
  return (await readFile(path, "utf8").catch(() => "")) === id;
}

export async function removeSockets(site: Pick<Site, "folder">, releaseId: string): Promise<void> {
  await rm(join(keptFolders(site).sockets, releaseId), { recursive: true, force: true });
}
