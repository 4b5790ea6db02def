import { readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { newId } from "../store/id.ts";
import { releaseSockets, siteFolders, slotCount, slotName } from "./edge-site.ts";
import { makeOpenFolder, writeWhole } from "./open-folder.ts";

/**
 * Points every slot of a site to a release: the links are all there is to a switch, and they survive whatever dies. Each changes
 * in one step, so a request meets the former release or the next one. A request that nginx already sent stays where it is.
 *
 * The mark of mixed slots is made before they are and removed after, so that no visitor of a canary goes without a cookie.
 */
export async function pointSlots(home: string, siteId: string, assignment: readonly string[]): Promise<void> {
  if (assignment.length !== slotCount) throw new Error(`a site has ${slotCount} slots, got ${assignment.length} releases`);
  const targets = assignment.map((release) => releaseSockets(home, siteId, release));
  const { slots, mixed } = siteFolders(home, siteId);
  await makeOpenFolder(slots);
  const isMixed = new Set(assignment).size > 1;
  if (isMixed) await writeWhole(mixed, "");
  for (const [index, target] of targets.entries()) await replaceLink(join(slots, slotName(index)), target);
  if (!isMixed) await rm(mixed, { force: true });
}

/** The release of every slot; undefined where nothing was ever pointed to. */
export async function readSlots(home: string, siteId: string): Promise<readonly (string | undefined)[]> {
  const { slots } = siteFolders(home, siteId);
  return Promise.all(
    Array.from({ length: slotCount }, async (_, index) => {
      const target = await readlink(join(slots, slotName(index))).catch(() => undefined);
      return target === undefined ? undefined : basename(target);
    }),
  );
}

/** Makes a link, or lets it lead elsewhere, in one step. */
export async function replaceLink(path: string, target: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === target) return;
  const temporary = `${path}.${newId()}`;
  await symlink(target, temporary);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** What was left by a process that was killed between making a link and renaming it. */
export async function removeHalfLinks(home: string, siteId: string): Promise<void> {
  const { slots } = siteFolders(home, siteId);
  for (const name of await readdir(slots).catch(() => [])) if (!/^\d\d$/.test(name)) await rm(join(slots, name), { force: true });
}
