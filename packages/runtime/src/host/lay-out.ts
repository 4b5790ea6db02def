import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AddressBook, rewriteText, type ServiceAddress } from "./address-book.ts";
import { fillData } from "./data-template.ts";
import type { HostFolder } from "./host-folder.ts";
import type { HostPlan, LayOut } from "./host-plan.ts";
import { keepVolume } from "./kept-volume.ts";
import { copyTree, giveOwnPart, giveTree, shareInstalled } from "./own-tree.ts";
import { claimShortFolder, shortFolder } from "./run-folder.ts";
import { rewritePaths } from "./seen-paths.ts";

/** Puts on disk what the plan names, and gives it to the guest's user. */
export async function layOutEnvironment(paths: HostFolder, plan: HostPlan, layOut: LayOut, signal: AbortSignal): Promise<void> {
  if (layOut.folders.some((folder) => folder.startsWith(shortFolder(paths)))) await claimShortFolder(paths);
  const owner = plan.user;
  for (const folder of layOut.folders) await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const folder of layOut.kept) await keepVolume(folder, owner, signal);
  await Promise.all(
    layOut.trees.map(async ({ from, to }) => {
      await mkdir(to, { recursive: true });
      await (layOut.sharesInstalled ? shareInstalled : copyTree)(from, to, signal);
    }),
  );
  for (const copy of layOut.copies) await copyMount(copy, plan, signal);
  for (const file of layOut.files) {
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, file.content, { mode: file.mode });
  }
  for (const folder of [paths.services, paths.volumes, ...(plan.workspace === undefined ? [] : [plan.workspace.directory])]) {
    if (layOut.sharesInstalled && owner !== undefined) await giveOwnPart(folder, owner, signal);
    else await giveTree(folder, owner, signal);
  }
  // After the rest: a data directory may lie in a volume, and keeps its own mode.
  for (const { request } of layOut.data) await fillData({ home: paths.home, request, owner, signal });
}

async function copyMount(copy: LayOut["copies"][number], plan: HostPlan, signal: AbortSignal): Promise<void> {
  const service = plan.services.find((one) => one.name === copy.service);
  const found = await stat(copy.from);
  await mkdir(dirname(copy.to), { recursive: true });
  if (found.isDirectory()) {
    await mkdir(copy.to);
    await copyTree(copy.from, copy.to, signal);
  } else {
    await writeFile(copy.to, await readFile(copy.from), { mode: found.mode & 0o777 });
  }
  await chmod(copy.to, (found.mode & 0o777) | 0o444);
  if (!copy.isConfiguration || service === undefined) return;
  const rewrite = (text: string) => rewriteNginx(rewriteText(plan.book, rewritePaths(service.seen, text)), service.address, plan.book);
  for (const path of await filesIn(copy.to)) await writeFile(path, rewrite(await readFile(path, "utf8")));
}

async function filesIn(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** `listen 80` becomes the service's own address; names of servers in `upstream` and `proxy_pass` were rewritten before. */
export function rewriteNginx(text: string, address: ServiceAddress, book: AddressBook): string {
  return text
    .replaceAll(/^\s*listen\s+\[::\]:\d+[^;]*;/gm, "")
    .replaceAll(/^(\s*listen\s+)(?:[\w.*]+:)?(\d+)([^;]*;)/gm, (_whole, before: string, port: string, rest: string) => {
      return `${before}${address.host}:${address.ports[Number(port)] ?? port}${rest}`;
    })
    .replaceAll(/^(\s*server\s+)([\w.-]+)(\s*;|\s+[a-z])/gm, (whole, before: string, name: string, rest: string) => {
      const other = book.find((one) => one.names.includes(name));
      return other === undefined ? whole : `${before}${other.host}:${other.ports[80] ?? 80}${rest}`;
    });
}
