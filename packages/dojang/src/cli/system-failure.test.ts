import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { failureText } from "./print-failure.ts";
import { systemFailure } from "./system-failure.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-failure-"));
});
afterEach(() => rm(folder, { recursive: true }));

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => systemFailure(error),
  );

test("what the system refuses about a file is told with the file and a way out, once, and is nobody's bug", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const below = await failureOf(mkdir(join(file, "below")));
  expect(below).toMatchObject({ code: "file-refused", exitCode: 3, place: { file: join(file, "below") } });
  expect(failureText(below).split("\n").slice(0, 2)).toEqual([
    `dojang: ${join(file, "below")}: a part of it is a file, and no folder (ENOTDIR) [file-refused]`,
    "  fix: name a place in a folder",
  ]);
  expect(await failureOf(writeFile(folder, ""))).toMatchObject({ message: `${folder}: it is a folder, and a file is needed (EISDIR)` });
});

test.skipIf(process.getuid?.() === 0)("a folder that this user may not write into is named", async () => {
  await mkdir(join(folder, "closed"), { mode: 0o500 });
  const refused = await failureOf(writeFile(join(folder, "closed", "dojang.yml"), ""));
  expect(refused?.message).toBe(`${join(folder, "closed", "dojang.yml")}: this user may not use it (EACCES)`);
});

test("a file that should have been there, and whatever is no answer of the system, stays a bug", async () => {
  expect(await failureOf(readFile(join(folder, "nothing")))).toBeUndefined();
  expect(await failureOf(rename(join(folder, "nothing"), join(folder, "other")))).toBeUndefined();
  expect(systemFailure(new TypeError("EACCES"))).toBeUndefined();
  expect(systemFailure("EACCES")).toBeUndefined();
});
