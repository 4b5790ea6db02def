import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLockFile } from "./lock-file.ts";
import { thisProcess } from "./process-identity.ts";

let folder: string;
let path: string;
const signal = AbortSignal.timeout(20_000);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-lock-"));
  path = join(folder, "lock");
});
afterEach(() => rm(folder, { recursive: true }));

test("work under one lock goes one at a time and leaves nothing behind", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
  };
  await Promise.all(Array.from({ length: 10 }, () => withLockFile(path, { signal }, work)));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("work that throws gives the lock back", async () => {
  const failing = withLockFile(path, { signal }, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await withLockFile(path, { signal }, async () => "yes")).toBe("yes");
});

test("the lock of a dead process is taken", async () => {
  await writeFile(path, JSON.stringify({ ...thisProcess(), startTime: "0" }));
  expect(await withLockFile(path, { signal }, async () => "mine")).toBe("mine");
});

test("the lock of a process elsewhere is waited for, until it is old", async () => {
  await writeFile(path, JSON.stringify({ ...thisProcess(), machine: "other", bootId: "other" }));
  const waiting = withLockFile(path, { signal: AbortSignal.timeout(200) }, async () => "mine");
  await expect(waiting).rejects.toThrow();
  await utimes(path, 1, 1);
  expect(await withLockFile(path, { signal }, async () => "mine")).toBe("mine");
});
