import { type ChildProcess, spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reap } from "../engine/reaper.ts";
import { listReleases } from "../releases/release.ts";
import { listLive } from "../store/ledger.ts";
import { startRelease, stopRelease } from "./live-release.ts";
import { setSecret } from "./secrets.ts";
import { ask, type SiteTestBed, shop, siteTestBed } from "./site-test-bed.ts";

/** kill -9 of Dojang while it builds, starts or tries something: the next one finds what is left and goes on. */
let bed: SiteTestBed;
beforeEach(async () => {
  bed = await siteTestBed();
});
afterEach(() => bed[Symbol.asyncDispose]());

const { signal } = new AbortController();
const clean = () => reap({ store: bed.context.store, runtimes: [bed.context.runtime], signal });
const ids = async () => (await bed.context.runtime.list()).map(({ id }) => id).sort();

/** Runs a few lines in a process of their own, which is killed as soon as something is so. */
async function killedWhile(lines: string, isSo: (said: readonly string[]) => Promise<boolean>): Promise<void> {
  const from = (path: string) => JSON.stringify(join(import.meta.dirname, path));
  const source = `
    const { openStore } = await import(${from("../store/store.ts")});
    const { HostRuntime } = await import(${from("../../../runtime/src/index.ts")});
    const { loadForRelease } = await import(${from("../releases/release-project.ts")});
    const { createRelease } = await import(${from("../releases/create-release.ts")});
    const { getRelease } = await import(${from("../releases/release.ts")});
    const { resolveRelease } = await import(${from("../releases/resolve-release.ts")});
    const { siteOf } = await import(${from("site.ts")});
    const { startRelease } = await import(${from("live-release.ts")});
    const { openThrowaway } = await import(${from("throwaway.ts")});
    const { runInRelease } = await import(${from("run-in-release.ts")});
    const { signal } = new AbortController();
    const home = ${JSON.stringify(bed.home)};
    const store = await openStore({ home, signal });
    const context = { store, home: store.home, runtime: new HostRuntime({ home: store.home }), preloadDirectory: ${JSON.stringify(bed.context.preloadDirectory)}, signal,
      say: console.log, emit: (event) => event.kind === "output" && console.log(event.text) };
    const project = await loadForRelease(${JSON.stringify(bed.directory)}, { env: {}, signal });
    const site = siteOf(project, "staging", { home: store.home });
    const resolved = async (id) => resolveRelease({ store, signal, env: {} }, await getRelease(store, id), site);
    ${lines}
    console.log("done");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => said.push(line));
  try {
    await expect.poll(() => isSo(said), { timeout: 60_000, interval: 20 }).toBe(true);
  } finally {
    await killed(child);
  }
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

test("while it builds a release: nothing of it is left, and the next one is built whole", async () => {
  const text = (shop["dojang.yml"] ?? "").replace("build: [", "build: [echo building && sleep 30, ");
  await bed.commit("Builds are slow", { "dojang.yml": text });
  await killedWhile("await createRelease(context, { project });", async (said) => said.includes("building"));
  expect((await readdir(join(bed.home, "releases"))).some((name) => name.startsWith(".making-"))).toBe(true);
  await clean();
  expect((await readdir(join(bed.home, "releases"))).filter((name) => name.startsWith(".making-") || name.startsWith("shop"))).toEqual([]);
  expect(await listLive(bed.context.store, { kind: "folder" })).toEqual([]);
  await bed.commit("Builds are quick", { "dojang.yml": shop["dojang.yml"] ?? "" });
  expect((await bed.release()).id).toBe("shop-r1");
  expect((await listReleases(bed.context.store)).map(({ id }) => id)).toEqual(["shop-r1"]);
}, 120_000);

test("while it starts a release: the next start begins anew and publishes it", async () => {
  await bed.commit("The shop opens late", { "api.mjs": (shop["api.mjs"] ?? "").replace(").listen(8000);", "); console.log('opening');") });
  const late = await bed.release();
  const site = await bed.site("staging");
  await setSecret(bed.context.store, { site: site.id, name: "TOKEN", value: "sesame" });
  await killedWhile(`await startRelease(context, site, await resolved("${late.id}"), { held: ["worker"] });`, async () => {
    const status = await bed.context.runtime.inspect("shop-staging-r1");
    return status?.services.find(({ name }) => name === "api")?.state === "starting";
  });
  expect(await ids()).toEqual(["shop-staging-data", "shop-staging-r1"]);
  await bed.commit("The shop opens", { "api.mjs": shop["api.mjs"] ?? "" });
  const resolved = await bed.resolve(await bed.release(), site);
  const live = await startRelease(bed.context, site, { ...resolved, release: { ...resolved.release, number: 1 } }, { held: ["worker"] });
  expect(live.did).toBe("started");
  expect(await ask(join(live.socketsFolder, "api.sock"))).toMatch(/^shop 1/);
  await stopRelease(bed.context, site, { ...resolved.release, number: 1 });
  expect(await ids()).toEqual(["shop-staging-data"]);
}, 120_000);

test("while it tries something: throwaways and commands go with it, what is live stays", async () => {
  const release = await bed.release();
  const site = await bed.site("staging");
  await setSecret(bed.context.store, { site: site.id, name: "TOKEN", value: "sesame" });
  const live = await startRelease(bed.context, site, await bed.resolve(release, site), { held: ["worker"] });
  await killedWhile(
    `const release = await resolved("${release.id}");
     const copy = await openThrowaway(context, site, { release, volumes: {} });
     await copy.bringUp(["api"]);
     const step = { run: "echo at work; sleep 60", in: "api", env: {}, allowFailure: false };
     await runInRelease(context, site, release, step);`,
    async (said) => said.some((line) => line.includes("at work")),
  );
  expect(await ids()).toHaveLength(4);
  expect((await clean()).failed).toEqual([]);
  expect(await ids()).toEqual(["shop-staging-data", "shop-staging-r1"]);
  expect(await ask(join(live.socketsFolder, "api.sock"))).toMatch(/^shop 1/);
}, 120_000);
