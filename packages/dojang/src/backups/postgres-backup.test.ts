import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type BackupSite, openBackupSite, postgresService, withPostgres } from "./backup-harness.ts";
import { layOutBackup } from "./lay-out-backup.ts";
import { listBackups } from "./list-backups.ts";
import { proveBackup } from "./prove-backup.ts";
import { restoreGeneration, switchVolume } from "./restore-generation.ts";
import { takeBackup } from "./take-backup.ts";

// Databases are stopped, copied and started: on a busy disk each takes seconds.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let site: BackupSite;

beforeAll(async () => {
  site = await openBackupSite([postgresService], {
    checks: [{ name: "nobody lost a todo", sql: "select count(*) from todos", expect: ">= 1000" }],
  });
  await site.start([postgresService]);
  await withPostgres(site.context, async (client) => {
    await client.query(
      "create table todos (id serial primary key, title text not null, at timestamptz not null default now(), raw bytea, cost numeric)",
    );
    await client.query(
      "insert into todos (title, raw, cost) select 'todo ' || i, decode(md5(i::text), 'hex'), i / 7.0 from generate_series(1, 2000) i",
    );
    await client.query("create database other");
  });
});
afterAll(async () => await site.close());

test("a backup taken while writes go on is restored with the very rows it had at its moment", async () => {
  let stop = false;
  const writing = withPostgres(site.context, async (client) => {
    let written = 0;
    while (!stop) {
      await client.query("begin");
      await client.query("insert into todos (title) values ('during the backup')");
      await client.query("update todos set title = title || '!' where id = 1 + (random() * 1000)::int");
      await client.query("commit");
      written++;
    }
    return written;
  });
  const backup = await takeBackup(site.context, { service: "postgres", reason: "a test" }).finally(() => {
    stop = true;
  });
  expect(await writing).toBeGreaterThan(0);
  expect(backup.figures.compared).toBe("exact");
  const figure = backup.figures.figures.find((one) => one.name === "todo.public.todos");
  expect(figure?.rows[0]).toBeGreaterThanOrEqual(2000);
  const proof = await proveBackup(site.context, { backup: backup.id });
  expect(proof).toMatchObject({ passed: true, compared: "exact", tables: 1, rows: figure?.rows[0], checksums: 1, differences: [] });
  expect(proof.checks).toEqual([{ name: "nobody lost a todo", expected: ">= 1000", seen: String(figure?.rows[0]), passed: true }]);
  const [listed] = await listBackups(site.context.store, { site: site.context.site });
  expect(listed?.proof).toEqual(proof);
  expect(await site.context.runtime.list()).toHaveLength(1);
  expect(await readdir(join(site.folder, "restores"))).toEqual([]);
});

test("a data directory that was deleted is restored: the same rows, the same checksums, and the former generation stays", async () => {
  const backup = await takeBackup(site.context, { service: "postgres", reason: "before the disaster" });
  const before = await withPostgres(site.context, async (client) => await sums(client));
  await site.stop();
  const live = site.context.volumeFolder("postgres-data");
  for (const name of await readdir(live)) await rm(join(live, name), { recursive: true });
  const restored = await restoreGeneration(site.context, { backup: backup.id });
  expect(restored.proof.passed).toBe(true);
  expect(await switchVolume(live, restored.generation)).toBe("first");
  await site.start([postgresService]);
  expect(await withPostgres(site.context, async (client) => await sums(client))).toEqual(before);
  // It can be written to, and saved again.
  await withPostgres(site.context, async (client) => await client.query("insert into todos (title) values ('after the restore')"));
  const again = await takeBackup(site.context, { service: "postgres", reason: "after the restore" });
  expect((await proveBackup(site.context, { backup: again.id })).passed).toBe(true);
  expect(await readdir(join(live, ".."))).toContain("first");
});

test("what does not match what was counted is told table by table, and is no proof", async () => {
  const backup = await takeBackup(site.context, { service: "postgres", reason: "a test" });
  const figures = {
    ...backup.figures,
    figures: [...backup.figures.figures.map((one) => ({ ...one, checksum: "1" })), { name: "todo.public.gone", rows: [3, 3] }],
  };
  await site.context.store.db
    .updateTable("backup")
    .set({ figures: JSON.stringify(figures) })
    .where("id", "=", backup.id)
    .execute();
  const proof = await proveBackup(site.context, { backup: backup.id });
  expect(proof.passed).toBe(false);
  expect(proof.differences).toEqual([
    expect.stringMatching(/^todo\.public\.todos has the same number of rows \(\d+\), but not the same content$/),
    "todo.public.gone is missing: it had 3 rows",
  ]);
  await expect(restoreGeneration(site.context, { backup: backup.id })).rejects.toMatchObject({ code: "restore-not-proven" });
  expect(await readdir(join(site.folder, "restores"))).toEqual([]);
});

test("a check of the plan that fails, or cannot be asked, is a proof that failed", async () => {
  const checks = [
    { name: "too many", sql: "select count(*) from todos", expect: { operator: "=", value: "3" } },
    { name: "no such table", sql: "select 1 from nothing" },
  ] as const;
  const good = await takeBackup(site.context, { service: "postgres", reason: "a test" });
  const proof = await proveBackup(site.with({ plan: { ...site.context.plan, checks: [...checks] } }), { backup: good.id });
  expect(proof.passed).toBe(false);
  expect(proof.differences).toEqual([
    expect.stringMatching(/^check "too many": expected = 3, got \d+$/),
    'check "no such table": expected any answer, got relation "nothing" does not exist',
  ]);
});

test("writers that cannot be held off make bounds of what is compared, and that is said", async () => {
  const locked = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const holding = withPostgres(site.context, async (client) => {
    await client.query("begin; insert into todos (title) values ('not committed yet')");
    locked.resolve();
    await done.promise;
    await client.query("commit");
  });
  await locked.promise;
  const backup = await takeBackup(site.context, { service: "postgres", reason: "a test" }).finally(() => done.resolve());
  await holding;
  expect(backup.figures.compared).toBe("bounds");
  expect(backup.figures.notes[0]).toContain("writers could not be held off");
  expect((await proveBackup(site.context, { backup: backup.id })).passed).toBe(true);
});

test("tablespaces outside of the data directory are refused, and no file is left", async () => {
  await withPostgres(site.context, async (client) => {
    await client.query("set allow_in_place_tablespaces = on");
    await client.query("create tablespace elsewhere location ''");
  });
  await expect(takeBackup(site.context, { service: "postgres", reason: "a test" })).rejects.toMatchObject({
    code: "backup-refused",
    message: expect.stringContaining("tablespaces (elsewhere)"),
  });
  await withPostgres(site.context, async (client) => await client.query("drop tablespace elsewhere"));
  const files = await readdir(join(site.folder, "backups/postgres"));
  expect(files.filter((name) => !name.endsWith(".backup"))).toEqual([]);
});

test("a backup of another site is not restored", async () => {
  const [newest] = await listBackups(site.context.store, { site: site.context.site });
  await expect(layOutBackup(site.with({ site: "todo-staging" }), { backup: newest?.id ?? "" }, join(site.home, "x"))).rejects.toMatchObject(
    {
      code: "backup-unknown",
      exit: "refused",
    },
  );
});

async function sums(client: import("pg").Client) {
  const { rows } = await client.query(
    "select count(*)::int as rows, md5(string_agg(t::text, '' order by id)) as sum, sum(cost)::text as cost from todos t",
  );
  return rows[0];
}
