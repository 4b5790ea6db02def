import { mkdir, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStore } from "../store/test-store.ts";
import { defaultRetention, keepHouse } from "./housekeeping.ts";

let testStore: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  testStore = await openTestStore();
});
afterAll(() => testStore.close());

const dayMs = 24 * 60 * 60 * 1000;

test("old workspaces go, the newest and those of today stay, and it happens once an hour", async () => {
  const { store, home } = testStore;
  const now = Date.now();
  for (const [name, ageDays] of Object.entries({ today: 0, yesterday: 2, "last-week": 7, "last-month": 30 })) {
    const path = join(home, "workspaces", name);
    await mkdir(path, { recursive: true });
    await utimes(path, (now - ageDays * dayMs) / 1000, (now - ageDays * dayMs) / 1000);
  }

  expect(await keepHouse(store, { now, retention: { ...defaultRetention, keepWorkspaces: 2 } })).toBe(true);
  expect((await readdir(join(home, "workspaces"))).sort()).toEqual(["today", "yesterday"]);
  expect(await keepHouse(store, { now: now + dayMs / 48 })).toBe(false);
});
