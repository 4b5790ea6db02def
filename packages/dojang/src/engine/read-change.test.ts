import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readChange } from "./read-change.ts";

const { signal } = new AbortController();
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dojang-change-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const git = (...words: string[]) =>
  execFileSync("git", ["-c", "user.name=mina", "-c", "user.email=mina@shop.example", ...words], {
    cwd: directory,
    encoding: "utf8",
  }).trim();

function commit(file: string): string {
  writeFileSync(join(directory, file), file);
  git("add", ".");
  git("commit", "--quiet", "--message", `add ${file}`);
  return git("rev-parse", "HEAD");
}

test("a branch is compared with where it left the main one, and a base that is named with what it names", async () => {
  git("init", "--quiet", "--initial-branch", "main");
  const left = commit("one");
  git("switch", "--quiet", "--create", "work");
  const between = commit("two");
  const head = commit("three");

  expect(await readChange({ directory, signal })).toMatchObject({
    commit: head,
    branch: "work",
    dirty: false,
    base: left,
    paths: ["three", "two"],
  });
  expect(await readChange({ directory, base: between, signal })).toMatchObject({ base: between, paths: ["three"] });
});

test("a base that is named and is not there is refused, with and without a repository, also when it looks like a flag", async () => {
  await expect(readChange({ directory, base: "main", signal })).rejects.toMatchObject({ code: "base-unknown", exit: "configuration" });
  git("init", "--quiet", "--initial-branch", "main");
  commit("one");
  for (const base of ["mian", "--output=stolen", ""])
    await expect(readChange({ directory, base, signal })).rejects.toMatchObject({
      code: "base-unknown",
      fix: expect.stringContaining("git branch"),
    });
});

test("outside of a repository there is nothing to compare with, and nothing is asked for", async () => {
  expect(await readChange({ directory, signal })).toMatchObject({ commit: undefined, base: undefined, dirty: true });
});
