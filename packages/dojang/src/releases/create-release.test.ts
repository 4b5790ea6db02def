import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setSecret } from "../sites/secrets.ts";
import { problemOf, type SiteTestBed, shop, siteTestBed } from "../sites/site-test-bed.ts";
import { listLive } from "../store/ledger.ts";
import { saveSite, setSiteReleases } from "../store/sites.ts";
import { shelvedTree } from "./artifact-shelf.ts";
import { createRelease } from "./create-release.ts";
import { diffReleases } from "./diff-releases.ts";
import { getRelease, listReleases, type Release } from "./release.ts";
import { loadForRelease } from "./release-project.ts";
import { retainReleases } from "./retain-releases.ts";

/** Releases of a real repository, built by the host runtime. */
let bed: SiteTestBed;
let first: Release;

beforeAll(async () => {
  bed = await siteTestBed();
  first = await bed.release({ requestedBy: "kim" });
}, 60_000);
afterAll(() => bed[Symbol.asyncDispose]());

const { signal } = new AbortController();
/** As Compose writes a variable. */
const named = (name: string) => `\${${name}}`;
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

test("a release holds its sources, what was built, and who made it of what", async () => {
  const commit = await bed.git("rev-parse", "HEAD");
  expect(first).toMatchObject({ id: "shop-r1", number: 1, commit, author: "Kim", removedAt: undefined });
  expect(first.manifest).toMatchObject({
    subject: "The shop opens",
    branch: "main",
    createdBy: "kim",
    changedFiles: [],
    images: { cache: "redis:7" },
    variables: ["COLOR", "TOKEN"],
    environments: { staging: { variables: ["COLOR"], secrets: ["TOKEN"] } },
    static: ["public"],
  });
  expect(first.manifest.migrations).toMatchObject([{ folder: "migrations", files: [{ name: "0001_first.sql" }] }]);
  const [api] = first.manifest.artifacts.filter(({ service }) => service === "api");
  expect(await readFile(join(shelvedTree(bed.home, api?.digest ?? ""), "public", "index.html"), "utf8")).toBe("built\n");
  expect(await readFile(join(first.folders.source, "api.mjs"), "utf8")).toBe(shop["api.mjs"]);
  const provenance = JSON.parse(await readFile(first.folders.provenance, "utf8"));
  expect(provenance).toMatchObject({
    _type: "https://in-toto.io/Statement/v1",
    predicateType: "https://slsa.dev/provenance/v1",
    subject: [{ name: "shop-r1/api", digest: { sha256: api?.digest.replace("sha256:", "") } }, { name: "shop-r1/worker" }],
    predicate: { buildDefinition: { externalParameters: { commit, requestedBy: "kim" } } },
  });
});

test("its manifest has names of variables where a site's values will be, and no value", async () => {
  const api = first.manifest.services.find(({ name }) => name === "api");
  expect(api?.environment).toMatchObject({ COLOR: named("COLOR"), TOKEN: named("TOKEN") });
  expect(JSON.stringify(first.manifest)).not.toContain(bed.home);
});

test("the same commit gives the same release, also when it is named otherwise or asked for at once", async () => {
  const again = await Promise.all([bed.release(), bed.release({ commit: "main" }), bed.release({ commit: first.commit ?? "" })]);
  expect(again.map(({ id }) => id)).toEqual(["shop-r1", "shop-r1", "shop-r1"]);
  expect((await listReleases(bed.context.store, { project: "shop" })).map(({ id }) => id)).toEqual(["shop-r1"]);
});

test("a changed working tree is refused with its files, unless a commit is named or the changes are included on purpose", async () => {
  await bed.write({ "api.mjs": "// half a thought\n", "notes.txt": "mine\n" });
  const problem = await problemOf(bed.release());
  expect(problem).toMatchObject({ code: "working-tree-changed", exit: "refused" });
  expect(problem.findings.map(({ place }) => place.file)).toEqual(["api.mjs", "notes.txt"]);
  expect((await bed.release({ commit: "HEAD" })).id).toBe("shop-r1");
  const included = await bed.release({ includeChanges: true });
  expect(included.manifest.changedFiles).toEqual(["api.mjs", "notes.txt"]);
  expect(await readFile(join(included.folders.source, "api.mjs"), "utf8")).toBe("// half a thought\n");
  await bed.git("checkout", "-q", "--", ".");
  await rm(join(bed.directory, "notes.txt"));
});

test("a project below the top of its repository is released by itself", async () => {
  await using outer = await siteTestBed({ README: "many projects\n" });
  await outer.commit("A shop among others", Object.fromEntries(Object.entries(shop).map(([path, text]) => [`shops/one/${path}`, text])));
  const { signal } = outer.context;
  const project = await loadForRelease(join(outer.directory, "shops/one"), { env: {}, signal });
  const release = await createRelease(outer.context, { project });
  expect((await readdir(release.folders.source)).sort()).toEqual([...new Set(Object.keys(shop).map((path) => path.split("/")[0]))].sort());
  await outer.write({ "shops/one/api.mjs": "// changed\n", README: "of no concern\n" });
  const problem = await problemOf(createRelease(outer.context, { project }));
  expect(problem.findings.map(({ place }) => place.file)).toEqual(["api.mjs"]);
});

test("a commit that is not there is refused", async () => {
  expect((await problemOf(bed.release({ commit: "v9.9" }))).code).toBe("commit-unknown");
  expect((await problemOf(getRelease(bed.context.store, "shop-r99"))).fix).toContain("shop-r1");
});

test("a build that fails leaves no release, no folder and no number behind", async () => {
  const before = await readdir(join(bed.home, "releases"));
  const text = shop["dojang.yml"] ?? "";
  await bed.commit("The build breaks", { "dojang.yml": text.replaceAll("echo built > public/index.html", "exit 5") });
  expect((await problemOf(bed.release())).code).toBe("build-failed");
  expect(await readdir(join(bed.home, "releases"))).toEqual(before);
  expect(await listLive(bed.context.store, { kind: "folder" })).toEqual([]);
  await bed.commit("The build is mended", { "dojang.yml": text });
});

test("what the edge shall answer from and nobody makes is refused", async () => {
  const text = shop["dojang.yml"] ?? "";
  await bed.commit("Nobody builds", { "dojang.yml": text.replaceAll(/build: \[[^\]]*\], /g, "") });
  expect((await problemOf(bed.release())).code).toBe("static-missing");
  await bed.commit("It is built again", { "dojang.yml": text });
});

test("a release in a site takes the site's variables and nothing of the machine or of a committed .env", async () => {
  const site = await bed.site("production");
  const missing = await problemOf(bed.resolve(first, site));
  expect(missing.code).toBe("variables-missing");
  expect(missing.message).toContain("TOKEN, COLOR");
  expect(missing.fix).toContain("dojang secrets set production TOKEN");
  expect(missing.fix).toContain("PRODUCTION_COLOR");
  await setSecret(bed.context.store, { site: site.id, name: "TOKEN", value: "sesame" });
  await bed.commit("Somebody commits an .env", {
    ".env": "COLOR=from-dotenv\nTOKEN=from-dotenv\nNOT_LISTED=from-dotenv\n",
    "compose.yaml": (shop["compose.yaml"] ?? "").replace('COLOR: "', `NOT_LISTED: "${named("NOT_LISTED:-default")}", COLOR: "`),
  });
  const release = await bed.release();
  const { resolveRelease } = await import("./resolve-release.ts");
  const env = { PRODUCTION_COLOR: "gold", COLOR: "of-the-machine", STAGING_COLOR: "blue", TOKEN: "of-the-machine" };
  const resolved = await resolveRelease({ store: bed.context.store, signal, env }, release, site);
  expect(resolved.variables).toEqual({ COLOR: "gold", TOKEN: "sesame" });
  const api = resolved.services.release.find(({ name }) => name === "api");
  expect(api?.environment).toMatchObject({ COLOR: "gold", TOKEN: "sesame", NOT_LISTED: "default" });
  await bed.git("rm", "-q", ".env");
  await bed.commit("No .env", { "compose.yaml": shop["compose.yaml"] ?? "" });
});

test("what changed between two releases is told: commits, variables, services, migrations, images", async () => {
  await bed.commit("Items have names", {
    "migrations/0002_names.sql": "alter table item add name text;\n",
    "compose.yaml": (shop["compose.yaml"] ?? "")
      .replace("redis:7", "redis:8")
      .replace('COLOR: "', `NEW: "${named("NEW_NAME:-x")}", COLOR: "`),
    "dojang.yml": (shop["dojang.yml"] ?? "").replace("secrets: [TOKEN]", "secrets: [TOKEN, EXTRA]"),
  });
  const second = await bed.release();
  const diff = await diffReleases(first, second, { directory: bed.directory, environment: "staging", signal });
  expect(diff.commits?.[0]).toMatchObject({ author: "Kim", subject: "Items have names" });
  expect(diff.takenBack).toBe(false);
  expect(diff.variables).toEqual({ added: ["EXTRA"], removed: [] });
  expect(diff.migrations).toEqual({ added: ["migrations/0002_names.sql"], removed: [], changed: [] });
  expect(diff.services).toMatchObject({ added: [], removed: [] });
  expect(diff.services.changed).toContain("api");
  expect(diff.dependencies).toEqual([{ name: "image redis", from: ["7"], to: ["8"], development: false }]);
  expect(diff.configurationChanged).toBe(true);
  const back = await diffReleases(second, first, { directory: bed.directory, signal });
  expect(back.takenBack).toBe(true);
  expect(back.commits?.[0]?.subject).toBe("Items have names");
  expect(back.variables.removed).toContain("NEW_NAME");
});

test("old releases go, but never one that a site serves or goes back to, nor what it is built of", async () => {
  const { store } = bed.context;
  const site = await bed.site("staging");
  await saveSite(store, { ...site, definition: site.definition });
  await setSiteReleases(store, { id: site.id, current: first.id, previous: undefined });
  const before = await listReleases(store, { project: "shop" });
  expect(before.length).toBeGreaterThan(3);
  const kept = await retainReleases(store, { project: "shop", keep: 1, freeDiskBytes: 0, signal });
  const left = await listReleases(store, { project: "shop" });
  expect(left.map(({ id }) => id)).toEqual([before[0]?.id, first.id]);
  expect(kept.removed).toHaveLength(before.length - 2);
  for (const release of left) {
    for (const { digest } of release.manifest.artifacts) expect(await exists(shelvedTree(bed.home, digest))).toBe(true);
    expect(await exists(release.folders.source)).toBe(true);
  }
  const gone = await getRelease(store, kept.removed[0] ?? "");
  expect(await exists(gone.folders.folder)).toBe(false);
  expect((await problemOf(bed.resolve(gone, site))).code).toBe("release-removed");
  const short = await retainReleases(store, { project: "shop", keep: 5, freeDiskBytes: Number.MAX_SAFE_INTEGER, signal });
  expect(short).toMatchObject({ isShort: true, removed: [before[0]?.id] });
  expect((await listReleases(store, { project: "shop" })).map(({ id }) => id)).toEqual([first.id]);
  expect(await readdir(join(bed.home, "releases", ".artifacts"))).toEqual([
    ...new Set(first.manifest.artifacts.map(({ digest }) => digest.replace("sha256:", ""))),
  ]);
});

test("where no release was ever made there is none to remove", async () => {
  const elsewhere = { ...bed.context.store, home: join(bed.home, "elsewhere") };
  const kept = await retainReleases(elsewhere, { project: "nothing", keep: 0, freeDiskBytes: 0, signal });
  expect(kept.removed).toEqual([]);
});

test("what the runtime built may be cleared away, and the release still has it", async () => {
  await rm(join(bed.home, "host", "images"), { recursive: true, force: true });
  const again = await bed.release({ commit: first.commit ?? "" });
  expect(again.id).toBe(first.id);
  const [artifact] = again.manifest.artifacts;
  expect(await readFile(join(shelvedTree(bed.home, artifact?.digest ?? ""), "public", "index.html"), "utf8")).toBe("built\n");
});
