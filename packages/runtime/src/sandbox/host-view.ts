import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { isInside } from "./path-inside.ts";

/** What of the host's own file system the agent and every member see, read-only. */
export interface HostView {
  /** Folders and files at the same path inside. */
  readonly shown: readonly HostPath[];
  /** What the folders hold in which images like to work, so that something can be put beside it. */
  readonly inside: ReadonlyMap<string, FolderContent>;
  /** `/bin -> usr/bin`, where the host has it so. */
  readonly links: readonly { readonly path: string; readonly to: string }[];
  /** The host's bundle of certificate authorities, as text. */
  readonly authorities: string;
}

export interface FolderContent {
  readonly shown: readonly HostPath[];
  readonly links: HostView["links"];
}

export interface HostPath {
  readonly path: string;
  readonly kind: "folder" | "file";
}

const system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/** `WORKDIR /usr/src/app`, `./site:/usr/share/nginx/html`. */
const workedIn = [
  "/usr",
  "/usr/local",
  "/usr/local/lib",
  "/usr/local/share",
  "/usr/share",
  "/usr/share/nginx",
  "/usr/share/nginx/html",
  "/usr/src",
];
/** Nothing that is secret or says much of the host: what programs need to find libraries, fonts, certificates, the time. */
const configuration = [
  "/etc/alternatives",
  "/etc/chromium",
  "/etc/chromium.d",
  "/etc/ca-certificates",
  "/etc/fonts",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/mime.types",
  "/etc/pki/tls/certs",
  "/etc/protocols",
  "/etc/services",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/timezone",
];
export const authoritiesPath = "/etc/ssl/certs/ca-certificates.crt";

export async function readHostView(): Promise<HostView> {
  const shown: HostPath[] = [];
  const links: { path: string; to: string }[] = [];
  for (const path of [...system, ...configuration]) {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) continue;
    if (found.isSymbolicLink() && system.includes(path)) links.push({ path, to: await readlink(path) });
    else shown.push({ path, kind: await kindOf(path) });
  }
  const authorities = await readFile(authoritiesPath, "utf8").catch(() => "");
  const inside = new Map<string, FolderContent>();
  for (const path of workedIn) {
    const content = await contentOf(path);
    if (content !== undefined) inside.set(path, content);
  }
  return { shown, inside, links, authorities };
}

async function contentOf(folder: string): Promise<FolderContent | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return undefined;
  const shown: HostPath[] = [];
  const links: { path: string; to: string }[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) links.push({ path, to: await readlink(path) });
    else if (entry.isDirectory() || entry.isFile()) shown.push({ path, kind: entry.isDirectory() ? "folder" : "file" });
  }
  return { shown, links };
}

/** The same view with room at these paths: a folder of the host that lies over one is shown by what it holds instead. */
export function withRoomFor(host: HostView, paths: readonly string[]): Pick<HostView, "shown" | "links"> {
  let shown = host.shown;
  const links = [...host.links];
  for (const path of paths) {
    for (;;) {
      const over = shown.find((one) => one.kind === "folder" && one.path !== path && isInside(path, one.path));
      const content = over && host.inside.get(over.path);
      if (content === undefined) break;
      shown = [...shown.filter((one) => one !== over), ...content.shown];
      links.push(...content.links);
    }
  }
  // A file of the machine gives way to the one that is to be there.
  return { shown: shown.filter((one) => one.kind === "folder" || !paths.includes(one.path)), links };
}

export async function kindOf(path: string): Promise<"folder" | "file"> {
  return (await stat(path)).isDirectory() ? "folder" : "file";
}
