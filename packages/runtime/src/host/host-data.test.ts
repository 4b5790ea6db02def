import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EnvironmentKind, EnvironmentSpec, ServiceSpec } from "@dojang/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { environment, server, service } from "../contract-suite/actor-services.ts";
import { eventually, neverAborted, run } from "../contract-suite/stage.ts";
import { hostFolder } from "./host-folder.ts";
import { type HostStage, openHostStage } from "./host-stage.ts";

/** Databases of live sites: their data is kept, waits for the disk, and is not open to whoever is on the loopback. */
let stage: HostStage;
beforeAll(async () => {
  stage = await openHostStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const postgres = (): ServiceSpec =>
  service(
    "db",
    { kind: "image", image: "postgres:16" },
    {
      environment: { POSTGRES_PASSWORD: "sesame", POSTGRES_DB: "app" },
      mounts: [{ kind: "volume", volume: "pgdata", target: "/var/lib/postgresql/data", readOnly: false }],
      health: {
        probe: { kind: "shell", command: "pg_isready -U postgres -d app" },
        intervalMs: 300,
        timeoutMs: 5_000,
        retries: 100,
        startPeriodMs: 0,
      },
      stop: { signal: "SIGTERM", graceMs: 30_000 },
    },
  );
const withDatabase = (id: string, kind: EnvironmentKind, data: string, more: Partial<EnvironmentSpec> = {}) =>
  environment(id, [postgres(), server("api", stage.context, { environment: { DATABASE_HOST: "db", DATABASE_PORT: "5432" } })], {
    kind,
    volumes: ["pgdata"],
    keptVolumes: { pgdata: data },
    startTimeoutMs: 60_000,
    ...more,
  });
const ask = async (id: string, statement: string) =>
  (await run(stage.runtime, id, { service: "db", command: ["psql", "-U", "postgres", "-d", "app", "-At", "-c", statement] })).stdout.trim();
const logIn = async (id: string, password: string) => (await stage.act(id, "api", ["log-in", "postgres", password, "app"])).stdout.trim();

for (const kind of ["staging", "production"] as const) {
  test(`PostgreSQL in ${kind} waits for the disk, asks for its password, and has its data after stop and start`, async () => {
    const data = join(stage.folder, `pg-${kind}`);
    const first = stage.newId();
    await stage.up(withDatabase(first, kind, data, { ownUser: 7 }));
    for (const setting of ["fsync", "full_page_writes", "synchronous_commit"]) expect(await ask(first, `show ${setting}`)).toBe("on");
    expect(await ask(first, "show unix_socket_permissions")).toBe("0700");
    expect(await logIn(first, "wrong")).toContain("password authentication failed");
    expect(await logIn(first, "sesame")).toBe("in");
    await ask(first, "create table kept as select 41 + 1 as answer");
    await stage.runtime.stop(first);
    const second = stage.newId();
    await stage.up(withDatabase(second, kind, data, { ownUser: 7 }));
    expect(await ask(second, "select answer from kept")).toBe("42");
    const said = (await stage.lines(second, { service: "db" })).map(({ text }) => text).join("\n");
    // Shut down in order and in time: nothing had to be recovered.
    expect(said).toContain("database system was shut down at");
    expect(said).not.toContain("not properly shut down");
  });
}

test("a preview's PostgreSQL does not wait for the disk", async () => {
  const id = stage.newId();
  await stage.up(withDatabase(id, "preview", join(stage.folder, "pg-preview")));
  expect(await ask(id, "show fsync")).toBe("off");
});

test("PostgreSQL recovers what it had committed when everything was killed at once", async () => {
  const data = join(stage.folder, "pg-crash");
  const first = stage.newId();
  await stage.up(withDatabase(first, "production", data));
  await ask(first, "create table kept as select 42 as answer");
  await stage.runtime.fault(first, { kind: "kill", service: "db" }, { signal: neverAborted() });
  await stage.runtime.stop(first);
  const second = stage.newId();
  await stage.up(withDatabase(second, "production", data));
  expect(await ask(second, "select answer from kept")).toBe("42");
});

test("a data directory whose filling was interrupted is filled again, and one that holds anything is kept", async () => {
  const data = join(stage.folder, "pg-half");
  await mkdir(data);
  await writeFile(join(data, ".dojang-filling"), "");
  await writeFile(join(data, "PG_VERSION"), "half of it");
  const first = stage.newId();
  await stage.up(withDatabase(first, "production", data));
  expect(await ask(first, "select 1")).toBe("1");
});

test("Redis with a volume has its keys after stop and start", async () => {
  const redis = service(
    "cache",
    { kind: "image", image: "redis:7" },
    { mounts: [{ kind: "volume", volume: "keys", target: "/data", readOnly: false }], stop: { signal: "SIGTERM", graceMs: 30_000 } },
  );
  const spec = (id: string) =>
    environment(id, [redis], { kind: "production", volumes: ["keys"], keptVolumes: { keys: join(stage.folder, "keys") } });
  const command = async (id: string, ...words: string[]) =>
    (await run(stage.runtime, id, { service: "cache", command: ["redis-cli", ...words] })).stdout.trim();
  const first = stage.newId();
  await stage.up(spec(first));
  expect(await command(first, "set", "note", "kept")).toBe("OK");
  expect(await stage.runtime.stats(first)).toMatchObject([{ service: "cache", processes: 1 }]);
  await stage.runtime.stop(first);
  const second = stage.newId();
  await stage.up(spec(second));
  expect(await command(second, "get", "note")).toBe("kept");
  // Its supervisor killed, it is told to end all the same, and writes down what it holds.
  await command(second, "set", "note", "kept again");
  const { pid } = JSON.parse(await readFile(hostFolder(stage.home, second).supervisor, "utf8"));
  process.kill(pid, "SIGKILL");
  await eventually(
    () => stage.runtime.list(),
    (all) => all.every(({ state }) => state === "broken"),
  );
  await stage.runtime.stop(second);
  const third = stage.newId();
  await stage.up(spec(third));
  expect(await command(third, "get", "note")).toBe("kept again");
});
