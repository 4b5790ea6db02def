import { readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { evictCaches } from "../store/caches.ts";
import { retainLogs } from "../store/log-retention.ts";
import { retainRuns } from "../store/run-retention.ts";
import type { Store } from "../store/store.ts";

/** What a state folder may keep. Built images are bounded by their runtime as they are built. */
export interface Retention {
  /** Runs, transactions and logs that are neither pinned nor among the newest of their project. */
  readonly keepDays: number;
  readonly keepRuns: number;
  readonly logBytes: number;
  readonly cacheBytes: number;
  readonly keepWorkspaces: number;
  /** Of mocks' specifications, and of each program that runs inside environments. */
  readonly keepPlayed: number;
}

export const defaultRetention: Retention = {
  keepDays: 30,
  keepRuns: 50,
  logBytes: 4 * 1024 ** 3,
  cacheBytes: 4 * 1024 ** 3,
  keepWorkspaces: 20,
  keepPlayed: 20,
};

const everyMs = 60 * 60 * 1000;
/** A folder younger than this may be what a running environment stands on. */
const inUseMs = 24 * 60 * 60 * 1000;

/** Forgets what is past its keeping, at most once an hour however many runs end; resolves with whether it did. */
export async function keepHouse(
  store: Store,
  { now, retention = defaultRetention }: { now: number; retention?: Retention },
): Promise<boolean> {
  if (!(await isDue(join(store.home, "housekeeping"), now))) return false;
  const { keepDays, keepRuns, logBytes, cacheBytes, keepWorkspaces, keepPlayed } = retention;
  await retainRuns(store, { keepDays, keepRuns, now });
  await retainLogs(store, { keepDays, quotaBytes: logBytes, now });
  await evictCaches(store, { totalBytes: cacheBytes, now });
  await pruneFolders(join(store.home, "workspaces"), { keep: keepWorkspaces, now });
  for (const name of ["mocks", "mock-program", "load-program"]) await pruneFolders(join(store.home, name), { keep: keepPlayed, now });
  return true;
}

async function isDue(stamp: string, now: number): Promise<boolean> {
  const last = await stat(stamp).then(
    (facts) => facts.mtimeMs,
    () => 0,
  );
  if (now - last < everyMs) return false;
  await writeFile(stamp, "");
  await utimes(stamp, now / 1000, now / 1000);
  return true;
}

/** The newest stay; of the others those that nobody has used for a day go. */
async function pruneFolders(folder: string, { keep, now }: { keep: number; now: number }): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const trees = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), usedAt: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = trees.sort((a, b) => b.usedAt - a.usedAt).slice(keep);
  for (const tree of old) if (now - tree.usedAt > inUseMs) await rm(tree.path, { recursive: true, force: true });
}
