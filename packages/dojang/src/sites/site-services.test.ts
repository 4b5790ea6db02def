import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProject } from "../config/load-project.ts";
import { siteId, siteOf } from "./site.ts";
import { type SiteServices, siteServices } from "./site-services.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "dojang-services-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const usual = `services:
  web: { image: "node:24", command: [node, web.js], ports: ["3000:3000"], restart: always, environment: { API_URL: "http://api:8000" } }
  api: { image: "node:24", command: [node, api.js], expose: [8000, 8001], restart: always, depends_on: [postgres, cache] }
  worker: { image: "node:24", command: [node, worker.js], depends_on: { postgres: { condition: service_started } } }
  mail: { image: "node:24", command: [node, mail.js], ports: ["8025:8025"], restart: always }
  postgres: { image: "postgres:16", environment: { POSTGRES_PASSWORD: x }, volumes: ["db:/var/lib/postgresql/data"] }
  cache: { image: "docker.io/library/redis:7" }
volumes: { db: {} }
`;

/** As a site with these settings would have them, or what is wrong with that. */
function services(more: { services?: string; routes?: string; compose?: string }): SiteServices | string {
  writeFileSync(join(directory, "compose.yaml"), more.compose ?? usual);
  const text = `version: 1\nname: shop\nenvironments:\n  staging:\n    services: { ${more.services ?? ""} }\n    site: { hosts: [a.test], routes: [${more.routes ?? "{ path: /, to: web }"}] }\njobs: { a: { steps: [{ run: x }] } }\n`;
  const { project } = readProject({ directory, env: {}, text });
  if (project === undefined) throw new Error("the file of the test cannot be read");
  const site = siteOf(project, "staging", { home: "/home" });
  try {
    return siteServices(project, site.definition, "staging");
  } catch (error) {
    if (error instanceof Problem) return `${error.message}: ${error.fix}`;
    throw error;
  }
}

const names = (all: SiteServices | string) =>
  typeof all === "string" ? all : { data: all.data.map(({ name }) => name), release: all.release.map(({ name }) => name), solo: all.solo };

test("databases, caches and what has a volume stay; the rest comes with a release; nobody's neighbours never run twice", () => {
  expect(names(services({}))).toEqual({
    data: ["postgres", "cache"],
    release: ["web", "api", "worker", "mail"],
    // web asks api by the address in its variable, and api is not told to wait for it.
    solo: ["worker", "mail"],
  });
});

test("what is left out does not run, and what may overlap is not held back", () => {
  expect(names(services({ services: "leave-out: [mail], overlap: [worker]" }))).toEqual({
    data: ["postgres", "cache"],
    release: ["web", "api", "worker"],
    solo: [],
  });
});

test("what is kept can be chosen", () => {
  expect(names(services({ services: "keep: [postgres]" }))).toMatchObject({
    data: ["postgres"],
    release: ["web", "api", "worker", "mail", "cache"],
  });
});

test("a service that stays down when it ends is told of", () => {
  const all = services({});
  expect(typeof all === "string" ? all : all.notes).toEqual([
    "worker stays down when it ends: `restart: unless-stopped` would start it again",
  ]);
});

test.each([
  ["a route to no service", { routes: "{ path: /, to: wep }" }, 'route / leads to "wep", which is no service: did you mean "web"?'],
  [
    "a route to what is kept",
    { routes: "{ path: /, to: web }, { path: /db, to: postgres }" },
    "route /db leads to postgres, which is kept across releases",
  ],
  ["a route to what is left out", { services: "leave-out: [web]" }, "route / leads to web, which is left out"],
  ["a route to a service without a port", { routes: "{ path: /, to: worker }" }, "route / leads to worker, which has no port"],
  [
    "a route to one of several ports",
    { routes: "{ path: /, to: api }" },
    "route / leads to api, which has the ports 8000, 8001: add `port:` to the route",
  ],
  [
    "a route to a port that is not there",
    { routes: "{ path: /, to: api, port: 9 }" },
    "route / leads to port 9 of api, which has 8000, 8001",
  ],
  ["what others depend on left out", { services: "leave-out: [postgres]" }, "api depends on postgres, which is left out"],
  [
    "what is kept on what is not",
    { services: "keep: [api]", routes: "{ path: /, to: web }" },
    "api is kept across releases, yet depends on postgres",
  ],
  ["a name that is no service", { services: "overlap: [workers]" }, 'services.overlap names "workers", which is no service'],
])("%s is refused", (_what, more, message) => {
  expect(services(more)).toContain(message);
});

test("everything that is wrong is told at once", () => {
  const said = services({ services: "leave-out: [postgres], keep: [nothing]", routes: "{ path: /, to: worker }" });
  for (const part of ["services.keep", "depends on postgres", "worker, which has no port"]) expect(said).toContain(part);
});

test("the id of a site fits into names of its environments and is nobody else's", () => {
  expect(siteId("shop", "staging")).toBe("shop-staging");
  const long = siteId("a-project-with-a-very-long-name", "production");
  expect(long).toMatch(/^[a-z0-9-]{1,28}$/);
  expect(siteId("a-project-with-a-very-long-name", "staging")).not.toBe(long);
  expect(siteId("Shop", "staging")).toMatch(/^shop-staging-[0-9a-f]{6}$/);
});

test("an environment that is not there, or has no site, is refused with what to do", () => {
  writeFileSync(join(directory, "compose.yaml"), usual);
  const text = "version: 1\nname: shop\nenvironments: { staging: {} }\njobs: { a: { steps: [{ run: x }] } }\n";
  const { project } = readProject({ directory, env: {}, text });
  const codeOf = (name: string) => {
    try {
      // Read of a file that is whole.
      return siteOf(project!, name, { home: "/home" }).id;
    } catch (error) {
      return error instanceof Problem ? `${error.code}: ${error.fix}` : error;
    }
  };
  expect(codeOf("stagign")).toBe('environment-unknown: did you mean "staging"?');
  expect(codeOf("__proto__")).toMatch(/^environment-unknown: /);
  expect(codeOf("staging")).toContain("environment-without-site: declare environments.staging.site");
});
