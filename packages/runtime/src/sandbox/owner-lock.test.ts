import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withOwnerLock } from "./owner-lock.ts";

describe("an owner's lock", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dojang-lock-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("lets one work at a time, and leaves nothing", async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([1, 2, 3, 4].map(() => withOwnerLock(join(folder, "lock"), AbortSignal.timeout(10_000), work)));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  test("of a dead owner is taken over", async () => {
    await writeFile(join(folder, "lock"), "999999999 1 nobody");
    expect(await withOwnerLock(join(folder, "lock"), AbortSignal.timeout(10_000), async () => "done")).toBe("done");
  });

  test("of a living owner is waited for until the caller gives up", async () => {
    await withOwnerLock(join(folder, "lock"), AbortSignal.timeout(10_000), async () => {
      await expect(withOwnerLock(join(folder, "lock"), AbortSignal.timeout(200), async () => "in")).rejects.toThrow();
    });
  });
});
