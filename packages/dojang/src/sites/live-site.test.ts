import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureSite } from "../deployments/ensure-site.ts";
import { reap } from "../engine/reaper.ts";
import { listKept } from "../environments/kept-environment.ts";
import type { Release } from "../releases/release.ts";
import { listLive } from "../store/ledger.ts";
import { saveSite, setSiteReleases } from "../store/sites.ts";
import { ensureData } from "./live-data.ts";
import { bringUpSolo, releaseHealth, startRelease, stopRelease, takeDownSolo } from "./live-release.ts";
import type { ResolvedRelease } from "./resolved-release.ts";
import { runInRelease } from "./run-in-release.ts";
import { setSecret } from "./secrets.ts";
import type { Site } from "./site.ts";
import { liveVolume } from "./site-folder.ts";
import { ask, problemOf, type SiteTestBed, shop, siteTestBed, step } from "./site-test-bed.ts";
import { openThrowaway } from "./throwaway.ts";

/** Two releases of a small shop in one site, on real processes: data that stays, sockets, workers that never overlap, and what a kill leaves. */
let bed: SiteTestBed;
let site: Site;
let first: Release;
let one: ResolvedRelease;
let two: ResolvedRelease;

beforeAll(async () => {
  bed = await siteTestBed();
  site = await bed.site("staging");
  first = await bed.release();
  await setSecret(bed.context.store, { site: site.id, name: "TOKEN", value: "sesame" });
  one = await bed.resolve(first, site);
  await bed.commit("Prices are shown", { "api.mjs": (shop["api.mjs"] ?? "").replace("shop 1", "shop 2") });
  two = await bed.resolve(await bed.release(), site);
}, 120_000);
afterAll(() => bed[Symbol.asyncDispose]());

const { signal } = new AbortController();
const environments = async () => (await bed.context.runtime.list()).map(({ id, state }) => `${id} ${state}`).sort();
const ownOf = (id: string) => `${id} running`;

/** What Redis has, as the site's own data. */
async function cache(...command: string[]): Promise<string> {
  const said: Buffer[] = [];
  await bed.context.runtime.exec(
    `${site.id}-data`,
    {
      service: "cache",
      command: ["redis-cli", ...command],
      environment: {},
      timeoutMs: 10_000,
      outputLimitBytes: 10_000,
      onOutput: ({ data }) => said.push(Buffer.from(data)),
    },
    { signal },
  );
  return Buffer.concat(said).toString().trim();
}

test("two releases run side by side on the same data, each by its own sockets, with the site's variables alone", async () => {
  const live = await startRelease(bed.context, site, one, { held: one.services.solo });
  expect(live).toMatchObject({ environmentId: "shop-staging-r1", did: "started" });
  const next = await startRelease(bed.context, site, two, { held: two.services.solo });
  expect(await ask(join(live.socketsFolder, "api.sock"))).toMatch(/^shop 1 blue redis:\/\/127\.77\./);
  expect(await ask(join(next.socketsFolder, "api.sock"))).toMatch(/^shop 2 blue/);
  expect(await ask(join(next.socketsFolder, "api.8000.sock"), "/token")).toBe("sesame");
  expect(await ask(join(live.socketsFolder, "api.sock"), "/count")).toBe("1");
  expect(await ask(join(next.socketsFolder, "api.sock"), "/count")).toBe("2");
  expect(await readFile(join(live.socketsFolder, "static", "public", "index.html"), "utf8")).toBe("built\n");
  expect(await environments()).toEqual(["shop-staging-data", "shop-staging-r1", "shop-staging-r2"].map(ownOf));
});

test("starting a release that runs leaves it as it is, and its data too", async () => {
  const before = await bed.context.runtime.inspect("shop-staging-r1");
  expect((await startRelease(bed.context, site, one)).did).toBe("left");
  expect((await ensureData(bed.context, site, two)).did).toBe("left");
  expect((await bed.context.runtime.inspect("shop-staging-r1"))?.startedAt).toBe(before?.startedAt);
});

test("the worker of one release is down before that of the next is up", async () => {
  expect(await releaseHealth(bed.context, site, one)).toMatchObject({ ok: false, wrong: ["worker is created"] });
  expect(await releaseHealth(bed.context, site, one, { held: ["worker"] })).toMatchObject({ ok: true, wrong: [] });
  await bringUpSolo(bed.context, site, one);
  expect((await releaseHealth(bed.context, site, one)).ok).toBe(true);
  await takeDownSolo(bed.context, site, one);
  await bringUpSolo(bed.context, site, two);
  await bringUpSolo(bed.context, site, two);
  // It fails once, is restarted by its policy, and being asked for again is nothing new.
  await bed.context.runtime.fault("shop-staging-r2", { kind: "kill", service: "worker" }, { signal });
  await expect.poll(async () => (await cache("llen", "workers")).trim(), { timeout: 20_000 }).toBe("4");
  await bringUpSolo(bed.context, site, two);
  expect((await cache("lrange", "workers", "0", "-1")).split("\n")).toEqual(["started", "ended", "started", "started"]);
});

test("a worker that ends as soon as it is started is a Problem", async () => {
  await bed.commit("The worker breaks", {
    "dojang.yml": (shop["dojang.yml"] ?? "").replace("command: node worker.mjs", "command: sh -c 'exit 3'"),
  });
  const broken = await bed.resolve(await bed.release(), site);
  await startRelease(bed.context, site, broken, { held: broken.services.solo });
  expect((await problemOf(bringUpSolo(bed.context, site, broken))).code).toBe("service-exited");
  await stopRelease(bed.context, site, broken.release);
  await stopRelease(bed.context, site, broken.release);
  expect(await environments()).toEqual(["shop-staging-data", "shop-staging-r1", "shop-staging-r2"].map(ownOf));
  await bed.commit("The worker is mended", { "dojang.yml": shop["dojang.yml"] ?? "" });
});

test("a step runs once, in a service's own tree or in the workspace, and leaves no environment", async () => {
  const migrated = await runInRelease(bed.context, site, two, step("node migrate.mjs", { in: "api" }));
  expect(migrated.output.map(({ text }) => text)).toEqual(["migrated 1 sesame"]);
  const failed = await runInRelease(bed.context, site, two, step("echo no; exit 7", { in: "worker" }));
  expect(failed).toMatchObject({ exitCode: 7, output: [{ text: "no" }] });
  const elsewhere = await runInRelease(bed.context, site, two, step("cat migrations/0001_first.sql; echo $COLOR $DOJANG_URL"), {
    variables: { DOJANG_URL: "https://shop.test" },
  });
  expect(elsewhere.output.map(({ text }) => text)).toEqual(["create table item (id int);", "blue https://shop.test"]);
  const kept = await runInRelease(bed.context, site, two, step("redis-cli get migrated", { in: "cache" }));
  expect(kept.output.map(({ text }) => text)).toEqual(["1"]);
  expect((await problemOf(runInRelease(bed.context, site, two, step("true", { in: "apy" })))).fix).toContain('"api"');
  const smoke = await runInRelease(bed.context, site, two, step("node smoke.mjs"), { variables: { DOJANG_URL: "http://api:8000" } });
  expect(smoke).toMatchObject({ exitCode: 0 });
  expect(await environments()).toEqual(["shop-staging-data", "shop-staging-r1", "shop-staging-r2"].map(ownOf));
});

test("a throwaway copy has data of its own, runs what it is asked to, and is gone without a trace", async () => {
  const volume = join(bed.home, "copy-of-cache");
  {
    await using copy = await openThrowaway(bed.context, site, { release: one, volumes: { "cache-data": volume } });
    const status = await bed.context.runtime.inspect(copy.environmentId);
    expect(status?.services.map(({ state }) => state)).toEqual(["created", "created", "created"]);
    await copy.bringUp(["cache"]);
    expect((await copy.runSteps([step("node migrate.mjs", { in: "api" })]))[0]?.output[0]?.text).toBe("migrated 1 sesame");
    const url = await copy.openSite();
    expect(await (await fetch(`${url}/count`)).text()).toBe("1");
    expect((await copy.runSteps(site.definition.smoke, { variables: { DOJANG_URL: url } })).map(({ exitCode }) => exitCode)).toEqual([0]);
    expect(await (await fetch(`${await copy.url("api")}/`)).text()).toMatch(/^shop 1/);
    expect((await problemOf(copy.url("nobody"))).code).toBe("unknown-service");
    // The worker was not asked for.
    expect((await bed.context.runtime.inspect(copy.environmentId))?.services.find(({ name }) => name === "worker")?.state).toBe("created");
  }
  expect((await stat(volume)).isDirectory()).toBe(true);
  expect(await environments()).toEqual(["shop-staging-data", "shop-staging-r1", "shop-staging-r2"].map(ownOf));
  expect((await listLive(bed.context.store, { kind: "environment" })).map(({ id }) => id).sort()).toEqual([
    "shop-staging-data",
    "shop-staging-r1",
    "shop-staging-r2",
  ]);
});

test("live environments are no orphans, and none that `dojang up` or `dojang down` in the project's folder would take for its own", async () => {
  const { did, failed } = await reap({ store: bed.context.store, runtimes: [bed.context.runtime], signal });
  expect([...did, ...failed]).toEqual([]);
  expect(await listKept(bed.context.store, bed.directory)).toEqual([]);
  expect(await listKept(bed.context.store)).toEqual([]);
  expect(await environments()).toEqual(["shop-staging-data", "shop-staging-r1", "shop-staging-r2"].map(ownOf));
});

test("after supervisors were killed the site is brought back: data, the current release with its worker, the former one without", async () => {
  await saveSite(bed.context.store, { ...site, definition: site.definition });
  await setSiteReleases(bed.context.store, { id: site.id, current: two.release.id, previous: one.release.id });
  expect((await ensureSite(bed.context, site)).mended).toBe(false);
  const count = await cache("get", "count");
  for (const id of ["shop-staging-data", "shop-staging-r1", "shop-staging-r2"]) {
    const { pid } = JSON.parse(await readFile(join(bed.home, "host", "environments", id, "supervisor.json"), "utf8"));
    process.kill(pid, "SIGKILL");
  }
  await expect
    .poll(environments, { timeout: 10_000 })
    .toEqual(["shop-staging-data", "shop-staging-r1", "shop-staging-r2"].map((id) => `${id} broken`));
  const ensured = await ensureSite(bed.context, site);
  expect(ensured.mended).toBe(true);
  expect(await ask(join(ensured.current?.socketsFolder ?? "", "api.sock"))).toMatch(/^shop 2/);
  expect(await ask(join(ensured.previous?.socketsFolder ?? "", "api.sock"))).toMatch(/^shop 1/);
  expect(await cache("get", "count")).toBe(count);
  expect((await releaseHealth(bed.context, site, two)).ok).toBe(true);
  expect(await releaseHealth(bed.context, site, one)).toMatchObject({ wrong: ["worker is created"] });
  expect((await ensureSite(bed.context, site)).mended).toBe(false);
}, 120_000);

test("a site nothing was deployed to is left alone", async () => {
  const other = await bed.site("production");
  expect(await ensureSite(bed.context, other)).toMatchObject({ data: undefined, mended: false });
});

test("changed data services restart, which is said, and keep what they have", async () => {
  const count = await cache("get", "count");
  await bed.commit("Redis has a limit", {
    "compose.yaml": (shop["compose.yaml"] ?? "").replace("redis-server,", "redis-server, --maxmemory, 32mb,"),
  });
  const changed = await bed.resolve(await bed.release(), site);
  expect((await ensureData(bed.context, site, changed)).did).toBe("restarted");
  expect(bed.said.at(-1)).toBe("shop-staging: cache restart, for the release changes them");
  expect(await cache("config", "get", "maxmemory")).toContain("33554432");
  expect(await cache("get", "count")).toBe(count);
  expect(await stat(liveVolume(site, "cache-data"))).toBeDefined();
});

test("a start that fails leaves nothing of the release, and the other one as it was", async () => {
  await bed.commit("The api breaks", { "api.mjs": "console.error('no price list'); process.exit(4);\n" });
  const broken = await bed.resolve(await bed.release(), site);
  broken.project.services.forEach(() => {});
  const hasty = {
    ...broken,
    services: { ...broken.services, release: broken.services.release.map((service) => ({ ...service, restart: { kind: "no" as const } })) },
  };
  const problem = await problemOf(startRelease(bed.context, site, hasty, { held: hasty.services.solo }));
  expect(problem.message).toContain("no price list");
  expect(await environments()).toEqual(["shop-staging-data", "shop-staging-r1", "shop-staging-r2"].map(ownOf));
});
