import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
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

test("what the system refuses about a file is told with the file and a way out, and is nobody's bug", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const below = await failureOf(mkdir(join(file, "below")));
  expect(below).toMatchObject({
    code: "file-refused",
    exitCode: 3,
    place: { file: join(file, "below") },
    message: `${join(file, "below")}: a part of it is a file, and no folder (ENOTDIR)`,
    fix: "name a place in a folder",
  });
  expect(await failureOf(writeFile(folder, ""))).toMatchObject({ message: `${folder}: it is a folder, and a file is needed (EISDIR)` });
});

test("a place where no folder can be made is named, also the one for temporary files", async () => {
  const made = await failureOf(mkdir(join(folder, "nothing", "below")));
  expect(made).toMatchObject({ exitCode: 3, message: `${join(folder, "nothing", "below")}: no folder can be made there (ENOENT)` });
  await writeFile(join(folder, "taken"), "");
  expect((await failureOf(mkdir(join(folder, "taken"))))?.message).toBe(
    `${join(folder, "taken")}: it is a file, and a folder is needed (EEXIST)`,
  );
  const temporary = await failureOf(mkdtemp(join(folder, "nothing", "x-")));
  expect(temporary?.message).toMatch(/: the folder for temporary files is not there \(ENOENT\)$/);
  expect(temporary?.fix).toContain("TMPDIR");
});

test("a path that leads in a circle or is too long is named", async () => {
  await symlink("round", join(folder, "round"));
  expect((await failureOf(readFile(join(folder, "round"))))?.message).toBe(`${join(folder, "round")}: its links lead in a circle (ELOOP)`);
  expect((await failureOf(readFile(join(folder, "x".repeat(300)))))?.message).toMatch(/longer than the system permits/);
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
