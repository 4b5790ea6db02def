import { access, chown, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { guestOwnership } from "@dojang/runtime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { adoptBackups } from "./adopt-backups.ts";
import { type BackupSite, openBackupSite, postgresService, withPostgres } from "./backup-harness.ts";
import { backupHealth } from "./backup-health.ts";
import { exportBackupKey, importBackupKey } from "./backup-key.ts";
import { type ArchiveFollowed, followArchive } from "./follow-archive.ts";
import { proveBackup } from "./prove-backup.ts";
import { pruneBackups } from "./prune-backups.ts";
import { restoreGeneration, switchVolume } from "./restore-generation.ts";
import { takeBackup } from "./take-backup.ts";
import { listSegments } from "./wal-facts.ts";
import { withArchiving } from "./with-archiving.ts";

// Databases are stopped, copied and started: on a busy disk each takes seconds.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let site: BackupSite;
let walFolder: string;
let disk: string;
let live: typeof postgresService;

beforeAll(async () => {
  site = await openBackupSite([postgresService], { "point-in-time": true });
  walFolder = join(site.home, "sites", "wal");
  await mkdir(walFolder, { recursive: true });
  const guest = guestOwnership();
  if (guest !== undefined) await chown(walFolder, guest.uid, guest.gid);
  disk = join(site.home, "disk");
  await mkdir(disk);
  live = withArchiving(postgresService, { walFolder });
  await site.start([live]);
  await withPostgres(site.context, async (client) => await client.query("create table entries (id int primary key, said text)"));
});
afterAll(async () => await site.close());

const context = () => site.with({ services: [live], plan: { ...site.context.plan, to: [{ kind: "folder", folder: disk }] } });

/** Until what was marked is archived: PostgreSQL's archiver works beside. */
async function follow(until: number): Promise<ArchiveFollowed> {
  const all: string[] = [];
  for (let round = 0; round < 200; round++) {
    const followed = await followArchive(context(), { service: "postgres", walFolder });
    all.push(...followed.archived);
    if ((followed.until ?? 0) >= until) return { ...followed, archived: all };
    // Each round closes a segment, whether it is needed or not.
    await delay(300);
  }
  throw new Error(`the log was not archived up to ${until}`);
}

async function insert(id: number): Promise<number> {
  return await withPostgres(site.context, async (client) => {
    await client.query("insert into entries values ($1, $2)", [id, `entry ${id}`]);
    const { rows } = await client.query<{ at: string }>("select ceil(extract(epoch from clock_timestamp()) * 1000)::text as at");
    await client.query("select pg_sleep(0.02)");
    return Number(rows[0]?.at);
  });
}

const ids = async (environmentId?: string) =>
  await withPostgres(
    site.context,
    async (client) => (await client.query<{ id: number }>("select id from entries order by id")).rows.map(({ id }) => id),
    environmentId,
  );

test("the state of a second between two inserts is restored, and only its rows are there", async () => {
  await insert(1);
  const base = await takeBackup(context(), { service: "postgres", reason: "base" });
  const between = await insert(2);
  await insert(3);
  const end = await insert(4);
  await follow(end);
  expect(await ids()).toEqual([1, 2, 3, 4]);
  const restored = await restoreGeneration(context(), { service: "postgres", at: between });
  expect(restored).toMatchObject({ backup: { id: base.id }, until: between, proof: { passed: true, rows: 2 } });
  await site.stop();
  await switchVolume(site.context.volumeFolder("postgres-data"), restored.generation);
  await site.start([live]);
  expect(await ids()).toEqual([1, 2]);
});

test("after a restore the log goes on under a name of its own, and both can be restored from", async () => {
  // What is archived now leads to no base that there is.
  expect((await followArchive(context(), { service: "postgres", walFolder })).needsBase).toBe(true);
  const base = await takeBackup(context(), { service: "postgres", reason: "after the restore" });
  expect(base.wal?.timeline).toBe(2);
  expect((await followArchive(context(), { service: "postgres", walFolder })).needsBase).toBe(false);
  const at = await insert(10);
  const later = await insert(11);
  await follow(later);
  expect((await proveBackup(context(), { service: "postgres", at })).rows).toBe(3);
  const names = (await listSegments(site.context.store, { site: site.context.site, service: "postgres" })).map(({ name }) => name);
  expect(names).toContain("00000002.history");
  expect(new Set(names.filter((name) => name.length === 24).map((name) => name.slice(0, 8)))).toEqual(new Set(["00000001", "00000002"]));
  expect((await proveBackup(context(), { backup: base.id })).passed).toBe(true);
  const again = await restoreGeneration(context(), { service: "postgres", at });
  await site.stop();
  await switchVolume(site.context.volumeFolder("postgres-data"), again.generation);
  await site.start([live]);
  const third = await takeBackup(context(), { service: "postgres", reason: "on the third" });
  expect(third.wal?.timeline).toBe(3);
});

test("times that cannot be had are refused with those that can", async () => {
  await expect(proveBackup(context(), { service: "postgres", at: Date.now() - 86_400_000 })).rejects.toMatchObject({
    code: "restore-time-outside",
    message: expect.stringMatching(/before the oldest base backup; times can be had from .* UTC to .* UTC/),
  });
  await expect(proveBackup(context(), { service: "postgres", at: Date.now() + 86_400_000 })).rejects.toMatchObject({
    code: "restore-time-outside",
    message: expect.stringContaining("after the last archived log"),
  });
  expect(await readdir(join(site.folder, "restores"))).toEqual([]);
});

test("a segment that is lost is a gap: found, named, and nothing after it is restored from older bases", async () => {
  const before = await insert(20);
  await follow(before);
  const { db } = site.context.store;
  const segments = await listSegments(site.context.store, { site: site.context.site, service: "postgres" });
  const lost = segments.filter(({ name }) => name.startsWith("00000003") && name.length === 24).at(-1);
  await insert(21);
  const end = await insert(22);
  await follow(end);
  await db
    .updateTable("wal_segment")
    .set({ removed_at: Date.now() })
    .where("name", "=", lost?.name ?? "")
    .execute();
  const followed = await followArchive(context(), { service: "postgres", walFolder });
  expect(followed.findings).toContainEqual(expect.stringContaining(`segment ${lost?.name} of the log of postgres is missing`));
  const { findings } = await backupHealth(context());
  expect(findings.map(({ id }) => id)).toContain("archive-gap:postgres");
  await expect(proveBackup(context(), { service: "postgres", at: end })).rejects.toMatchObject({ code: "restore-time-outside" });
  await db
    .updateTable("wal_segment")
    .set({ removed_at: null })
    .where("name", "=", lost?.name ?? "")
    .execute();
  expect((await proveBackup(context(), { service: "postgres", at: end })).passed).toBe(true);
});

test("a segment that is archived a second time is left alone when it is the same, and kept and told when it is not", async () => {
  const [known] = await listSegments(site.context.store, { site: site.context.site, service: "postgres" });
  const path = join(walFolder, known?.name ?? "");
  await writeFile(path, "something else");
  const followed = await followArchive(context(), { service: "postgres", walFolder });
  expect(followed.findings).toContainEqual(expect.stringContaining(`segment ${known?.name} was archived before with other content`));
  await access(path);
  await rename(path, join(site.home, "aside"));
});

test("a link that the guest put into the folder is not followed but told", async () => {
  const path = join(walFolder, "0000000300000000000000FF");
  await symlink("/etc/passwd", path);
  const { archived, findings } = await followArchive(context(), { service: "postgres", walFolder });
  expect(archived).not.toContain("0000000300000000000000FF");
  expect(findings).toContainEqual(expect.stringContaining(`${path} is no file`));
  await rm(path);
});

test("segments no kept base needs are pruned with the bases, and what is kept can still be restored to", async () => {
  const base = await takeBackup(context(), { service: "postgres", reason: "newest" });
  const at = await insert(30);
  await follow(at + 1);
  const plan = { ...context().plan, keep: { last: 1, daily: 0, weekly: 0 } };
  const later = { ...context(), plan, now: () => Date.now() };
  const pruned = await pruneBackups(later, { service: "postgres", needed: [] });
  const kept = pruned.decisions.filter(({ keep }) => keep).map(({ backup }) => backup.id);
  expect(kept).toContain(base.id);
  expect(pruned.segments.length).toBeGreaterThan(0);
  expect((await proveBackup(later, { service: "postgres", at })).passed).toBe(true);
});

test("a machine that knows nothing but a target and the key restores the backups there, and to a time between them", async () => {
  const base = await takeBackup(context(), { service: "postgres", reason: "the last one" });
  const at = await insert(40);
  await follow((await insert(41)) + 1);
  const expected = (await ids()).filter((id) => id <= 40);
  const elsewhere = await openBackupSite([postgresService], { "point-in-time": true });
  try {
    const there = { ...elsewhere.context, site: site.context.site, plan: context().plan };
    await expect(adoptBackups(there)).rejects.toMatchObject({ code: "backup-key-missing" });
    await importBackupKey(elsewhere.home, await exportBackupKey(site.home));
    await writeFile(join(disk, site.context.site, "postgres", "half.backup"), "DOJANG-BACKUP 1\n and no more");
    const adopted = await adoptBackups(there);
    expect(adopted.backups).toContain(base.id);
    expect(adopted.segments.length).toBeGreaterThan(0);
    expect(adopted.refused).toEqual([{ key: `${site.context.site}/postgres/half.backup`, why: expect.stringContaining("is damaged") }]);
    expect((await adoptBackups(there)).backups).toEqual([]);
    expect(await proveBackup(there, { backup: base.id })).toMatchObject({ passed: true, source: `file://${disk}` });
    expect((await proveBackup(there, { service: "postgres", at })).rows).toBe(expected.length);
  } finally {
    await elsewhere.close();
  }
});

test("a service that does not start postgres itself is refused, also a folder that a command cannot name", () => {
  const own = { ...postgresService, program: { kind: "image" as const, image: "postgres:16", command: ["sh", "-c", "exec postgres"] } };
  expect(() => withArchiving(own, { walFolder: "/wal" })).toThrow("does not start postgres itself");
  expect(() => withArchiving(postgresService, { walFolder: "/a b" })).toThrow("cannot be written into a command");
  const flags = { ...postgresService, program: { kind: "image" as const, image: "postgres:16", command: ["-c", "max_connections=7"] } };
  const { program } = withArchiving(flags, { walFolder: "/wal" });
  expect(program.command?.slice(0, 4)).toEqual(["-c", "max_connections=7", "-c", "archive_mode=on"]);
});
