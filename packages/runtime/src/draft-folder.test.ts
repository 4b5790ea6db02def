import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeDraft, sweepDrafts } from "./draft-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-drafts-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("drafts of a process that was killed are swept, of one that lives and what is whole are not", async () => {
  const module = join(import.meta.dirname, "draft-folder.ts");
  const script = `const { makeDraft } = await import(${JSON.stringify(module)});
    const draft = await makeDraft(${JSON.stringify(folder)});
    (await import("node:fs")).writeFileSync(draft + "/half", "made");
    process.kill(process.pid, "SIGKILL");`;
  const killed = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  const own = await makeDraft(folder);
  await mkdir(join(folder, "whole"));
  expect(await readdir(folder)).toHaveLength(3);
  await sweepDrafts(folder);
  expect((await readdir(folder)).sort()).toEqual([basename(own), "whole"]);
});

test("the draft of somebody whose number is used again is swept", async () => {
  await mkdir(join(folder, `.making-${process.pid}-1-abcdef`));
  await sweepDrafts(folder);
  expect(await readdir(folder)).toEqual([]);
});

test("a folder that is not there has none", async () => {
  await sweepDrafts(join(folder, "nowhere"));
  expect(await readdir(folder)).toEqual([]);
});
