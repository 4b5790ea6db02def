import { lstat, mkdtemp, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Site } from "./site.ts";
import { liveVolume, makeSiteFolder, makeVolume, siteUser } from "./site-folder.ts";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "dojang-folder-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const siteAt = (id: string, environment: string): Site => ({
  id,
  project: "shop",
  environment,
  home,
  folder: join(home, "sites", id),
  directory: "/srv/shop",
  // Nothing here looks at it.
  definition: {} as Site["definition"],
});

test("guests may pass through to their volumes and nginx to its sockets, and nobody may look at what Dojang notes down", async () => {
  const site = siteAt("shop-staging", "staging");
  await makeSiteFolder(site);
  await makeSiteFolder(site);
  const mode = async (name: string) => ((await stat(join(site.folder, name))).mode & 0o777).toString(8);
  expect(await Promise.all(["", "volumes", "sockets", "env", "backups"].map(mode))).toEqual(["711", "711", "755", "700", "700"]);
});

test("an id that is another environment's is refused, for both would have one folder", async () => {
  await makeSiteFolder(siteAt("shop-a-b", "a-b"));
  const error = await makeSiteFolder(siteAt("shop-a-b", "b")).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ code: "site-id-taken" });
});

test("a volume is a link, made once, so that a restored copy takes its place in one step", async () => {
  const site = siteAt("shop-staging", "staging");
  const link = await makeVolume(site, "db");
  expect(link).toBe(liveVolume(site, "db"));
  const leadsTo = await readlink(link);
  await makeVolume(site, "db");
  expect(await readlink(link)).toBe(leadsTo);
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
});

test("each site has a user of its own, the same one each time, also when several ask at once", async () => {
  const sites = ["one", "two", "three"].map((name) => siteAt(`shop-${name}`, name));
  for (const site of sites) await makeSiteFolder(site);
  const numbers = await Promise.all(sites.map(siteUser));
  expect(new Set(numbers).size).toBe(3);
  for (const number of numbers) expect(number).toSatisfy((one: number) => one >= 1 && one <= 60_000);
  expect(await Promise.all(sites.map(siteUser))).toEqual(numbers);
});
