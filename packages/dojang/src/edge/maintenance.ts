import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { siteFolders } from "./edge-site.ts";
import { edgeVariables } from "./edge-variables.ts";
import { makeOpenFolder, writeWhole } from "./open-folder.ts";
import { maintenancePages, problemPages, requestIdVariable } from "./problem-pages.ts";

/** From the next request on, visitors get 503 and `text`, or ours where it is undefined; nginx is not reloaded. */
export async function beginMaintenance(options: { home: string; siteId: string; prefix: string; text: string | undefined }): Promise<void> {
  const { maintenance } = siteFolders(options.home, options.siteId);
  await writePages(maintenance, maintenancePages(options.text), options.prefix);
  await writeWhole(join(maintenance, "on"), "");
}

export async function endMaintenance(options: { home: string; siteId: string }): Promise<void> {
  await rm(join(siteFolders(options.home, options.siteId).maintenance, "on"), { force: true });
}

export async function isMaintained(options: { home: string; siteId: string }): Promise<boolean> {
  const { maintenance } = siteFolders(options.home, options.siteId);
  return await access(join(maintenance, "on")).then(
    () => true,
    () => false,
  );
}

/** The pages of errors that nginx answers by itself. */
export async function writeProblemPages(folder: string, prefix: string): Promise<void> {
  await writePages(folder, problemPages(), prefix);
}

async function writePages(folder: string, pages: Readonly<Record<string, string>>, prefix: string): Promise<void> {
  await makeOpenFolder(folder);
  for (const [name, text] of Object.entries(pages))
    await writeWhole(join(folder, name), text.replaceAll(requestIdVariable, edgeVariables(prefix).id));
}
