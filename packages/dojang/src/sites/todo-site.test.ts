import { execFile } from "node:child_process";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Release } from "../releases/release.ts";
import { bringUpSolo, releaseHealth, startRelease } from "./live-release.ts";
import type { ResolvedRelease } from "./resolved-release.ts";
import { runInRelease } from "./run-in-release.ts";
import { setSecret } from "./secrets.ts";
import type { Site } from "./site.ts";
import { ask, type SiteTestBed, siteTestBed, step } from "./site-test-bed.ts";
import { openThrowaway } from "./throwaway.ts";

/** The sample system as people have it: npm packages, PostgreSQL and Redis, migrations, a worker, smoke tests. */
const todo = join(import.meta.dirname, "../../../../examples/todo");
let bed: SiteTestBed;
let site: Site;
let release: Release;
let resolved: ResolvedRelease;

beforeAll(async () => {
  bed = await siteTestBed({ README: "soon" });
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: todo });
  for (const file of stdout.split("\0").filter((one) => one !== "")) await cp(join(todo, file), join(bed.directory, file));
  // A process of Node for every probe is what a busy machine has no time for; dojang.yml's own asks by HTTP.
  const compose = (await readFile(join(todo, "compose.yaml"), "utf8")).replace(/^ {2}healthcheck: &health\n(?: {4}.*\n)+/m, "");
  await bed.commit("The sample system", { "compose.yaml": compose });
  site = await bed.site("staging");
  release = await bed.release();
  for (const name of site.definition.secrets) {
    await setSecret(bed.context.store, { site: site.id, name, value: `a-${name.toLowerCase()}-of-more-than-32-characters` });
  }
  resolved = await bed.resolve(release, site);
}, 300_000);
afterAll(() => bed[Symbol.asyncDispose]());

test("its bill of materials lists what is really installed, with addresses, digests and licences", async () => {
  const bill = JSON.parse(await readFile(release.folders.sbom, "utf8"));
  expect(bill).toMatchObject({
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    metadata: { component: { name: "todo", type: "application" } },
  });
  const wanted = JSON.parse(await readFile(join(todo, "package-lock.json"), "utf8")).packages["node_modules/fastify"];
  const fastify = bill.components.find(({ name }: { name: string }) => name === "fastify");
  expect(fastify).toMatchObject({
    version: wanted.version,
    purl: `pkg:npm/fastify@${wanted.version}`,
    hashes: [{ alg: "SHA-512", content: Buffer.from(wanted.integrity.slice("sha512-".length), "base64").toString("hex") }],
    licenses: [{ license: { id: "MIT" } }],
  });
  const cookie = bill.components.find(({ name }: { name: string }) => name === "cookie" || name === "@fastify/cookie");
  expect(cookie.purl).toMatch(/^pkg:npm\/(%40fastify\/)?cookie@/);
  expect(bill.components.find(({ type }: { type: string }) => type === "container")?.name).toBeDefined();
  expect(release.manifest.sbom.components).toBe(bill.components.length);
  expect(release.manifest.migrations[0]?.files.map(({ name }) => name)).toContain("0001_lists.up.sql");
});

test("it is migrated before anything of it runs, then starts, and its health is known from inside and outside", async () => {
  const migrated = await runInRelease(bed.context, site, resolved, step("npm run migrate", { in: "api" }));
  expect(migrated.exitCode, JSON.stringify(migrated.output)).toBe(0);
  const live = await startRelease(bed.context, site, resolved, { held: resolved.services.solo });
  await bringUpSolo(bed.context, site, resolved);
  expect(await releaseHealth(bed.context, site, resolved)).toMatchObject({ ok: true });
  expect(JSON.parse(await ask(join(live.socketsFolder, "web.sock"), "/health"))).toMatchObject({ api: "up" });
}, 300_000);

test("a copy of it on data of its own is migrated and passes its smoke tests", async () => {
  await using copy = await openThrowaway(bed.context, site, { release: resolved, volumes: {} });
  await copy.bringUp(["postgres"]);
  const [migrated] = await copy.runSteps([step("npm run migrate", { in: "api" })]);
  expect(migrated?.exitCode, JSON.stringify(migrated?.output)).toBe(0);
  const url = await copy.openSite();
  const smoke = await copy.runSteps(resolved.project.file.environments.staging?.smoke ?? [], { variables: { DOJANG_URL: url } });
  expect(smoke.map(({ exitCode, output }) => [exitCode, output.at(-1)?.text])).toEqual([[0, `${url} works`]]);
}, 300_000);
