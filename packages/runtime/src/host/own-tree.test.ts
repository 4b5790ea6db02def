import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shareInstalled } from "./own-tree.ts";

const otherDisk = "/dev/shm";
let folders: string[];
beforeEach(() => {
  folders = [];
});
afterEach(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function folderIn(place: string): Promise<string> {
  const folder = await mkdtemp(join(place, "dojang-tree-"));
  folders.push(folder);
  return folder;
}

async function built(): Promise<string> {
  const from = await folderIn(tmpdir());
  await mkdir(join(from, "node_modules", "pg"), { recursive: true });
  await writeFile(join(from, "node_modules", "pg", "index.js"), "export {};\n");
  await writeFile(join(from, "web.mjs"), "import 'pg';\n");
  return from;
}

test("what was installed is shared, the rest is the copy's own", async () => {
  const [from, to] = [await built(), await folderIn(tmpdir())];
  await shareInstalled(from, to, new AbortController().signal);
  const inode = async (root: string, path: string) => (await stat(join(root, path))).ino;
  expect(await inode(to, "node_modules/pg/index.js")).toBe(await inode(from, "node_modules/pg/index.js"));
  expect(await inode(to, "web.mjs")).not.toBe(await inode(from, "web.mjs"));
});

test("on another disk it is copied to its place", async ({ skip }) => {
  const from = await built();
  const there = await stat(otherDisk).catch(() => undefined);
  if (there === undefined || there.dev === (await stat(from)).dev) skip(`${otherDisk} is no disk of its own here`);
  const to = await folderIn(otherDisk);
  await shareInstalled(from, to, new AbortController().signal);
  expect((await readdir(to, { recursive: true })).sort()).toEqual([
    "node_modules",
    "node_modules/pg",
    "node_modules/pg/index.js",
    "web.mjs",
  ]);
});
