import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rename, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { reap } from "../engine/reaper.ts";
import { type BackupSite, openBackupSite, postgresService, withPostgres } from "./backup-harness.ts";
import { listBackups } from "./list-backups.ts";
import { proveBackup } from "./prove-backup.ts";
import { sweepUnfinished, takeBackup } from "./take-backup.ts";

// Databases are stopped, copied and started: on a busy disk each takes seconds.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const run = promisify(execFile);
let site: BackupSite;
let backups: string;

beforeAll(async () => {
  site = await openBackupSite([postgresService]);
  await site.start([postgresService]);
  backups = join(site.folder, "backups/postgres");
  await withPostgres(site.context, async (client) => {
    await client.query(
      "create table big as select i, md5(i::text) || md5((i * 7)::text) || md5((i * 11)::text) as noise from generate_series(1, 400000) i",
    );
  });
});
afterAll(async () => await site.close());

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 2_000; round++) {
    if (await holds()) return;
    await delay(10);
  }
  throw new Error(`${what} did not come`);
}

function child(...words: readonly string[]) {
  return spawn(process.execPath, [join(import.meta.dirname, "backup.fixture.ts"), site.home, site.context.site, ...words], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const drafts = async () => (await readdir(backups).catch(() => [])).filter((name) => name.endsWith(".making"));
const list = async () => await listBackups(site.context.store, { site: site.context.site });

test("a backup whose process is killed is none: nothing is listed, what it wrote goes with the next one, and the server goes on", async () => {
  const process = child("save");
  await until("a draft", async () => {
    const [draft] = await drafts();
    return draft !== undefined && (await stat(join(backups, draft))).size > 1024 * 1024;
  });
  process.kill("SIGKILL");
  await once(process, "exit");
  expect(await drafts()).toHaveLength(1);
  expect(await list()).toEqual([]);
  const whole = await takeBackup(site.context, { service: "postgres", reason: "after it" });
  expect(await drafts()).toEqual([]);
  expect((await list()).map(({ id }) => id)).toEqual([whole.id]);
  const slots = await withPostgres(site.context, async (client) => (await client.query("select slot_name from pg_replication_slots")).rows);
  expect(slots).toEqual([]);
  expect((await proveBackup(site.context, { backup: whole.id })).passed).toBe(true);
  expect(await sweepUnfinished(site.context)).toBe(0);
});

test("a restore whose process is killed leaves no generation; the reaper removes folder and environment", async () => {
  const [backup] = await list();
  const restores = join(site.folder, "restores");
  const process = child("restore", backup?.id ?? "");
  await until("a throwaway environment", async () => (await site.context.runtime.list()).some(({ id }) => id.startsWith("prove-")));
  process.kill("SIGKILL");
  await once(process, "exit");
  expect(await readdir(restores)).toHaveLength(1);
  const volume = join(site.folder, "volumes/postgres-data");
  expect((await readdir(volume)).sort()).toEqual(["current", "first"]);
  const report = await reap({ store: site.context.store, runtimes: [site.context.runtime], signal: site.context.signal });
  expect(report.failed).toEqual([]);
  expect(await readdir(restores)).toEqual([]);
  expect((await site.context.runtime.list()).map(({ id }) => id)).toEqual([site.context.environmentId]);
  expect((await readdir(volume)).sort()).toEqual(["current", "first"]);
});

test("a disk that is full fails the backup by that name, and leaves nothing on it", async ({ skip }) => {
  const small = join(site.home, "small");
  await mkdir(small);
  const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small]).then(
    () => true,
    () => false,
  );
  if (!mounted) skip("a small file system can only be mounted by root");
  try {
    await rename(backups, `${backups}-aside`);
    await symlink(small, backups);
    await expect(takeBackup(site.context, { service: "postgres", reason: "too large" })).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringContaining("the disk is full"),
    });
    expect(await readdir(small)).toEqual([]);
    expect(await list()).toHaveLength(1);
    const { rows } = await withPostgres(site.context, async (client) => await client.query("select count(*)::int as n from big"));
    expect(rows).toEqual([{ n: 400_000 }]);
  } finally {
    await rm(backups, { force: true });
    await rename(`${backups}-aside`, backups).catch(() => undefined);
    await run("umount", [small]);
  }
});
