import { describe, expect, test } from "vitest";
import { ignoreRules } from "./context-files.ts";

describe(".dockerignore", () => {
  const leavesOut = (text: string, path: string) => ignoreRules(text).leavesOut(path);

  test("leaves out what a pattern matches and all below it", () => {
    expect(leavesOut("node_modules\n", "node_modules")).toBe(true);
    expect(leavesOut("/dist/\n", "dist/a/b.js")).toBe(true);
    expect(leavesOut("node_modules\n", "src/node_modules.ts")).toBe(false);
  });

  test("matches from the root, and anywhere with two stars", () => {
    expect(leavesOut("*.log", "a.log")).toBe(true);
    expect(leavesOut("*.log", "deep/a.log")).toBe(false);
    expect(leavesOut("**/*.log", "deep/er/a.log")).toBe(true);
  });

  test("takes back what a later exclamation mark names", () => {
    expect(leavesOut("docs\n!docs/README.md", "docs/README.md")).toBe(false);
    expect(leavesOut("docs\n!docs/README.md", "docs/other.md")).toBe(true);
    expect(leavesOut("!kept\nkept", "kept")).toBe(true);
  });

  test("ignores comments and blank lines", () => {
    expect(leavesOut("# a\n\n", "# a")).toBe(false);
  });
});
