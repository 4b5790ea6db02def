import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDraft } from "../draft-folder.ts";

/**
 * Built trees, `<home>/images/<digest>/tree`, and what they were built from, `<home>/images/keys/<key>`. A tree is never
 * written to: members see it below an overlay of their own.
 */
export interface StoredImage {
  readonly digest: string;
  readonly sizeBytes: number;
}

export function imagesFolder(home: string): string {
  return join(home, "images");
}

export function treeOf(home: string, digest: string): string {
  return join(imagesFolder(home), digest.replace(/^sha256:/, ""), "tree");
}

export function keyFile(home: string, key: string): string {
  return join(imagesFolder(home), "keys", key);
}

export async function findImage(home: string, key: string): Promise<StoredImage | undefined> {
  const text = await readFile(keyFile(home, key), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const image: StoredImage = JSON.parse(text);
  const folder = join(treeOf(home, image.digest), "..");
  const now = new Date();
  return utimes(folder, now, now).then(
    () => image,
    () => undefined,
  );
}

/** Moves a finished tree in. It is renamed, never walked: it is the guests'. */
export async function storeImage(home: string, key: string, tree: string, image: StoredImage): Promise<void> {
  const folder = imagesFolder(home);
  await mkdir(join(folder, "keys"), { recursive: true, mode: 0o755 });
  const staging = await makeDraft(folder);
  try {
    await chmod(staging, 0o755);
    await rename(tree, join(staging, "tree"));
    await writeFile(join(staging, "image.json"), JSON.stringify(image));
    await rename(staging, join(treeOf(home, image.digest), "..")).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  const writing = `${keyFile(home, key)}.${process.pid}`;
  await writeFile(writing, JSON.stringify(image));
  await rename(writing, keyFile(home, key));
}

export interface PruneOptions {
  readonly home: string;
  readonly keepBytes: number;
  /** Digests that environments use. */
  readonly inUse: ReadonlySet<string>;
  readonly removeTree: (folder: string) => Promise<void>;
}

/** Removes the trees that were used longest ago until the rest fits; what is in use stays. Returns what was removed. */
export async function pruneImages({ home, keepBytes, inUse, removeTree }: PruneOptions): Promise<readonly string[]> {
  const images = (await listImages(home)).sort((a, b) => b.usedAt - a.usedAt);
  const removed: string[] = [];
  let keptBytes = 0;
  for (const image of images) {
    keptBytes += image.sizeBytes;
    if (keptBytes <= keepBytes || inUse.has(image.digest)) continue;
    keptBytes -= image.sizeBytes;
    await removeTree(join(treeOf(home, image.digest), ".."));
    removed.push(image.digest);
  }
  return removed;
}

async function listImages(home: string): Promise<(StoredImage & { readonly usedAt: number })[]> {
  const names = (await readdir(imagesFolder(home)).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const images = await Promise.all(
    names.map(async (name) => {
      const folder = join(imagesFolder(home), name);
      const text = await readFile(join(folder, "image.json"), "utf8").catch(() => undefined);
      const found = await stat(folder).catch(() => undefined);
      // Whole by rename, so both are there unless it is being removed.
      if (text === undefined || found === undefined) return undefined;
      const image: StoredImage = JSON.parse(text);
      return { ...image, usedAt: found.mtimeMs };
    }),
  );
  return images.filter((image) => image !== undefined);
}
