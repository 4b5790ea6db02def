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

test("old workspaces and specifications go, the newest and those of today stay, and it happens once an hour", async () => {
  const { store, home } = testStore;
  const now = Date.now();
  for (const folder of ["workspaces", "mocks", "mock-program"])
    for (const [name, ageDays] of Object.entries({ today: 0, yesterday: 2, "last-week": 7, "last-month": 30 })) {
      const path = join(home, folder, name);
      await mkdir(path, { recursive: true });
      await utimes(path, (now - ageDays * dayMs) / 1000, (now - ageDays * dayMs) / 1000);
    }

  expect(await keepHouse(store, { now, retention: { ...defaultRetention, keepWorkspaces: 2, keepPlayed: 3 } })).toBe(true);
  expect((await readdir(join(home, "workspaces"))).sort()).toEqual(["today", "yesterday"]);
  for (const folder of ["mocks", "mock-program"])
    expect((await readdir(join(home, folder))).sort()).toEqual(["last-week", "today", "yesterday"]);
  expect(await keepHouse(store, { now: now + dayMs / 48 })).toBe(false);
});
