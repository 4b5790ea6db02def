import { randomBytes } from "node:crypto";
import { access, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guestOwnership } from "@dojang/runtime";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BackupSite, dataService, openBackupSite } from "./backup-harness.ts";
import { backupHealth } from "./backup-health.ts";
import { openTargets } from "./backup-target.ts";
import { copyWaiting, retryAfterMs } from "./copy-to-targets.ts";
import { layOutBackup } from "./lay-out-backup.ts";
import { findBackup, listBackups } from "./list-backups.ts";
import { proveBackup } from "./prove-backup.ts";
import { pruneBackups } from "./prune-backups.ts";
import { restoreGeneration } from "./restore-generation.ts";
import { type S3Fake, startS3Fake } from "./s3-fake.ts";
import { takeBackup } from "./take-backup.ts";

const uploads = dataService("uploads", "alpine", { target: "/srv/uploads" });
const account = { accessKey: "AKIATEST", secretKey: "very secret", bucket: "backups" };
const variables = { BACKUP_ACCESS_KEY: account.accessKey, BACKUP_SECRET_KEY: account.secretKey };
let site: BackupSite;
let s3: S3Fake;
let disk: string;
let content: Buffer;

beforeAll(async () => {
  site = await openBackupSite([uploads]);
  const volume = site.context.volumeFolder("uploads-data");
  await mkdir(join(volume, "pictures"), { recursive: true });
  content = randomBytes(21 * 1024 * 1024);
  await writeFile(join(volume, "pictures", "one.jpg"), content);
});
beforeEach(async () => {
  s3 = await startS3Fake(account);
  disk = join(site.home, "disk");
  await mkdir(disk);
});
afterEach(async () => {
  await s3.close();
  await rm(disk, { recursive: true, force: true });
  await site.context.store.db.deleteFrom("backup").execute();
});
afterAll(async () => await site.close());

function context(more: { readonly variables?: Readonly<Record<string, string>>; readonly now?: () => number } = {}) {
  const target = { kind: "s3", bucket: "backups", prefix: "sites/a b", region: "eu-central-1", endpoint: s3.endpoint } as const;
  const to = [
    { kind: "folder" as const, folder: disk },
    { ...target, accessKey: "BACKUP_ACCESS_KEY", secretKey: "BACKUP_SECRET_KEY" },
  ];
  return site.with({ plan: { ...site.context.plan, to }, variables, ...more });
}

const take = (of = context()) => takeBackup(of, { service: "uploads", reason: "a test" });

describe("a backup with targets", () => {
  test("is copied to each of them, in parts where it is large, and restored from S3 when this machine has lost it", async () => {
    const backup = await take();
    expect(backup.copies.map(({ target, state }) => [target, state])).toEqual([
      [`file://${disk}`, "copied"],
      ["s3://backups/sites/a b", "copied"],
    ]);
    expect(s3.requests.filter((request) => request.includes("partNumber="))).toHaveLength(3);
    expect(s3.openUploads()).toBe(0);
    const key = `sites/a b/${site.context.site}/uploads/${backup.id}.backup`;
    expect(s3.objects.get(key)?.equals(await readFile(backup.file))).toBe(true);
    await rm(backup.file);
    await rm(disk, { recursive: true });
    const proof = await proveBackup(context(), { backup: backup.id });
    expect(proof).toMatchObject({ passed: true, source: "s3://backups/sites/a b", rows: 1, checksums: 1 });
  });

  test("of plain files becomes a generation that belongs to who its service runs as", async () => {
    const backup = await take();
    const { volumes, proof } = await restoreGeneration(context(), { backup: backup.id });
    expect(proof).toMatchObject({ passed: true, notes: [expect.stringContaining("as after a crash")] });
    const file = join(volumes["uploads-data"] ?? "", "pictures/one.jpg");
    expect((await stat(file)).uid).toBe(guestOwnership()?.uid ?? process.getuid?.());
    expect((await readFile(file)).equals(content)).toBe(true);
  });

  test("whose copy here is damaged is restored from the next place that has it whole", async () => {
    const backup = await take();
    const bytes = await readFile(backup.file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(backup.file, bytes);
    await writeFile(join(disk, `${site.context.site}/uploads/${backup.id}.backup`), bytes.subarray(0, 5_000_000));
    const laidOut = await layOutBackup(context(), { backup: backup.id }, join(site.home, "laid-out"));
    expect(laidOut.source).toBe("s3://backups/sites/a b");
    expect((await readFile(join(laidOut.volumes["uploads-data"] ?? "", "pictures/one.jpg"))).equals(content)).toBe(true);
    await rm(join(site.home, "laid-out"), { recursive: true });
  });

  test("that is damaged everywhere, or nowhere, is told so, and the proof on record is a failed one", async () => {
    const backup = await take();
    const key = `sites/a b/${site.context.site}/uploads/${backup.id}.backup`;
    await rm(disk, { recursive: true });
    await writeFile(backup.file, (await readFile(backup.file)).subarray(0, 1_000_000));
    s3.objects.set(key, Buffer.from("something else"));
    await expect(proveBackup(context(), { backup: backup.id })).rejects.toMatchObject({ code: "backup-damaged" });
    expect((await findBackup(site.context.store, backup.id)).proof).toMatchObject({ passed: false });
    await mkdir(disk);
    await rm(backup.file);
    s3.objects.delete(key);
    await expect(proveBackup(context(), { backup: backup.id })).rejects.toMatchObject({ code: "backup-lost" });
    expect((await backupHealth(context())).findings.map(({ id }) => id)).toContain("backup-broken:uploads");
    expect(await readdir(join(site.folder, "restores"))).toEqual([]);
  });

  test("is also there as a file of its own name under another backup's: the header tells, and it is refused", async () => {
    const [first, second] = [await take(), await take()];
    await writeFile(second.file, await readFile(first.file));
    await rm(disk, { recursive: true });
    await s3.close();
    await expect(layOutBackup(context(), { backup: second.id }, join(site.home, "x"))).rejects.toMatchObject({
      code: "backup-damaged",
      message: expect.stringContaining(`the file is of ${first.id}`),
    });
    await rm(join(site.home, "x"), { recursive: true });
    s3 = await startS3Fake(account);
  });
});

describe("a target that fails", () => {
  test("does not fail the backup; it is on record, told by health, and tried again when its time has come", async () => {
    let now = Date.now();
    const clock = () => now;
    s3.fault = () => "busy";
    const backup = await take(context({ now: clock }));
    expect(backup.copies[1]).toMatchObject({
      state: "waiting",
      attempts: 1,
      nextAt: now + 60_000,
      error: "backup target s3://backups/sites/a b refused: status 503 SlowDown: Please reduce your request rate.",
    });
    const health = await backupHealth(context({ now: clock }));
    expect(health.findings).toContainEqual(
      expect.objectContaining({
        id: "backup-target:s3://backups/sites/a b",
        severity: "error",
        message: expect.stringContaining("SlowDown: Please reduce your request rate. (1 backup is not there)"),
      }),
    );
    const asked = s3.requests.length;
    await copyWaiting(context({ now: clock }));
    expect(s3.requests.length).toBe(asked);
    now += 60_000;
    await copyWaiting(context({ now: clock }));
    expect((await findBackup(site.context.store, backup.id)).copies[1]).toMatchObject({ attempts: 2, nextAt: now + 120_000 });
    s3.fault = () => undefined;
    now += 120_000;
    await copyWaiting(context({ now: clock }));
    expect((await findBackup(site.context.store, backup.id)).copies.map(({ state }) => state)).toEqual(["copied", "copied"]);
    expect((await backupHealth(context({ now: clock }))).findings.filter(({ id }) => id.startsWith("backup-target"))).toEqual([]);
  });

  test.each([
    ["with wrong keys", { BACKUP_ACCESS_KEY: account.accessKey, BACKUP_SECRET_KEY: "wrong" }, "status 403 SignatureDoesNotMatch"],
    ["with an unknown key", { BACKUP_ACCESS_KEY: "NOBODY", BACKUP_SECRET_KEY: "wrong" }, "status 403 InvalidAccessKeyId"],
    ["without keys", {}, "BACKUP_ACCESS_KEY has no value in this environment"],
  ])("%s is told by what it says", async (_how, given, said) => {
    const { copies } = await take(context({ variables: given }));
    expect(copies[1]?.error).toContain(said);
    expect(JSON.stringify(copies)).not.toContain("wrong");
  });

  test("by resetting connections in the middle of the parts leaves no half upload, and is told", async () => {
    s3.fault = ({ number }) => (number === 3 ? "reset" : undefined);
    const { copies } = await take();
    expect(copies[1]).toMatchObject({ state: "waiting", error: expect.stringMatching(/ECONNRESET|socket|terminated/) });
    expect(s3.openUploads()).toBe(0);
    expect(s3.objects.size).toBe(0);
  });

  test("by storing other bytes than were sent is found out", async () => {
    s3.fault = ({ method }) => (method === "PUT" ? "damage" : undefined);
    expect((await take()).copies[1]?.error).toMatch(/it stored other bytes than were sent/);
  });

  test("by cutting what it gives back is found out, not taken for the backup", async () => {
    const backup = await take();
    await rm(backup.file);
    await rm(disk, { recursive: true });
    s3.fault = ({ method }) => (method === "GET" ? "cut" : undefined);
    await expect(layOutBackup(context(), { backup: backup.id }, join(site.home, "x"))).rejects.toMatchObject({ code: "backup-damaged" });
    await rm(join(site.home, "x"), { recursive: true });
  });

  test("by not being there is never made: a folder of a disk that is not mounted", async () => {
    await rm(disk, { recursive: true });
    const { copies } = await take();
    expect(copies[0]).toMatchObject({ state: "waiting", error: `backup target file://${disk} refused: the folder is not there` });
    await expect(access(disk)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("waits longer each time, at most an hour", () => {
    expect([1, 2, 3, 6, 7, 100].map(retryAfterMs)).toEqual([1, 2, 4, 32, 60, 60].map((minutes) => minutes * 60_000));
  });
});

describe("what is removed", () => {
  test("is gone here and on every target; what is needed for a way back stays", async () => {
    const of = context();
    const backups = [await take(of), await take(of), await take(of)];
    const plan = { ...of.plan, keep: { last: 1, daily: 0, weekly: 0 } };
    const pruned = await pruneBackups({ ...of, plan }, { service: "uploads", needed: [backups[0]?.id ?? ""] });
    expect(pruned.refused).toEqual([]);
    expect((await listBackups(site.context.store, { site: of.site })).map(({ id }) => id)).toEqual([backups[2]?.id, backups[0]?.id]);
    for (const target of openTargets(of)) {
      const keys = (await target.list(`${site.context.site}/`, of.signal)).map(({ key }) => key);
      expect(keys).toEqual([backups[0], backups[2]].map((backup) => `${site.context.site}/uploads/${backup?.id}.backup`));
    }
    await expect(access(backups[1]?.file ?? "")).rejects.toThrow();
    await expect(findBackup(site.context.store, backups[1]?.id ?? "")).rejects.toThrow("it was removed");
  });

  test("on a target that is away is removed there when it is back", async () => {
    const of = context();
    await take(of);
    await take(of);
    const plan = { ...of.plan, keep: { last: 1, daily: 0, weekly: 0 } };
    s3.fault = () => "busy";
    expect((await pruneBackups({ ...of, plan }, { service: "uploads", needed: [] })).refused).toHaveLength(1);
    expect(s3.objects.size).toBe(2);
    s3.fault = () => undefined;
    await pruneBackups({ ...of, plan }, { service: "uploads", needed: [] });
    expect(s3.objects.size).toBe(1);
  });

  test("a listing of many pages is read to its end", async () => {
    for (let index = 0; index < 5; index++) s3.objects.set(`sites/a b/x/${index}`, Buffer.from("x"));
    const [, target] = openTargets(context());
    expect((await target?.list("x/", new AbortController().signal))?.map(({ key }) => key)).toEqual(["x/0", "x/1", "x/2", "x/3", "x/4"]);
  });
});

test("health tells of services without a backup, late ones, unproven ones, and a folder on the same disk", async () => {
  const early = context();
  expect((await backupHealth(early)).findings.map(({ id }) => id)).toEqual(["backup-old:uploads", `backup-same-disk:file://${disk}`]);
  const backup = await take();
  expect((await backupHealth(early)).findings.map(({ id }) => id)).toEqual(["backup-unproven:uploads", `backup-same-disk:file://${disk}`]);
  await proveBackup(early, { backup: backup.id });
  expect((await backupHealth(early)).findings.map(({ id }) => id)).toEqual([`backup-same-disk:file://${disk}`]);
  const later = context({ now: () => Date.now() + 10 * 24 * 60 * 60_000 });
  const late = await backupHealth(later);
  expect(late.findings.map(({ id }) => id)).toEqual(["backup-old:uploads", "backup-unproven:uploads", `backup-same-disk:file://${disk}`]);
  expect(late.findings[0]?.message).toBe("uploads was last saved 10 d ago, every 24 h is declared");
});
