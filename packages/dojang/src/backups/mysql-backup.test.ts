import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type BackupSite, dataService, openBackupSite } from "./backup-harness.ts";
import { type MysqlSession, openMysql } from "./mysql-client.ts";
import { proveBackup } from "./prove-backup.ts";
import { restoreGeneration, switchVolume } from "./restore-generation.ts";
import { takeBackup } from "./take-backup.ts";

// Databases are stopped, copied and started: on a busy disk each takes seconds.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const mysql = dataService("db", "mysql:8", {
  target: "/var/lib/mysql",
  environment: { MYSQL_ROOT_PASSWORD: "root's", MYSQL_DATABASE: "shop", MYSQL_USER: "shop", MYSQL_PASSWORD: "shop" },
});
let site: BackupSite;
let missing: string | undefined;

beforeAll(async () => {
  site = await openBackupSite([mysql], { checks: [{ name: "orders", sql: "select count(*) from orders;", expect: ">= 500" }] });
  missing = await site.start([mysql]).then(
    () => undefined,
    (error) => (error.code === "image-unavailable" ? String(error.message) : Promise.reject(error)),
  );
  if (missing !== undefined) return;
  await asked(async (session) => {
    await session.query(
      "create table shop.orders (id int primary key auto_increment, name varchar(100), price decimal(10,2), raw blob, at timestamp(3) default now(3)) engine=InnoDB",
    );
    await session.query(
      "insert into shop.orders (name, price, raw) select concat('주문 \\'', seq, '\\n'), seq / 3, unhex(md5(seq)) from seq_1_to_500",
    );
    await session.query("insert into shop.orders (name) values (null)");
    await session.query("create user reporter@'%' identified by 'x'");
    await session.query("create view shop.cheap as select * from shop.orders where price < 10");
  });
});
afterAll(async () => await site.close());

async function asked<T>(work: (session: MysqlSession) => Promise<T>): Promise<T> {
  await using server = await openMysql({ ...site.context, service: mysql });
  return await work(server.session(mysql));
}

test("MariaDB is dumped while writes go on, and read back with the very rows, users and views it had", async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  let stop = false;
  const writing = asked(async (session) => {
    while (!stop) await session.query("insert into shop.orders (name, price) values ('meanwhile', 1)");
  });
  const backup = await takeBackup(site.context, { service: "db", reason: "a test" }).finally(() => {
    stop = true;
  });
  await writing;
  expect(backup.figures.compared).toBe("exact");
  const rows = backup.figures.figures.find(({ name }) => name === "shop.orders")?.rows[0] ?? 0;
  expect(rows).toBeGreaterThanOrEqual(501);
  const restored = await restoreGeneration(site.context, { backup: backup.id });
  expect(restored.proof).toMatchObject({ passed: true, checksums: 1, rows });
  expect(restored.proof.checks[0]).toMatchObject({ seen: String(rows), passed: true });
  expect(await readdir(restored.volumes["db-data"] ?? "")).toContain(".dojang-first-start-done");
  await site.stop();
  const live = site.context.volumeFolder("db-data");
  for (const name of await readdir(live)) await rm(join(live, name), { recursive: true });
  await switchVolume(live, restored.generation);
  await site.start([mysql]);
  expect(await asked(async (session) => await session.query("select count(*) from shop.orders"))).toEqual([[String(rows)]]);
  expect(await asked(async (session) => await session.query("select user from mysql.user where user = 'reporter'"))).toEqual([
    ["reporter"],
  ]);
  expect(await asked(async (session) => await session.query("select count(*) from shop.cheap"))).not.toEqual([["0"]]);
});

test("a dump that lost a row is told", async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const backup = await takeBackup(site.context, { service: "db", reason: "a test" });
  const figures = {
    ...backup.figures,
    figures: backup.figures.figures.map((one) => ({ ...one, rows: [one.rows[0] + 1, one.rows[1] + 1] })),
  };
  const row = site.context.store.db.updateTable("backup").where("id", "=", backup.id);
  await row.set({ figures: JSON.stringify(figures) }).execute();
  expect((await proveBackup(site.context, { backup: backup.id })).differences).toEqual([
    expect.stringMatching(/^shop\.orders has \d+ rows instead of \d+ rows$/),
  ]);
});

test("a password that is not the database's is told with the service", async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const wrong = { ...mysql, environment: { ...mysql.environment, MYSQL_ROOT_PASSWORD: "wrong" } };
  await expect(takeBackup(site.with({ services: [wrong] }), { service: "db", reason: "a test" })).rejects.toMatchObject({
    code: "backup-database-refused",
    message: expect.stringContaining("MySQL of service db refused: ERROR 1045"),
  });
});
