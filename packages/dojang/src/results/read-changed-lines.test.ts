import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readChangedLines } from "./read-changed-lines.ts";

let repository: string;
const signal = new AbortController().signal;

beforeEach(async () => {
  repository = await mkdtemp(join(tmpdir(), "dojang-changed-"));
  git("init", "--quiet", "--initial-branch=main");
  await mkdir(join(repository, "app", "src"), { recursive: true });
  await writeFile(join(repository, "app", "src", "a.ts"), "one\ntwo\n");
  await writeFile(join(repository, "other.ts"), "other\n");
  git("add", ".");
  git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "first");
});
afterEach(() => rm(repository, { recursive: true, force: true }));

function git(...args: readonly string[]): void {
  execFileSync("git", args, { cwd: repository });
}

test("uncommitted lines count as changed", async () => {
  await writeFile(join(repository, "app", "src", "a.ts"), "one\n2\nthree\n");

  const changed = await readChangedLines({ directory: repository, base: "HEAD", signal });

  expect([...(changed.get("app/src/a.ts") ?? [])]).toEqual([2, 3]);
});

test("a project in a folder of a repository has paths of its own, and the other folders are not its change", async () => {
  await writeFile(join(repository, "app", "src", "a.ts"), "1\ntwo\n");
  await writeFile(join(repository, "other.ts"), "changed\n");

  const changed = await readChangedLines({ directory: join(repository, "app"), base: "HEAD", signal });

  expect([...changed.keys()]).toEqual(["src/a.ts"]);
});

test("a base that does not exist is a Problem that says how to get it", async () => {
  await expect(readChangedLines({ directory: repository, base: "origin/nowhere", signal })).rejects.toMatchObject({
    code: "base-unknown",
    fix: expect.stringContaining("git fetch origin nowhere"),
  });
});
