import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFolders } from "./make-folders.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-folders-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("what is missing of a path is made, and the topmost of it told; made again it is left as it is", async () => {
  expect(await makeFolders(join(folder, "one", "two", "three"), 0o750)).toBe(join(folder, "one"));
  expect((await stat(join(folder, "one", "two", "three"))).mode & 0o777).toBe(0o750);
  expect(await makeFolders(join(folder, "one", "two", "three"))).toBeUndefined();
  expect(await makeFolders(join(folder, "one", "two", "four"))).toBe(join(folder, "one", "two", "four"));
});

test.runIf(process.platform === "linux")("where none can be made that is said, instead of trying for ever", async () => {
  await expect(makeFolders("/proc/x")).rejects.toMatchObject({ code: "ENOENT", path: "/proc/x" });
  await expect(makeFolders("/proc/x/y/z")).rejects.toMatchObject({ code: "ENOENT", path: "/proc/x" });
});

test("a file, a link that leads nowhere and a file above are refused as the system refuses them", async () => {
  await writeFile(join(folder, "file"), "");
  await symlink("nowhere", join(folder, "dangling"));
  await expect(makeFolders(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolders(join(folder, "dangling"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolders(join(folder, "file", "x"))).rejects.toMatchObject({ code: "ENOTDIR" });
});
