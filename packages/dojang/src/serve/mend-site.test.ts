import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Live, openLive } from "../deployments/open-live.ts";
import type { Release } from "../releases/release.ts";
import { setSecret } from "../sites/secrets.ts";
import type { Site } from "../sites/site.ts";
import { ask, type SiteTestBed, shop, siteTestBed } from "../sites/site-test-bed.ts";
import { saveSite, setSiteReleases } from "../store/sites.ts";
import { mendSite, type WholeSites } from "./mend-site.ts";

/** A site of two releases, one live and one warm, as `dojang serve` sees to it every few seconds. */
const { signal } = new AbortController();
let bed: SiteTestBed;
let site: Site;
let live: Live;
let second: Release;
let said: string[] = [];
const whole: WholeSites = new Map();

beforeAll(async () => {
  bed = await siteTestBed();
  const { store, runtime, preloadDirectory } = bed.context;
  site = await bed.site("staging");
  await setSecret(store, { site: site.id, name: "TOKEN", value: "sesame" });
  const first = await bed.release();
  await bed.commit("The shop is painted", { "api.mjs": (shop["api.mjs"] ?? "").replace("shop 1", "shop 2") });
  second = await bed.release();
  await saveSite(store, site);
  await setSiteReleases(store, { id: site.id, current: second.id, previous: first.id });
  live = await openLive({ store, home: bed.home, runtimes: [{ runtime, preloadDirectory }], env: {}, signal });
}, 120_000);
afterAll(async () => {
  await live[Symbol.asyncDispose]();
  await bed[Symbol.asyncDispose]();
});

async function look(): Promise<readonly string[]> {
  said = [];
  await mendSite(live, site, { signal, say: (text) => said.push(text), whole });
  return said;
}
const socket = () => join(site.folder, "sockets", second.id, "api.sock");
const serves = async () => await ask(socket());

test("what is whole is left alone without a look into its release, and what is not is mended at the next look", {
  timeout: 180_000,
}, async () => {
  expect(await look()).toEqual([`${site.id}: what did not run runs again`]);
  expect(await serves()).toMatch(/^shop 2/);

  // Nobody reads it while all is well.
  await rename(second.folders.source, `${second.folders.source}.aside`);
  expect(await look()).toEqual([]);
  await rename(`${second.folders.source}.aside`, second.folders.source);

  await rm(socket());
  await look();
  expect(await serves()).toMatch(/^shop 2/);

  const { pid } = JSON.parse(await readFile(join(bed.home, "host/environments", `${site.id}-r2`, "supervisor.json"), "utf8"));
  process.kill(pid, "SIGKILL");
  await expect.poll(async () => (await bed.context.runtime.inspect(`${site.id}-r2`))?.state, { timeout: 60_000 }).toBe("failed");
  expect(await look()).toContain(`${site.id}: what did not run runs again`);
  expect(await serves()).toMatch(/^shop 2/);

  await setSecret(bed.context.store, { site: site.id, name: "TOKEN", value: "abracadabra" });
  await look();
  expect(await ask(socket(), "/token")).toBe("abracadabra");
});
