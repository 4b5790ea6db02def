import { lstat, readFile, readlink, stat } from "node:fs/promises";

/** What of the host's own file system the agent and every member see, read-only. */
export interface HostView {
  /** Folders and files at the same path inside. */
  readonly shown: readonly HostPath[];
  /** `/bin -> usr/bin`, where the host has it so. */
  readonly links: readonly { readonly path: string; readonly to: string }[];
  /** The host's bundle of certificate authorities, as text. */
  readonly authorities: string;
}

export interface HostPath {
  readonly path: string;
  readonly kind: "folder" | "file";
}

const system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
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
  return { shown, links, authorities };
}

export async function kindOf(path: string): Promise<"folder" | "file"> {
  return (await stat(path)).isDirectory() ? "folder" : "file";
}
