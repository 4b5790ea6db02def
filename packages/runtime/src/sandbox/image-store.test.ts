import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findImage, pruneImages, storeImage, treeOf } from "./image-store.ts";

describe("built trees", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "dojang-images-"));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const store = async (letter: string, sizeBytes: number, usedAt: number) => {
    const tree = join(home, `tree-${letter}`);
    await mkdir(tree);
    await writeFile(join(tree, "file"), letter);
    await storeImage(home, letter, tree, { digest: digest(letter), sizeBytes });
    await utimes(join(treeOf(home, digest(letter)), ".."), usedAt, usedAt);
  };
  const prune = (keepBytes: number, inUse: readonly string[] = []) =>
    pruneImages({ home, keepBytes, inUse: new Set(inUse), removeTree: (folder) => rm(folder, { recursive: true }) });

  test("are found again by what they were built from", async () => {
    await store("a", 10, 1);
    expect(await findImage(home, "a")).toEqual({ digest: digest("a"), sizeBytes: 10 });
    expect(await findImage(home, "b")).toBeUndefined();
  });

  test("go when they were used longest ago and the rest would not fit, but not while in use", async () => {
    await store("a", 10, 1);
    await store("b", 10, 2);
    await store("c", 10, 3);
    expect(await prune(30)).toEqual([]);
    expect(await prune(20, [digest("a")])).toEqual([]);
    expect(await prune(20)).toEqual([digest("a")]);
    expect(await findImage(home, "a")).toBeUndefined();
    expect(await findImage(home, "c")).toBeDefined();
  });
});
