import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ServiceSpec } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BackupSite, dataService, openBackupSite } from "./backup-harness.ts";
import { proveBackup } from "./prove-backup.ts";
import { RedisClient } from "./redis-client.ts";
import { restoreGeneration, switchVolume } from "./restore-generation.ts";
import { takeBackup } from "./take-backup.ts";

const redis = (name: string, ...words: readonly string[]): ServiceSpec =>
  dataService(name, "redis:7-alpine", {
    target: "/data",
    program: { kind: "image", image: "redis:7-alpine", command: ["redis-server", ...words] },
  });
const services = [
  redis("snapshots", "--requirepass", "pass word"),
  redis("appended", "--appendonly", "yes"),
  redis("nothing", "--save", ""),
];
let site: BackupSite;

beforeAll(async () => {
  site = await openBackupSite(services);
  await site.start(services);
});
afterAll(async () => await site.close());

async function ask(service: string, ...commands: readonly (readonly string[])[]) {
  const stream = await site.context.runtime.connect(
    site.context.environmentId,
    { host: service, port: 6379 },
    { signal: site.context.signal },
  );
  const client = new RedisClient(stream);
  try {
    if (service === "snapshots") await client.ask("AUTH", "pass word");
    const replies = [];
    for (const command of commands) replies.push(await client.ask(...command));
    return replies;
  } finally {
    client.close();
  }
}

test.each(["snapshots", "appended"])("Redis that keeps %s is restored with its keys", async (name) => {
  await ask(
    name,
    ["MSET", "a", "1", "b", "둘\r\n"],
    ["RPUSH", "list", "x", "y"],
    ["SELECT", "3"],
    ["SET", "other", "z"],
    ["SETEX", "soon", "1000", "z"],
  );
  const backup = await takeBackup(site.context, { service: name, reason: "a test" });
  expect(backup.figures).toMatchObject({
    figures: [
      { name: "db0", rows: [3, 3] },
      { name: "db3", rows: [1, 2] },
    ],
  });
  const restored = await restoreGeneration(site.context, { backup: backup.id });
  expect(restored.proof).toMatchObject({ passed: true, rows: 4 });
  await site.stop();
  const live = site.context.volumeFolder(`${name}-data`);
  for (const file of await readdir(live)) await rm(join(live, file), { recursive: true });
  await switchVolume(live, restored.generation);
  await site.start(services);
  expect(await ask(name, ["GET", "b"], ["LRANGE", "list", "0", "-1"], ["SELECT", "3"], ["GET", "other"])).toEqual([
    "둘\r\n",
    ["x", "y"],
    "OK",
    "z",
  ]);
});

test("Redis that keeps nothing needs no backup, and says so", async () => {
  await expect(takeBackup(site.context, { service: "nothing", reason: "a test" })).rejects.toMatchObject({ code: "backup-not-needed" });
});

test("keys that are not there after a restore are told", async () => {
  await ask("appended", ["SET", "c", "3"]);
  const backup = await takeBackup(site.context, { service: "appended", reason: "a test" });
  const figures = { ...backup.figures, figures: [...backup.figures.figures, { name: "db7", rows: [5, 5] }] };
  await site.context.store.db
    .updateTable("backup")
    .set({ figures: JSON.stringify(figures) })
    .where("id", "=", backup.id)
    .execute();
  expect((await proveBackup(site.context, { backup: backup.id })).differences).toEqual(["db7 is missing: it had 5 rows"]);
});
