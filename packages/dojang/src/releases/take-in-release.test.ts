import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { problemOf, type SiteTestBed, siteTestBed } from "../sites/site-test-bed.ts";
import { listLive } from "../store/ledger.ts";
import { openStore, type Store } from "../store/store.ts";
import { shelvedTree } from "./artifact-shelf.ts";
import { packRelease } from "./pack-release.ts";
import { listReleases, type Release, releasesHome } from "./release.ts";
import { pointProject, takeInRelease } from "./take-in-release.ts";

/** One machine that builds, and another with a store of its own. */
let bed: SiteTestBed;
let there: Store;
let folder: string;
let release: Release;
let parcel: Buffer;
const { signal } = new AbortController();

beforeAll(async () => {
  bed = await siteTestBed();
  release = await bed.release({ requestedBy: "kim" });
  folder = await mkdtemp(join(tmpdir(), "dojang-there-"));
  await chmod(folder, 0o711);
  await mkdir(join(folder, "home"), { mode: 0o711 });
  there = await openStore({ home: join(folder, "home"), signal });
  parcel = await packed(release);
}, 120_000);
afterAll(async () => {
  await there.close();
  await rm(folder, { recursive: true, force: true });
  await bed[Symbol.asyncDispose]();
});

async function packed(of: Release): Promise<Buffer> {
  await using made = await packRelease(bed.context.store, of, signal);
  const bytes = await buffer(made.stream);
  await made.done;
  return bytes;
}

const takeIn = (bytes: Uint8Array) => takeInRelease({ store: there, signal }, Readable.from([bytes]));
const nothingHalf = async () =>
  expect({
    folders: (await readdir(releasesHome(there.home))).filter((name) => name.startsWith(".making-")),
    ledger: (await listLive(there)).filter(({ kind }) => kind === "folder"),
  }).toEqual({ folders: [], ledger: [] });

test("what is cut off, or is no release at all, is refused, and nothing of it stays", async () => {
  for (const bytes of [
    parcel.subarray(0, parcel.length - 2000),
    parcel.subarray(0, 10),
    Buffer.from("<html>not found</html>"),
    Buffer.alloc(0),
  ]) {
    expect(await problemOf(takeIn(bytes))).toMatchObject({ code: "parcel-broken", exit: "configuration" });
    await nothingHalf();
  }
  expect(await listReleases(there)).toEqual([]);
});

test("a release is the same one on another machine: id, number, files, what the edge answers from", async () => {
  const { release: came, wasHere } = await takeIn(parcel);
  expect(wasHere).toBe(false);
  expect(came).toMatchObject({
    id: release.id,
    number: release.number,
    commit: release.commit,
    author: release.author,
    digest: release.digest,
    manifest: release.manifest,
    removedAt: undefined,
  });
  for (const path of ["source/api.mjs", "static/public/index.html", "sbom.cdx.json", "provenance.json", "manifest.json"])
    expect(await readFile(join(came.folders.folder, path), "utf8")).toBe(await readFile(join(release.folders.folder, path), "utf8"));
  // Guests of live sites read them.
  for (const path of [came.folders.folder, came.folders.source, shelvedTree(there.home, came.manifest.artifacts[0]?.digest ?? "")])
    expect((await stat(path)).mode & 0o001).toBe(1);
  await nothingHalf();
});

test("taken in again it is left as it is; with files lost it is made whole again", async () => {
  expect((await takeIn(parcel)).wasHere).toBe(true);
  const [came] = await listReleases(there);
  const tree = shelvedTree(there.home, came?.manifest.artifacts[0]?.digest ?? "");
  await rm(tree, { recursive: true });
  await rm(came?.folders.source ?? "", { recursive: true });
  const mended = await takeIn(parcel);
  expect(mended.wasHere).toBe(false);
  expect((await stat(tree)).isDirectory()).toBe(true);
  expect(await readdir(mended.release.folders.source)).toEqual(await readdir(release.folders.source));
});

test("its sources are where commands about the project are given, of the release that came last", async () => {
  const [first] = await listReleases(there);
  if (first === undefined) throw new Error("nothing was taken in");
  const link = await pointProject(there.home, first);
  expect(await readFile(join(link, "api.mjs"), "utf8")).toBe(await readFile(join(release.folders.source, "api.mjs"), "utf8"));
  await bed.commit("The shop has news", { "news.txt": "news\n" });
  const second = await bed.release();
  const came = await takeIn(await packed(second));
  expect(await pointProject(there.home, came.release)).toBe(link);
  expect(await readFile(join(link, "news.txt"), "utf8")).toBe("news\n");
});

test("another release of the same number is refused, and the one that is here stays", async () => {
  await using other = await siteTestBed();
  await other.commit("Another shop", { "other.txt": "other\n" });
  const theirs = await other.release();
  expect(theirs.id).toBe(release.id);
  await using made = await packRelease(other.context.store, theirs, signal);
  const problem = await problemOf(takeInRelease({ store: there, signal }, made.stream));
  expect(problem).toMatchObject({ code: "release-taken", exit: "refused" });
  expect(problem.message).toContain(theirs.commit?.slice(0, 10));
  expect((await listReleases(there)).find(({ id }) => id === release.id)?.digest).toBe(release.digest);
  await nothingHalf();
}, 60_000);

test("a release whose files are gone is not packed", async () => {
  const third = await bed.commit("Soon gone", { "gone.txt": "gone\n" }).then(() => bed.release());
  await rm(third.folders.workspace, { recursive: true });
  expect(await problemOf(packRelease(bed.context.store, third, signal))).toMatchObject({ code: "release-removed" });
});
