import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withinReach } from "./within-reach.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-reach-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;

test("what guests can read stays where it is", async () => {
  expect(await withinReach("/usr/bin/env")).toBe(realpathSync("/usr/bin/env"));
});

test.skipIf(!isRoot)(
  "what lies in a folder closed to guests is copied once to where they can read it (as root: others are their own guests)",
  async () => {
    const closed = join(folder, "closed");
    mkdirSync(join(closed, "package", "lib"), { recursive: true });
    writeFileSync(join(closed, "package", "lib", "index.js"), "export const word = 'hi';\n", { mode: 0o600 });
    chmodSync(closed, 0o700);
    const copy = await withinReach(join(closed, "package"));
    expect(copy).not.toContain(folder);
    expect(readFileSync(join(copy, "lib", "index.js"), "utf8")).toContain("hi");
    expect(statSync(join(copy, "lib", "index.js")).mode & 0o777).toBe(0o644);
    expect(await withinReach(join(closed, "package"))).toBe(copy);
    rmSync(join(copy, ".."), { recursive: true });
  },
);
