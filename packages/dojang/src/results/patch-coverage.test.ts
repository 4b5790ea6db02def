import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Coverage, Problem } from "@dojang/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changedLines } from "./changed-lines.ts";
import { patchCoverage } from "./patch-coverage.ts";
import { readChangedLines } from "./read-changed-lines.ts";

const plain = (changed: ReturnType<typeof changedLines>) => Object.fromEntries([...changed].map(([path, lines]) => [path, [...lines]]));

describe("changed lines", () => {
  it("are the added ones, whatever the context", () => {
    const diff =
      "diff --git a/x.ts b/x.ts\n--- a/x.ts\n+++ b/x.ts\n@@ -1,3 +1,4 @@ head\n one\n-two\n+TWO\n+2.5\n three\n@@ -20 +21 @@\n-a\n+b\n\\ No newline at end of file\n";
    expect(plain(changedLines(diff))).toEqual({ "x.ts": [2, 3, 21] });
  });

  it("are not misled by an added line that looks like a header", () => {
    const diff =
      "diff --git a/x.md b/x.md\n--- a/x.md\n+++ b/x.md\n@@ -0,0 +1,2 @@\n+++ b/evil.ts\n+@@ -1 +1 @@\ndiff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -1,2 +0,0 @@\n--- a/z\n-x\n";
    expect(plain(changedLines(diff))).toEqual({ "x.md": [1, 2], y: [] });
  });
});

describe("the change of a git checkout", () => {
  let directory: string;
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", ...args], { cwd: directory });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "dojang-diff-"));
    git("init", "-q", "-b", "main");
    writeFileSync(join(directory, "old name.ts"), "1\n2\n3\n4\n5\n6\n7\n8\n");
    writeFileSync(join(directory, "gone.ts"), "x\n");
    writeFileSync(join(directory, "한글.ts"), "a\n");
    writeFileSync(join(directory, "image.bin"), Buffer.from([0, 1, 2]));
    git("add", ".");
    git("commit", "-qm", "base");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("has renamed, new, quoted and uncommitted files, and neither deleted nor binary ones", async () => {
    git("checkout", "-qb", "topic");
    renameSync(join(directory, "old name.ts"), join(directory, "new name.ts"));
    writeFileSync(join(directory, "new name.ts"), "1\n2\n3\nfour\n5\n6\n7\n8\nnine");
    rmSync(join(directory, "gone.ts"));
    writeFileSync(join(directory, "fresh.ts"), "a\nb\n");
    writeFileSync(join(directory, "image.bin"), Buffer.from([0, 9, 9, 9]));
    git("add", "-A");
    git("commit", "-qm", "change");
    writeFileSync(join(directory, "한글.ts"), "a\nb\n");
    const changed = await readChangedLines({ directory, base: "main", signal: AbortSignal.timeout(20_000) });
    expect(plain(changed)).toEqual({ "new name.ts": [4, 9], "fresh.ts": [1, 2], "한글.ts": [2] });
  });

  it("without the base is a Problem that says how to get it", async () => {
    const attempt = readChangedLines({ directory, base: "origin/main", signal: AbortSignal.timeout(20_000) });
    await expect(attempt).rejects.toThrow(Problem);
    await expect(attempt).rejects.toMatchObject({ code: "base-unknown", fix: expect.stringContaining("git fetch origin main") });
  });
});

describe("patch coverage", () => {
  it("counts changed lines that can run and leaves out files no report measures", () => {
    const coverage: Coverage = {
      files: [
        { path: "a.ts", hits: { 1: 1, 2: 0, 4: 3 } },
        { path: "b.ts", hits: { 1: 0 } },
      ],
    };
    const changed = new Map([
      ["a.ts", new Set([1, 2, 3])],
      ["README.md", new Set([1])],
    ]);
    expect(patchCoverage(coverage, changed)).toEqual({
      coveredLines: 1,
      executableLines: 2,
      files: [{ path: "a.ts", covered: [1], missed: [2] }],
    });
  });
});
