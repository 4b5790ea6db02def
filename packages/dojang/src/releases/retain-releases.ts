import { rm } from "node:fs/promises";
import { join } from "node:path";
import { freeBytes } from "../store/disk-room.ts";
import { withLockFile } from "../store/lock-file.ts";
import { makeFolder } from "../store/postgres-folders.ts";
import type { Store } from "../store/store.ts";
import { clearShelf } from "./artifact-shelf.ts";
import { listReleases, type Release, releasesHome } from "./release.ts";

export interface RetainRequest {
  readonly project: string;
  /** Former releases that stay besides those that are needed. */
  readonly keep: number;
  /** Below it also those that would stay go, the oldest first; never one that is needed. */
  readonly freeDiskBytes: number;
  readonly signal: AbortSignal;
}

export interface Retained {
  readonly removed: readonly string[];
  readonly freeBytes: number;
  /** Everything that may go is gone, and it is still not enough. */
  readonly isShort: boolean;
}

/** States in which a deployment still needs its releases. */
const underWay = ["awaiting-approval", "queued", "running"] as const;

/**
 * Removes files of old releases; their rows stay. What a site serves or goes back to, and what a deployment under way names, is never
 * touched, however full the disk is.
 */
export async function retainReleases(store: Store, request: RetainRequest): Promise<Retained> {
  const { project, keep, freeDiskBytes, signal } = request;
  await makeFolder(releasesHome(store.home), 0o711);
  return withLockFile(join(releasesHome(store.home), ".lock"), { signal }, async () => {
    const all = await listReleases(store, { project });
    const needed = await neededReleases(store);
    const free = all.filter(({ id }) => !needed.has(id));
    const removed: string[] = [];
    const remove = async (release: Release) => {
      signal.throwIfAborted();
      await removeRelease(store, release);
      removed.push(release.id);
    };
    for (const release of free.slice(keep)) await remove(release);
    if (removed.length > 0) await clear(store);
    for (const release of free.slice(0, keep).reverse()) {
      if ((await freeBytes(store.home)) >= freeDiskBytes) break;
      await remove(release);
      await clear(store);
    }
    const left = await freeBytes(store.home);
    return { removed, freeBytes: left, isShort: left < freeDiskBytes };
  });
}

/** Read again for each call: a deployment may have begun since. */
async function neededReleases(store: Store): Promise<ReadonlySet<string>> {
  const sites = await store.db.selectFrom("site").select(["current_release", "previous_release"]).execute();
  const deployments = await store.db
    .selectFrom("deployment")
    .select(["release", "previous_release"])
    .where("state", "in", underWay)
    .execute();
  return new Set(
    [
      ...sites.flatMap((site) => [site.current_release, site.previous_release]),
      ...deployments.flatMap((one) => [one.release, one.previous_release]),
    ].filter((id) => id !== null),
  );
}

/** The row first: what is half removed must not be taken for whole. */
async function removeRelease(store: Store, release: Release): Promise<void> {
  await store.db.updateTable("release").set({ removed_at: Date.now() }).where("id", "=", release.id).execute();
  await rm(release.folders.folder, { recursive: true, force: true });
}

async function clear(store: Store): Promise<void> {
  const left = await listReleases(store);
  await clearShelf(store.home, new Set(left.flatMap(({ manifest }) => manifest.artifacts.map(({ digest }) => digest))));
}
