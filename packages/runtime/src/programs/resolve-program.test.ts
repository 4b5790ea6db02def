import { Problem, type ServiceSpec } from "@dojang/model";
import { describe, expect, test } from "vitest";
import { service } from "../contract-suite/actor-services.ts";
import type { InstalledProgram, MachineFacts } from "./machine-facts.ts";
import { resolveProgram } from "./resolve-program.ts";

describe("what an image becomes", () => {
  test("the program of the closest major version is taken, the newer of two as close", () => {
    expect(planOf({ image: "postgres:16-alpine" }).describe).toBe("PostgreSQL 15.9 (system)");
    expect(planOf({ image: "postgres:17" }).describe).toBe("PostgreSQL 18.4 (npm)");
    expect(planOf({ image: "postgres" }).describe).toBe("PostgreSQL 18.4 (npm)");
  });

  test("the image asked for is kept, so that the substitution can be said", () => {
    expect(planOf({ image: "postgres:17" }).asked).toBe("postgres:17");
  });

  test("arguments given in Compose come after ours, and the port asked of the plan comes last", () => {
    const { argv } = planOf({ image: "postgres:17", command: ["postgres", "-c", "max_connections=200"] }, { port: 5999 });
    expect(argv.slice(-4)).toEqual(["-c", "max_connections=200", "-p", "5999"]);
    expect(argv).toContain("listen_addresses=0.0.0.0");
  });

  test("user, database, password and arguments are in the template's key, the place of the data is not", () => {
    const key = (environment: Record<string, string>, dataDirectory = "/data") =>
      planOf({ image: "postgres:17" }, { environment: { POSTGRES_PASSWORD: "x", ...environment }, dataDirectory }).template?.key;
    expect(key({})).toBe(key({}, "/elsewhere"));
    expect(key({ POSTGRES_USER: "a" })).not.toBe(key({}));
    expect(key({ POSTGRES_PASSWORD: "y" })).not.toBe(key({}));
    expect(key({ POSTGRES_INITDB_ARGS: "--data-checksums" })).not.toBe(key({}));
  });

  test("a password comes from a Compose secret when the variable ends in _FILE", () => {
    const mounts: ServiceSpec["mounts"] = [{ kind: "file", target: "/run/secrets/db", content: "it's secret\n", mode: 0o400 }];
    const plan = planOf({ image: "postgres:17" }, { environment: { POSTGRES_PASSWORD_FILE: "/run/secrets/db" }, mounts });
    expect(plan.template?.steps[1]?.stdin).toContain("PASSWORD E'it''s secret'");
  });

  test("a _FILE variable whose file could be anything is refused", () => {
    const mounts: ServiceSpec["mounts"] = [{ kind: "bind", source: "/checkout/secret", target: "/run/secrets/db", readOnly: true }];
    const problem = problemOf(() =>
      planOf({ image: "postgres:17" }, { environment: { POSTGRES_PASSWORD_FILE: "/run/secrets/db" }, mounts }),
    );
    expect(problem).toMatchObject({ code: "image-misconfigured", exit: "configuration" });
  });

  test("PostgreSQL without a password is refused as the image refuses it", () => {
    expect(problemOf(() => planOf({ image: "postgres:17" }, { environment: {} })).message).toContain("password");
    expect(planOf({ image: "postgres:17" }, { environment: { POSTGRES_HOST_AUTH_METHOD: "trust" } }).template?.steps[2]?.stdin).toContain(
      "host all all all trust",
    );
  });

  test("being on the loopback of the host proves nothing, so a password is asked for there too", () => {
    const access = (host: string) => planOf({ image: "postgres:17" }, { host }).template?.steps[2]?.stdin;
    expect(access("0.0.0.0")).toContain("127.0.0.1/32 trust");
    expect(access("127.77.1.1")).not.toContain("127.0.0.1/32 trust");
  });

  test("a recipe's PATH comes before the machine's commands and never hides them", () => {
    const recipe = { language: "python", build: [], command: ["python", "a.py"], directory: "/app", origin: "test" } as const;
    const environment = { PATH: "/app/.venv/bin:/usr/bin" };
    const spec = service("it", { kind: "build", context: "/x", args: {}, recipe: { ...recipe, environment } }, {});
    const folders = resolveProgram({ ...base, service: spec }).environment.PATH?.split(":") ?? [];
    expect(folders[0]).toBe("/app/.venv/bin");
    expect(folders.filter((folder) => folder === "/usr/bin")).toHaveLength(1);
    expect(folders).toContain(`${machine.standIns}/bin`);
  });

  test("a built service is started by its recipe, in which Compose's command has its files named where they are", () => {
    const recipe = {
      language: "node",
      build: [],
      command: ["node", "/app/src/a.js"],
      directory: "/app",
      environment: {},
      origin: "test",
    } as const;
    const spec = service("it", { kind: "build", context: "/x", args: {}, recipe, command: ["node", "/image/a.js"] }, {});
    expect(resolveProgram({ ...base, service: spec }).argv).toEqual(["node", "/app/src/a.js"]);
  });

  test("a mail catcher's image is played by Dojang's own, on the image's ports", () => {
    expect(planOf({ image: "maildev/maildev:2.1.0" })).toMatchObject({ defaultPort: 1080, describe: expect.stringContaining("MailDev") });
    expect(planOf({ image: "docker.io/axllent/mailpit" }).argv.slice(1)).toEqual([
      "/ours/mail-catcher.ts",
      "mailpit",
      "0.0.0.0",
      "1025",
      "8025",
    ]);
    expect(problemOf(() => planOf({ image: "acme/mailpit" })).code).toBe("image-unavailable");
  });

  test("a redis command in Compose is run through the wrapper, whatever its form", () => {
    expect(planOf({ image: "redis:7", command: ["redis-server", "--appendonly", "yes"] }).argv).toEqual([
      "/run/x/bin/redis-server",
      "--appendonly",
      "yes",
    ]);
    expect(planOf({ image: "redis:7", command: ["--save", ""] }).argv).toEqual(["/run/x/bin/redis-server", "--save", ""]);
    const shell = planOf({ image: "redis:7", command: ["sh", "-c", "redis-server --requirepass $PW"] });
    expect(shell.argv).toEqual(["sh", "-c", "redis-server --requirepass $PW"]);
    expect(shell.environment.PATH?.startsWith("/run/x/bin:")).toBe(true);
  });

  test("valkey is played by redis, and mysql by mariadb, where only those are there", () => {
    expect(planOf({ image: "valkey/valkey:8" }).describe).toBe("Redis 7.0.15 (system)");
    const plan = planOf(
      { image: "mysql:8", command: ["--default-authentication-plugin=mysql_native_password", "--max-connections=9"] },
      { environment: { MYSQL_ROOT_PASSWORD: "r" } },
    );
    expect(plan.describe).toBe("MariaDB 10.11.19 (system)");
    expect(plan.argv).toContain("--max-connections=9");
    expect(plan.argv.join(" ")).not.toContain("authentication-plugin");
  });

  test("another image is a Problem that names it, what is supported and the way out", () => {
    const problem = problemOf(() => planOf({ image: "quay.io/acme/search:2" }));
    expect(problem).toMatchObject({ code: "image-unavailable", exit: "configuration" });
    expect(problem.message).toContain("quay.io/acme/search:2");
    expect(problem.message).toContain("postgres, redis");
    expect(problem.fix).toMatch(/services: it: of dojang\.yml.*--runtime docker/);
  });

  test("an image of a known name but another owner is not taken for the official one", () => {
    expect(problemOf(() => planOf({ image: "ghcr.io/acme/postgres:16" })).code).toBe("image-unavailable");
  });

  test("a program that is not installed is a Problem with the package to install", () => {
    expect(problemOf(() => planOf({ image: "nginx:1" })).fix).toContain("apt-get install nginx");
  });

  test("a recipe's line is run by the shell, and its argv as it is", () => {
    const recipe = { language: "node", build: [], directory: "/app", environment: { MODE: "x" }, origin: "test" } as const;
    const build = { kind: "build", context: "/c", args: {} } as const;
    const plan = (command: string[]) =>
      resolveProgram({ ...base, service: service("it", { ...build, recipe: { ...recipe, command } }, { environment: { A: "b" } }) });
    expect(plan(["node dist/server.js"]).argv).toEqual(["sh", "-c", "node dist/server.js"]);
    expect(plan(["node", "server.js"]).argv).toEqual(["node", "server.js"]);
    expect(plan(["node", "server.js"])).toMatchObject({ workingDirectory: "/app", environment: { MODE: "x", A: "b" } });
    expect(plan(["x"]).environment.PATH?.startsWith("/app/node_modules/.bin:/app/.venv/bin:/ours/node-bin:")).toBe(true);
  });
});

const program = (
  family: InstalledProgram["family"],
  version: string,
  origin: InstalledProgram["origin"],
  binaries: Record<string, string>,
): InstalledProgram => ({
  family,
  version,
  major: Number.parseInt(version, 10),
  origin,
  binaries,
  readOnlyPaths: [],
});

const machine: MachineFacts = {
  platform: "linux",
  standIns: "/ours",
  clientFolders: [],
  programs: [
    program("postgres", "13.1", "system", { postgres: "/pg13/postgres", initdb: "/pg13/initdb" }),
    program("postgres", "15.9", "system", { postgres: "/pg15/postgres", initdb: "/pg15/initdb" }),
    program("postgres", "18.4", "npm", { postgres: "/pg18/postgres", initdb: "/pg18/initdb" }),
    program("redis", "7.0.15", "system", { server: "/usr/bin/redis-server" }),
    program("mariadb", "10.11.19", "system", { server: "/usr/sbin/mariadbd" }),
    program("node", "24.1.0", "dojang", { node: "/n/node" }),
  ],
};

const base = { machine, listen: { host: "0.0.0.0" }, dataDirectory: "/data", runDirectory: "/run/x" };

function planOf(
  image: { image: string; command?: readonly string[] },
  more: { host?: string; port?: number; dataDirectory?: string; environment?: Record<string, string>; mounts?: ServiceSpec["mounts"] } = {},
) {
  const environment = more.environment ?? { POSTGRES_PASSWORD: "secret" };
  return resolveProgram({
    ...base,
    dataDirectory: more.dataDirectory ?? base.dataDirectory,
    listen: { host: more.host ?? "0.0.0.0", port: more.port },
    service: service("it", { kind: "image", ...image }, { environment, mounts: more.mounts ?? [] }),
  });
}

function problemOf(make: () => unknown): Problem {
  try {
    make();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return expect.fail("expected a Problem");
}
