import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import { newId } from "./id.ts";
import type { Store } from "./store.ts";

/**
 * Folders that spare work: DOJANG_HOME/caches/<namespace>/<hash of key>.<id>. A folder is finished when it is renamed there
 * and has a row; it never changes afterwards. Untrusted changes have a namespace of their own, and may read the trusted one
 * but never write it: a pull request must not leave something for main to run.
 */
export interface CacheEntry {
  readonly namespace: string;
  readonly key: string;
  /** Read only. */
  readonly folder: string;
  readonly sizeBytes: number;
  readonly createdAt: number;
}

export interface CacheScope {
  readonly project: string;
  readonly trusted: boolean;
  /** The change, for one that is not trusted: changes must not see each other's. */
  readonly change: string;
}

/** Where a change writes, and where it may read, in order. */
export function cacheNamespaces(scope: CacheScope): { readonly write: string; readonly read: readonly string[] } {
  const project = folderName(scope.project);
  const trusted = `trusted-${project}`;
  if (scope.trusted) return { write: trusted, read: [trusted] };
  const own = `untrusted-${project}-${folderName(scope.change)}`;
  return { write: own, read: [own, trusted] };
}

export interface CacheLookup {
  readonly scope: CacheScope;
  readonly key: string;
  /** Tried in order when the key itself is not there; the newest entry that begins so is taken. */
  readonly prefixes?: readonly string[];
}

/** The entry and whether it is exactly the key's. The exact key in any namespace comes before every prefix. */
export async function findCache(
  store: Store,
  lookup: CacheLookup,
): Promise<{ readonly entry: CacheEntry; readonly exact: boolean } | undefined> {
  const { read } = cacheNamespaces(lookup.scope);
  for (const namespace of read) {
    const entry = await takeEntry(store, namespace, { key: lookup.key });
    if (entry !== undefined) return { entry, exact: true };
  }
  for (const prefix of lookup.prefixes ?? []) {
    for (const namespace of read) {
      const entry = await takeEntry(store, namespace, { prefix });
      if (entry !== undefined) return { entry, exact: false };
    }
  }
  return undefined;
}

/** A new empty folder on the same file system, to be filled and given to `commitCache`, or removed. */
export async function makeCacheFolder(store: Store, scope: CacheScope): Promise<string> {
  const folder = join(cachesFolder(store), cacheNamespaces(scope).write, `${newId()}.half`);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return folder;
}

/** Takes the folder over. When the key exists already, that entry stays and the folder is removed. */
export async function commitCache(
  store: Store,
  commit: { readonly scope: CacheScope; readonly key: string; readonly folder: string },
): Promise<CacheEntry> {
  const namespace = cacheNamespaces(commit.scope).write;
  const existing = await takeEntry(store, namespace, { key: commit.key });
  if (existing !== undefined) {
    await rm(commit.folder, { recursive: true, force: true });
    return existing;
  }
  const sizeBytes = await measureTree(commit.folder);
  const folder = join(cachesFolder(store), namespace, `${folderName(commit.key)}.${newId()}`);
  await rename(commit.folder, folder);
  const inserted = await store.db
    .insertInto("cache_entry")
    .values({ namespace, key: commit.key, folder, size_bytes: sizeBytes })
    .onConflict((conflict) => conflict.columns(["namespace", "key"]).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted !== undefined) return toEntry(inserted);
  await rm(folder, { recursive: true, force: true });
  const winner = await takeEntry(store, namespace, { key: commit.key });
  if (winner === undefined) throw new Error(`cache ${commit.key} was evicted while it was made`);
  return winner;
}

export interface EvictionReport {
  readonly evicted: readonly CacheEntry[];
  readonly freedBytes: number;
}

/** Removes what was used longest ago until the rest fits, never what was used in the last ten minutes; then folders without a row. */
export async function evictCaches(store: Store, limit: { readonly totalBytes: number; readonly now: number }): Promise<EvictionReport> {
  const rows = await store.db.selectFrom("cache_entry").selectAll().orderBy("used_at", "desc").execute();
  const evicted: CacheEntry[] = [];
  let total = 0;
  for (const row of rows) {
    total += row.size_bytes;
    if (total <= limit.totalBytes || row.used_at > limit.now - inUseMs) continue;
    await store.db.deleteFrom("cache_entry").where("folder", "=", row.folder).execute();
    await rm(row.folder, { recursive: true, force: true });
    evicted.push(toEntry(row));
  }
  await removeUnknownFolders(store, limit.now);
  return { evicted, freedBytes: evicted.reduce((sum, entry) => sum + entry.sizeBytes, 0) };
}

const inUseMs = 10 * 60_000;
const abandonedMs = 24 * 3_600_000;

async function takeEntry(store: Store, namespace: string, by: { key: string } | { prefix: string }): Promise<CacheEntry | undefined> {
  const query = store.db.selectFrom("cache_entry").selectAll().where("namespace", "=", namespace);
  const row = await ("key" in by ? query.where("key", "=", by.key) : query.where(sql<boolean>`starts_with(key, ${by.prefix})`))
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if ((await lstat(row.folder).catch(() => undefined)) === undefined) {
    await store.db.deleteFrom("cache_entry").where("folder", "=", row.folder).execute();
    return undefined;
  }
  await store.db.updateTable("cache_entry").set({ used_at: sql`now_ms()` }).where("folder", "=", row.folder).execute();
  return toEntry(row);
}

/** Half-made folders whose maker died, and folders renamed by one that died before it wrote the row. */
async function removeUnknownFolders(store: Store, now: number): Promise<void> {
  const root = cachesFolder(store);
  const rows = await store.db.selectFrom("cache_entry").select("folder").execute();
  const known = new Set(rows.map((row) => row.folder));
  for (const namespace of await readdir(root).catch(() => [])) {
    for (const name of await readdir(join(root, namespace)).catch(() => [])) {
      const folder = join(root, namespace, name);
      const found = known.has(folder) ? undefined : await lstat(folder).catch(() => undefined);
      if (found !== undefined && found.ctimeMs < now - abandonedMs) await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Apparent size; links are counted, never followed. */
async function measureTree(folder: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) total += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return total;
}

function cachesFolder(store: Store): string {
  return join(store.home, "caches");
}

/** Readable as far as it goes, and never two keys in one folder. */
function folderName(key: string): string {
  const readable = key.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 40);
  return `${readable}-${createHash("sha256").update(key).digest("hex").slice(0, 12)}`;
}

function toEntry(row: { namespace: string; key: string; folder: string; size_bytes: number; created_at: number }): CacheEntry {
  return { namespace: row.namespace, key: row.key, folder: row.folder, sizeBytes: row.size_bytes, createdAt: row.created_at };
}
