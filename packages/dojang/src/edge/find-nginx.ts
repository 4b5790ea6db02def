import { execFile } from "node:child_process";
import { access, constants, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "@dojang/model";
import type { NginxFacts } from "./nginx-configuration.ts";

const run = promisify(execFile);

export interface FoundNginx extends NginxFacts {
  readonly path: string;
}

/** nginx of this machine, and what its configuration depends on. Throws Problem `nginx-missing`. */
export async function findNginx(options: { readonly signal: AbortSignal }): Promise<FoundNginx> {
  const path = await pathOf("nginx");
  if (path === undefined) throw missing();
  // It says how it was built on stderr.
  const { stderr } = await run(path, ["-V"], { timeout: 5_000, signal: options.signal });
  const version = readBuild(path, stderr);
  return { path, version, hasIpv6: await hasIpv6(), user: await workerUser(), openFiles: await openFilesLimit() };
}

/** `ssl_reject_handshake` came with it; distributions have had newer ones since Debian 12 and Ubuntu 23.04. */
const oldest = [1, 19, 4] as const;
const neededModules = ["ssl", "v2"];
/** Built in unless left out, as some small packages do. */
const usualModules = ["geo", "gzip", "limit_conn", "limit_req", "map", "proxy", "rewrite", "split_clients", "ssi"];

/** The version, from what `nginx -V` says. Throws Problem `nginx-unsuitable`. */
export function readBuild(path: string, said: string): NginxFacts["version"] {
  const [major = 0, minor = 0, patch = 0] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(said)?.slice(1).map(Number) ?? [];
  const isOld = [major - oldest[0], minor - oldest[1], patch - oldest[2]].find((difference) => difference !== 0) ?? 0;
  const lacking = [
    ...neededModules.filter((name) => !said.includes(`--with-http_${name}_module`)),
    ...usualModules.filter((name) => said.includes(`--without-http_${name}_module`)),
  ];
  if (isOld >= 0 && lacking.length === 0) return [major, minor, patch];
  throw new Problem({
    code: "nginx-unsuitable",
    message:
      isOld < 0
        ? `${path} is nginx ${major}.${minor}.${patch}, sites need ${oldest.join(".")} or newer`
        : `${path} was built without what sites need: ${lacking.join(", ")}`,
    fix: "install the package nginx of a newer distribution or of nginx.org",
    exit: "infrastructure",
  });
}

async function pathOf(name: string): Promise<string | undefined> {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/bin",
    "/opt/homebrew/bin",
  ];
  for (const folder of folders.filter((one) => one.startsWith("/"))) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

async function hasIpv6(): Promise<boolean> {
  const addresses = await readFile("/proc/net/if_inet6", "utf8").catch(() => "");
  return addresses.trim() !== "";
}

/** What this user may raise it to, and no more than a site needs. */
async function openFilesLimit(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  return Math.min(65_536, hard === undefined ? 1024 : Number(hard));
}

/** Workers never run as root. Without that privilege they are whoever starts nginx. */
async function workerUser(): Promise<NginxFacts["user"]> {
  if (process.getuid?.() !== 0) return undefined;
  const users = rows(await readFile("/etc/passwd", "utf8"));
  const groups = rows(await readFile("/etc/group", "utf8"));
  for (const name of ["nginx", "www-data", "http", "nobody"]) {
    const groupId = users.find((fields) => fields[0] === name)?.[3];
    const group = groups.find((fields) => fields[2] === groupId)?.[0];
    if (groupId !== undefined && group !== undefined) return { name, group, groupId: Number(groupId) };
  }
  throw new Problem({
    code: "nginx-user-missing",
    message: "nginx has no user to run its workers as: none of nginx, www-data, http and nobody exists",
    fix: "make one, for example: useradd --system --no-create-home --shell /usr/sbin/nologin nginx",
    exit: "infrastructure",
  });
}

function rows(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}

function missing(): Problem {
  return new Problem({
    code: "nginx-missing",
    message: "sites are served by nginx, and there is none on this machine",
    fix: "install it: apt-get install nginx",
    exit: "infrastructure",
  });
}
