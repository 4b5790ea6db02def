import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { locateEmbeddedPostgres, startEmbeddedPostgres, stopEmbeddedPostgres } from "./embedded-postgres.ts";
import { migrate, migrations } from "./migrate.ts";
import { runsAndJobs } from "./migrations/0001-runs-and-jobs.ts";
import { retainRuns } from "./run-retention.ts";
import { createRun, finishRun, latestRun, listRuns, type NewRun, pinRun } from "./runs.ts";
import { type OpenStoreOptions, openStore, type Store } from "./store.ts";
import { makeTestHome } from "./test-store.ts";

const signal = AbortSignal.timeout(600_000);
const run: NewRun = { project: "p", change: "main", trusted: true, runtime: "fake", configHash: "h", snapshot: {}, jobs: [] };
let home: string;
const stores: Store[] = [];

beforeEach(async () => {
  home = await makeTestHome();
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await stopEmbeddedPostgres(locateEmbeddedPostgres(home));
  await rm(home, { recursive: true, force: true });
});

async function open(more: Partial<OpenStoreOptions> = {}): Promise<Store> {
  const store = await openStore({ home, signal, ...more });
  stores.push(store);
  return store;
}

/** A server that the store does not manage, as DATABASE_URL names one. */
async function startServer() {
  const server = locateEmbeddedPostgres(home);
  await startEmbeddedPostgres(server, { signal });
  const { host, user, database } = server.address;
  return { server, databaseUrl: `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}` };
}

describe("a database of one's own", () => {
  test("is used through DATABASE_URL, and left running", async () => {
    const { databaseUrl } = await startServer();
    const other = await makeTestHome();
    const store = await open({ home: other, databaseUrl });
    await createRun(store, run);
    await store.close();
    expect(existsSync(join(other, "postgres"))).toBe(false);
    const again = await open({ home: other, databaseUrl });
    expect(await latestRun(again, "p")).toMatchObject({ number: 1 });
    await again.close();
    await rm(other, { recursive: true });
  });

  test("that is shared with others is only touched in Dojang's schema", async () => {
    const { databaseUrl } = await startServer();
    const store = await open({ databaseUrl });
    const { rows } = await sql<{ name: string }>`
      select distinct table_schema as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`.execute(
      store.db,
    );
    expect(rows).toEqual([{ name: "dojang" }]);
  });

  test("that is gone is a Problem for reads and writes, and works again when it is back", async () => {
    const { server, databaseUrl } = await startServer();
    const store = await open({ databaseUrl, patienceMs: 500 });
    await stopEmbeddedPostgres(server);
    const lost = { code: "store-unavailable", exit: "infrastructure" };
    await expect(listRuns(store)).rejects.toMatchObject(lost);
    await expect(createRun(store, run)).rejects.toMatchObject(lost);
    await startEmbeddedPostgres(server, { signal });
    await createRun(store, run);
    expect(await listRuns(store)).toHaveLength(1);
  });

  test("that does not answer at all is a Problem at once", async () => {
    const opening = openStore({ home, databaseUrl: "postgresql://nobody@127.0.0.1:1/none", signal });
    await expect(opening).rejects.toMatchObject({ code: "store-unavailable" });
  });
});

describe("a lost connection", () => {
  test("in the middle of a transaction ends it whole, and says so", async () => {
    const store = await open();
    const work = store.db.transaction().execute(async (db) => {
      await db.insertInto("project").values({ name: "half", last_run_number: 1 }).execute();
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
    });
    await expect(work).rejects.toMatchObject({ code: "store-unavailable" });
    expect(await store.db.selectFrom("project").selectAll().execute()).toEqual([]);
  });

  test("under a plain read is not noticed", async () => {
    const store = await open();
    await createRun(store, run);
    const killer = new pg.Client(locateEmbeddedPostgres(store.home).address);
    await killer.connect();
    const kill = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'dojang%'";
    for (let round = 0; round < 20; round++) {
      const [, runs] = await Promise.all([killer.query(kill), listRuns(store)]);
      expect(runs).toHaveLength(1);
    }
    await killer.end();
  });

  test("a transaction that freezes is ended by the server, and its locks with it", async () => {
    const store = await open();
    const { rows } = await sql<{ idle_in_transaction_session_timeout: string }>`show idle_in_transaction_session_timeout`.execute(store.db);
    expect(rows[0]?.idle_in_transaction_session_timeout).toBe("15s");
  });
});

describe("the embedded server", () => {
  test("whose socket somebody removed is started anew", { timeout: 90_000 }, async () => {
    const first = await open();
    await createRun(first, run);
    await rm(join(home, "postgres/socket"), { recursive: true });
    const second = await open();
    expect(await listRuns(second)).toHaveLength(1);
    expect(await listRuns(first)).toHaveLength(1);
  });

  test("is the same one through a link to its home", async () => {
    const link = `${home}-link`;
    await symlink(home, link);
    const [direct, linked] = [await open(), await open({ home: link })];
    await createRun(linked, run);
    expect(await listRuns(direct)).toHaveLength(1);
    expect(linked.home).toBe(direct.home);
    await rm(link);
  });

  test("is made under any umask", async () => {
    const umask = process.umask(0o077);
    try {
      const folder = join(home, "a", "b");
      await mkdir(join(home, "a"));
      await chmod(join(home, "a"), 0o711);
      const store = await open({ home: folder });
      expect(await listRuns(store)).toEqual([]);
      await store.close();
    } finally {
      process.umask(umask);
    }
  });

  test("puts every commit on disk before it answers", async () => {
    const store = await open();
    const { rows } = await sql<{ name: string; setting: string }>`
      select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`.execute(store.db);
    expect(rows.map((row) => row.setting)).toEqual(["on", "on", "on"]);
  });

  test.runIf(process.platform === "linux")("takes little memory while nobody asks anything", async () => {
    await open();
    const postmaster = Number.parseInt(await readFile(join(home, "postgres/data/postmaster.pid"), "utf8"), 10);
    const children = (await readFile(`/proc/${postmaster}/task/${postmaster}/children`, "utf8")).trim().split(" ");
    const sizes = await Promise.all([postmaster, ...children].map((pid) => readFile(`/proc/${pid}/smaps_rollup`, "utf8")));
    const totalKb = sizes.reduce((sum, text) => sum + Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]), 0);
    expect(totalKb).toBeGreaterThan(1000);
    expect(totalKb).toBeLessThan(100 * 1024);
  });
});

describe("migrations", () => {
  test("are numbered without a gap and done once", async () => {
    expect(migrations.map((step) => step.number)).toEqual(migrations.map((_, index) => index + 1));
    const store = await open();
    expect(await migrate(store.db)).toEqual([]);
  });

  test("of a newer Dojang are refused", async () => {
    const store = await open();
    await store.db.insertInto("migration").values({ number: 999, name: "future" }).execute();
    await expect(migrate(store.db)).rejects.toMatchObject({ code: "store-newer" });
  });

  test("that fail leave the schema as it was", async () => {
    const store = await open();
    const broken = { number: 1000, name: "broken", sql: "create table half (); select 1 / 0" };
    await expect(migrate(store.db, [runsAndJobs, broken])).rejects.toThrow("division by zero");
    const { rows } = await sql`select to_regclass('dojang.half') as half`.execute(store.db);
    expect(rows).toEqual([{ half: null }]);
  });
});

test("old runs go with their facts, pinned ones and the newest stay", async () => {
  const store = await open();
  const made = [];
  for (let number = 0; number < 4; number++) made.push((await createRun(store, run)).run);
  for (const { id } of made) await finishRun(store, { run: id, state: "failed", summary: { first: "look" } });
  await pinRun(store, { run: made[0]!.id, pinned: true });
  const report = await retainRuns(store, { keepDays: 1, keepRuns: 1, now: Date.now() + 2 * 86_400_000 });
  expect(report.runs).toBe(2);
  expect((await listRuns(store)).map((found) => found.number)).toEqual([4, 1]);
  expect((await listRuns(store))[0]?.summary).toEqual({ first: "look" });
});
