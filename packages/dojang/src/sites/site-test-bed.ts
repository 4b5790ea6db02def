import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Problem, type Step } from "@dojang/model";
import { HostRuntime } from "@dojang/runtime";
import { expect } from "vitest";
import type { LoadedProject } from "../config/load-project.ts";
import { createRelease, type ReleaseRequest } from "../releases/create-release.ts";
import type { Release } from "../releases/release.ts";
import { loadForRelease } from "../releases/release-project.ts";
import { resolveRelease } from "../releases/resolve-release.ts";
import { openStore } from "../store/store.ts";
import type { ResolvedRelease } from "./resolved-release.ts";
import { type Site, siteOf } from "./site.ts";
import type { SiteContext } from "./site-context.ts";

// For tests: a state folder, a repository with a small shop in it (api, worker, Redis), and short ways to release it.
const run = promisify(execFile);

export interface SiteTestBed extends AsyncDisposable {
  readonly context: SiteContext;
  readonly home: string;
  readonly directory: string;
  /** What was said. */
  readonly said: string[];
  git(...args: readonly string[]): Promise<string>;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  commit(message: string, files?: Readonly<Record<string, string>>): Promise<string>;
  load(): Promise<LoadedProject>;
  site(environment: string): Promise<Site>;
  release(more?: Omit<ReleaseRequest, "project">): Promise<Release>;
  resolve(release: Release, site: Site): Promise<ResolvedRelease>;
}

export async function siteTestBed(files: Readonly<Record<string, string>> = shop): Promise<SiteTestBed> {
  const folder = await mkdtemp(join(tmpdir(), "dojang-sites-"));
  await chmod(folder, 0o711);
  const home = join(folder, "home");
  await mkdir(home, { mode: 0o711 });
  const directory = join(folder, "shop");
  const { signal } = new AbortController();
  // The checkout may lie where guests cannot go.
  const preload = join(folder, "preload");
  await cp(preloads, preload, { recursive: true });
  const store = await openStore({ home, signal });
  const runtime = new HostRuntime({ home: store.home });
  const said: string[] = [];
  const context: SiteContext = { store, home: store.home, runtime, preloadDirectory: preload, signal, say: (text) => said.push(text) };
  const git = async (...args: readonly string[]) =>
    (await run("git", ["-c", "user.name=Kim", "-c", "user.email=kim@example.com", ...args], { cwd: directory })).stdout.trim();
  const write = async (changes: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(changes)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
  };
  const commit = async (message: string, changes: Readonly<Record<string, string>> = {}) => {
    await write(changes);
    await git("add", "-A");
    await git("commit", "-q", "-m", message);
    return await git("rev-parse", "HEAD");
  };
  await mkdir(directory);
  await git("init", "-q", "-b", "main");
  await commit("The shop opens", files);
  const load = () => loadForRelease(directory, { env: {}, signal });
  return {
    context,
    home: store.home,
    directory,
    said,
    git,
    write,
    commit,
    load,
    site: async (environment) => siteOf(await load(), environment, { home: store.home }),
    release: async (more = {}) => createRelease(context, { project: await load(), ...more }),
    resolve: (release, site) => resolveRelease({ store, signal, env: {} }, release, site),
    async [Symbol.asyncDispose]() {
      for (const { id } of await runtime.list()) await runtime.stop(id);
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const preloads = join(import.meta.dirname, "..", "..", "preload");

const apiSource = `
import { createServer } from "node:http";
import { redis } from "./redis.mjs";
const { COLOR, TOKEN, CACHE_URL } = process.env;
createServer(async (request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  if (path === "/count") return response.end(await redis("INCR count"));
  if (path === "/slow") return setTimeout(() => response.end("slow"), 300);
  if (path === "/token") return response.end(TOKEN ?? "none");
  response.end("shop 1 " + COLOR + " " + CACHE_URL);
}).listen(8000);
process.on("SIGTERM", () => process.exit(0));
`;

/** One word of Redis's protocol as inline command; answers with the last line. */
const redisSource = `
import { connect } from "node:net";
export const redis = (command) => new Promise((resolve, reject) => {
  const { hostname, port } = new URL(process.env.CACHE_URL);
  const socket = connect({ host: hostname, port: Number(port) });
  let text = "";
  socket.on("data", (data) => (text += data));
  socket.on("error", reject);
  socket.on("close", () => resolve(text.split("\\r\\n").at(0).replace(/^[:+]/, "")));
  socket.write(command + "\\r\\nQUIT\\r\\n");
});
`;

const composeSource = `
services:
  api:
    build: .
    restart: unless-stopped
    environment: { COLOR: "\${COLOR:-grey}", TOKEN: "\${TOKEN:?is a secret}", CACHE_URL: "redis://cache:6379" }
    ports: ["8000:8000"]
    depends_on: { cache: { condition: service_healthy } }
  worker:
    build: .
    restart: unless-stopped
    environment: { CACHE_URL: "redis://cache:6379" }
    depends_on: { cache: { condition: service_healthy } }
  cache:
    image: redis:7
    command: [redis-server, --appendonly, "yes", --appendfsync, always]
    restart: unless-stopped
    volumes: ["cache-data:/data"]
    healthcheck: { test: [CMD, redis-cli, ping], interval: 300ms, retries: 50 }
volumes: { cache-data: {} }
`;

const dojangSource = `
version: 1
name: shop
services:
  api: { build: [mkdir -p public && echo built > public/index.html], command: node api.mjs, port: 8000, health: GET / }
  worker: { build: [mkdir -p public && echo built > public/index.html], command: node worker.mjs }
environments:
  staging:
    variables: [COLOR]
    values: { COLOR: blue }
    secrets: [TOKEN]
    site: { hosts: [staging.shop.test], routes: [{ path: /, to: api }], static: [{ path: /files, from: public }] }
    smoke: [{ run: node smoke.mjs }]
  production:
    variables: [COLOR]
    secrets: [TOKEN]
    site: { hosts: [shop.test], routes: [{ path: /, to: api }] }
  bare: {}
jobs:
  unit: { steps: [{ run: "true" }] }
`;

export const shop: Readonly<Record<string, string>> = {
  "api.mjs": apiSource,
  "redis.mjs": redisSource,
  "worker.mjs": `import { redis } from "./redis.mjs";\nawait redis("RPUSH workers started");\nsetInterval(() => {}, 1000);\nprocess.on("SIGTERM", async () => { await redis("RPUSH workers ended"); process.exit(0); });\n`,
  "migrate.mjs": `import { redis } from "./redis.mjs";\nconsole.log("migrated", await redis("INCR migrated"), process.env.TOKEN);\n`,
  "smoke.mjs": `const answer = await (await fetch(process.env.DOJANG_URL + "/")).text();\nconsole.log(answer);\nprocess.exit(answer.startsWith("shop") ? 0 : 1);\n`,
  "migrations/0001_first.sql": "create table item (id int);\n",
  "package.json": '{ "name": "shop", "private": true, "type": "module" }\n',
  "compose.yaml": composeSource,
  "dojang.yml": dojangSource,
};

export function step(command: string, more: Partial<Step> = {}): Step {
  return { run: command, env: {}, workingDirectory: undefined, timeoutMs: undefined, allowFailure: false, ...more };
}

export function ask(socketPath: string, path = "/"): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ socketPath, path, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    });
    asked.on("error", reject);
  });
}

/** The Problem a promise is rejected with; anything else fails the test. */
export async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => expect.fail("expected a Problem, got success"),
    (caught: unknown) => caught,
  );
  if (!(error instanceof Problem)) throw error;
  expect(error.fix, `Problem ${error.code} says what to do`).not.toBe("");
  return error;
}
