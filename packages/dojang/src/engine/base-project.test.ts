import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeRuntime } from "@dojang/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadProject } from "../config/load-project.ts";
import { prepareBase } from "./base-project.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-base-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const signal = new AbortController().signal;

/** A repository whose project lies in `place`, with two commits; the first one's hash. */
function repository(name: string, place: string): { readonly directory: string; readonly first: string } {
  const top = join(folder, name);
  const directory = join(top, place);
  mkdirSync(directory, { recursive: true });
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], { cwd: top, encoding: "utf8" }).trim();
  git("init", "-q", "-b", "main");
  const commit = (job: string) => {
    writeFileSync(join(directory, "dojang.yml"), `version: 1\nname: base\njobs:\n  ${job}: { steps: [{ run: "true" }] }\n`);
    writeFileSync(join(top, "elsewhere.txt"), job);
    git("add", "-A");
    git("commit", "-q", "-m", job);
    return git("rev-parse", "HEAD");
  };
  const first = commit("before");
  commit("after");
  return { directory, first };
}

test.each([
  ["at the top of its repository", "."],
  ["below it", "examples/shop"],
])("a project %s is compared with its own files of the base", async (_where, place) => {
  const { directory, first } = repository(`in-${place.length}`, place);
  const home = join(folder, `home-${place.length}`);
  const project = await loadProject({ directory, env: {}, signal });
  const runtime = new FakeRuntime();

  const base = await prepareBase({ runtime, home, project, change: { commit: "HEAD", base: first }, signal, emit: () => undefined });

  expect(base).toMatchObject({ commit: first, project: { file: { jobs: { before: { kind: "steps" } } } } });
});
