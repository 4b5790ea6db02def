import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FakeRuntime } from "@dojang/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadProject } from "../config/load-project.ts";
import { prepareBase } from "./base-project.ts";
import { readChange } from "./read-change.ts";

let folder: string;
let directory: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-base-"));
  directory = await mkdtemp(join(folder, "project-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const good = (run: string) => `version: 1\nname: sample\njobs:\n  unit: { steps: [{ run: ${run} }] }\n`;

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], { cwd: directory });
  return stdout.trim();
}

async function commit(text: string): Promise<string> {
  await writeFile(join(directory, "dojang.yml"), text);
  await git("add", "-A");
  await git("commit", "-q", "-m", "x");
  return git("rev-parse", "HEAD");
}

async function prepare(asked?: string) {
  const signal = AbortSignal.timeout(30_000);
  const change = await readChange({ directory, signal, ...(asked !== undefined && { base: asked }) });
  const project = await loadProject({ directory, env: {} });
  return prepareBase({ change, project, runtime: new FakeRuntime(), home: join(folder, "home"), signal, emit: () => undefined });
}

test("a folder that is no repository, and a first commit, have no base and say which", async () => {
  await writeFile(join(directory, "dojang.yml"), good("a"));
  expect(await prepare()).toEqual({ missing: "there is no repository with a commit here" });
  await git("init", "-q", "-b", "main");
  await commit(good("a"));
  expect(await prepare()).toEqual({ missing: "this is the first commit" });
});

test("the base is read as its commit has it, and uncommitted changes are compared with the last commit", async () => {
  await git("init", "-q", "-b", "main");
  const first = await commit(good("first"));
  const second = await commit(good("second"));
  const base = await prepare();
  expect(base).toMatchObject({ commit: first, project: { file: { jobs: { unit: { steps: [{ run: "first" }] } } } } });
  await writeFile(join(directory, "dojang.yml"), good("third"));
  expect(await prepare()).toMatchObject({ commit: second });
});

test("a base that is no commit, or whose configuration is wrong, says what", async () => {
  await git("init", "-q", "-b", "main");
  const wrong = await commit("version: 1\nname: sample\njbos: {}\n");
  await commit(good("a"));
  expect(await prepare("nowhere")).toEqual({ missing: "the base nowhere is no commit of this repository", commit: "nowhere" });
  expect(await prepare()).toEqual({
    missing: expect.stringMatching(new RegExp(`^the base ${wrong.slice(0, 10)} cannot be read: the configuration has .*jbos`)),
    commit: wrong.slice(0, 10),
  });
});
