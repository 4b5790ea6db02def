import { stat } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listBackups } from "../backups/list-backups.ts";
import { type Live, openLive } from "../deployments/open-live.ts";
import { startRelease } from "../sites/live-release.ts";
import { setSecret } from "../sites/secrets.ts";
import type { Site } from "../sites/site.ts";
import { type SiteTestBed, shop, siteTestBed } from "../sites/site-test-bed.ts";
import { releaseClaim, takeClaim } from "../store/claims.ts";
import { saveSite, setSiteReleases } from "../store/sites.ts";
import { openStore } from "../store/store.ts";
import { backupsClaim } from "./back-up-site.ts";
import { siteChores } from "./site-chores.ts";

/** A live site whose Redis is saved once a day, by a clock that is given. */
const hourMs = 3_600_000;
const plan = "backups: { services: [cache], every: 24h, keep: { last: 2, daily: 0, weekly: 0 }, proven-within: 30d }";
const { signal } = new AbortController();
let bed: SiteTestBed;
let site: Site;
let live: Live;
let now = Date.UTC(2026, 10, 20, 12);
const said: string[] = [];

beforeAll(async () => {
  const text = (shop["dojang.yml"] ?? "").replace("smoke: [", `${plan}\n    smoke: [`);
  bed = await siteTestBed({ ...shop, "dojang.yml": text });
  const { store, runtime, preloadDirectory } = bed.context;
  site = await bed.site("staging");
  await setSecret(store, { site: site.id, name: "TOKEN", value: "sesame" });
  const release = await bed.release();
  await startRelease(bed.context, site, await bed.resolve(release, site), { held: ["worker"] });
  await saveSite(store, site);
  await setSiteReleases(store, { id: site.id, current: release.id, previous: undefined });
  live = await openLive({ store, home: bed.home, runtimes: [{ runtime, preloadDirectory }], env: {}, signal });
}, 120_000);
afterAll(async () => {
  await live[Symbol.asyncDispose]();
  await bed[Symbol.asyncDispose]();
});

/** What `dojang serve` does once a minute. */
async function look(of = live): Promise<void> {
  const chore = siteChores({ live: of, say: (text) => said.push(text), now: () => now }).find(({ name }) => name === "backups");
  await chore?.run(signal);
}
const kept = () => listBackups(bed.context.store, { site: site.id });
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

test("a site is saved at once, and again each time the interval is over, not before; what no rule keeps is removed", {
  timeout: 120_000,
}, async () => {
  const first = now;
  await look();
  expect((await kept()).map(({ startedAt, reason }) => [startedAt - first, reason])).toEqual([[0, "scheduled"]]);

  now = first + 24 * hourMs - 1;
  await look();
  const [one] = await kept();
  expect(one?.proof).toMatchObject({ passed: true });
  expect(await kept()).toHaveLength(1);

  now = first + 24 * hourMs;
  await look();
  await look();
  const second = (await kept())[0];
  expect((await kept()).map(({ startedAt }) => startedAt - first)).toEqual([24 * hourMs, 0]);

  for (const days of [2, 3]) {
    now = first + days * 24 * hourMs;
    await look();
  }
  // The last two, and the newest that is proven.
  expect((await kept()).map(({ startedAt }) => (startedAt - first) / hourMs)).toEqual([72, 48, 0]);
  expect(await exists(second?.file ?? "")).toBe(false);
  expect(said.filter((text) => text.includes("is saved as"))).toHaveLength(4);
});

test("while one is at it the others leave it alone; of those that look at once one saves, and the others find that it was done", {
  timeout: 120_000,
}, async () => {
  const { runtime, preloadDirectory } = bed.context;
  const store = await openStore({ home: bed.home, signal });
  try {
    await using second = await openLive({ store, home: bed.home, runtimes: [{ runtime, preloadDirectory }], env: {}, signal });
    now += 24 * hourMs;
    const before = (await kept()).map(({ id }) => id);
    const held = await takeClaim(store, backupsClaim(site));
    expect(held).toBeDefined();
    await Promise.all([look(), look(second)]);
    expect((await kept()).map(({ id }) => id)).toEqual(before);

    await releaseClaim(store, held ?? expect.unreachable());
    await Promise.all([look(), look(second), look(), look(second)]);
    await look(second);
    const made = (await kept()).filter(({ id }) => !before.includes(id));
    expect(made.map(({ startedAt }) => startedAt)).toEqual([now]);
    expect(said.filter((text) => text.includes("is saved as"))).toHaveLength(5);
  } finally {
    await store.close();
  }
});
