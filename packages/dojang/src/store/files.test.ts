import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artifactsOfRun, getArtifact, putArtifact, sweepArtifacts } from "./artifacts.ts";
import { type CacheScope, commitCache, evictCaches, findCache, makeCacheFolder } from "./caches.ts";
import { createRun } from "./runs.ts";
import type { Store } from "./store.ts";
import { openTestStore } from "./test-store.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
let store: Store;
let run: string;

beforeAll(async () => {
  opened = await openTestStore();
  store = opened.store;
  const made = await createRun(store, {
    project: "p",
    change: "main",
    trusted: true,
    runtime: "fake",
    configHash: "h",
    snapshot: {},
    jobs: [],
  });
  run = made.run.id;
});
afterAll(() => opened.close());

describe("artifacts", () => {
  test("a file is kept under its digest, once for two names", async () => {
    const source = join(store.home, "report.json");
    await writeFile(source, "{}");
    const first = await putArtifact(store, { run, name: "out/report.json", content: source, contentType: "application/json" });
    const second = await putArtifact(store, { run, name: "copy", service: "api", content: Buffer.from("{}") });
    const hash = createHash("sha256").update("{}").digest("hex");
    expect(first).toMatchObject({ digest: `sha256:${hash}`, sizeBytes: 2, path: join(store.home, "artifacts", hash) });
    expect(second.path).toBe(first.path);
    expect(await readFile(first.path, "utf8")).toBe("{}");
    expect((await stat(first.path)).mode & 0o777).toBe(0o444);
    expect(await artifactsOfRun(store, run)).toEqual([second, first]);
  });

  test("one that is too large is refused and leaves nothing behind", async () => {
    const before = await readdir(join(store.home, "artifacts"));
    const put = putArtifact(store, { run, name: "big", content: Buffer.alloc(2000), limitBytes: 1000 });
    await expect(put).rejects.toMatchObject({ code: "artifact-too-large" });
    expect(await readdir(join(store.home, "artifacts"))).toEqual(before);
    expect(await getArtifact(store, { run, name: "big" })).toBeUndefined();
  });

  test("files that no run names are swept once they are old", async () => {
    const folder = join(store.home, "artifacts");
    const kept = await putArtifact(store, { run, name: "kept", content: Buffer.from("kept") });
    for (const name of ["old", "young"]) await writeFile(join(folder, name), name);
    await utimes(join(folder, "old"), 1, 1);
    await utimes(kept.path, 1, 1);
    expect(await sweepArtifacts(store)).toBe(3);
    expect([existsSync(join(folder, "old")), existsSync(join(folder, "young")), existsSync(kept.path)]).toEqual([false, true, true]);
  });
});

describe("caches", () => {
  const trusted: CacheScope = { project: "p", trusted: true, change: "main" };
  const fork: CacheScope = { project: "p", trusted: false, change: "pull/1" };

  async function commit(scope: CacheScope, key: string, content = key) {
    const folder = await makeCacheFolder(store, scope);
    await writeFile(join(folder, "file"), content);
    return await commitCache(store, { scope, key, folder });
  }

  test("an entry is found by its key, else by the newest of a prefix", async () => {
    await commit(trusted, "npm-linux-1");
    await commit(trusted, "npm-linux-2");
    expect(await findCache(store, { scope: trusted, key: "npm-linux-1" })).toMatchObject({ exact: true, entry: { key: "npm-linux-1" } });
    const near = await findCache(store, { scope: trusted, key: "npm-linux-3", prefixes: ["npm-linux-", "npm-"] });
    expect(near).toMatchObject({ exact: false, entry: { key: "npm-linux-2" } });
    expect(await findCache(store, { scope: trusted, key: "other", prefixes: ["pip-"] })).toBeUndefined();
  });

  test("two that make the same key at once agree on one folder", async () => {
    const made = await Promise.all([commit(trusted, "same", "1"), commit(trusted, "same", "2")]);
    expect(made[0]!.folder).toBe(made[1]!.folder);
    expect(["1", "2"]).toContain(await readFile(join(made[0]!.folder, "file"), "utf8"));
    const namesake = await readdir(join(made[0]!.folder, ".."));
    expect(namesake.filter((name) => name.startsWith("same-") || name.endsWith(".half"))).toHaveLength(1);
  });

  test("a change that is not trusted reads the trusted entries and writes its own, which nobody else sees", async () => {
    await commit(trusted, "shared", "good");
    await commit(fork, "shared", "evil");
    const content = async (scope: CacheScope) => {
      const found = await findCache(store, { scope, key: "shared" });
      return found && (await readFile(join(found.entry.folder, "file"), "utf8"));
    };
    expect(await content(trusted)).toBe("good");
    expect(await content(fork)).toBe("evil");
    expect(await content({ ...fork, change: "pull/2" })).toBe("good");
    await commit(fork, "only-fork");
    expect(await findCache(store, { scope: trusted, key: "only-fork", prefixes: ["only"] })).toBeUndefined();
  });

  test("a key cannot lead out of the cache folder", async () => {
    const entry = await commit(trusted, "../../../etc/passwd");
    expect(entry.folder.startsWith(join(store.home, "caches", ""))).toBe(true);
    expect(entry.folder).not.toContain("..");
  });

  test("an entry whose folder is gone is not found", async () => {
    const entry = await commit(trusted, "gone");
    await store.db
      .updateTable("cache_entry")
      .set({ folder: `${entry.folder}-moved` })
      .where("key", "=", "gone")
      .execute();
    expect(await findCache(store, { scope: trusted, key: "gone" })).toBeUndefined();
  });

  test("what was used longest ago goes first, never what is in use, and links are not followed", async () => {
    const outside = join(store.home, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "precious"), "x");
    const folder = await makeCacheFolder(store, trusted);
    await symlink(outside, join(folder, "link"));
    const linked = await commitCache(store, { scope: trusted, key: "linked", folder });
    await store.db.updateTable("cache_entry").set({ used_at: 1 }).execute();
    const fresh = await commit(trusted, "fresh");
    const { evicted } = await evictCaches(store, { totalBytes: 0, now: Date.now() });
    expect(evicted.map((entry) => entry.key)).toContain("npm-linux-1");
    expect([existsSync(linked.folder), existsSync(join(outside, "precious")), existsSync(fresh.folder)]).toEqual([false, true, true]);
    const rest = await store.db.selectFrom("cache_entry").select("key").execute();
    expect(rest.map((row) => row.key).toSorted()).toEqual(["fresh"]);
  });
});
