import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { beatClaim, ClaimLost, releaseClaim, takeClaim, whileClaimed } from "./claims.ts";
import { openStore, type Store } from "./store.ts";
import { openTestStore } from "./test-store.ts";

const { signal } = new AbortController();
let bed: Awaited<ReturnType<typeof openTestStore>>;
/** As a second process has it: a store of its own on the same home. */
let other: Store;

beforeAll(async () => {
  bed = await openTestStore();
  other = await openStore({ home: bed.home, signal });
}, 120_000);
afterAll(async () => {
  await other.close();
  await bed.close();
}, 60_000);

test("of many who ask at once one gets it, and the next when it is given back, with a higher fence", async () => {
  const asked = await Promise.all(Array.from({ length: 20 }, (_, index) => takeClaim(index % 2 === 0 ? bed.store : other, "backups of a")));
  const [first, ...more] = asked.filter((held) => held !== undefined);
  expect(first).toEqual({ name: "backups of a", fence: 1 });
  expect(more).toEqual([]);
  expect(await takeClaim(other, "backups of b")).toBeDefined();
  await releaseClaim(bed.store, { name: "backups of a", fence: 1 });
  expect(await takeClaim(other, "backups of a")).toEqual({ name: "backups of a", fence: 2 });
});

test("who was silent for longer than the lease is followed, told at the next beat, and gives nothing of the follower's back", async () => {
  const held = { name: "frozen", fence: 1 };
  expect(await takeClaim(bed.store, "frozen")).toEqual(held);
  await bed.store.db.updateTable("claim").set({ lease_until: 0 }).where("name", "=", "frozen").execute();
  const follower = await takeClaim(other, "frozen");
  expect(follower).toEqual({ name: "frozen", fence: 2 });
  expect(await beatClaim(bed.store, held)).toBe(false);
  await releaseClaim(bed.store, held);
  expect(await beatClaim(other, { name: "frozen", fence: 2 })).toBe(true);
});

test("a process that was killed is followed at once", async () => {
  const script = `
    import { openStore } from ${JSON.stringify(new URL("./store.ts", import.meta.url).href)};
    import { takeClaim } from ${JSON.stringify(new URL("./claims.ts", import.meta.url).href)};
    const store = await openStore({ home: ${JSON.stringify(bed.home)}, signal: new AbortController().signal });
    console.log((await takeClaim(store, "killed")).fence);
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  expect(await takeClaim(bed.store, "killed")).toBeUndefined();
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  expect(await takeClaim(bed.store, "killed")).toEqual({ name: "killed", fence: 2 });
});

test("while one works nobody else does; what fails gives it back too", async () => {
  const done: string[] = [];
  const isDone = await whileClaimed(bed.store, { name: "work", signal }, async () => {
    expect(await whileClaimed(other, { name: "work", signal }, async () => void done.push("second"))).toBe(false);
    done.push("first");
  });
  expect([isDone, done]).toEqual([true, ["first"]]);
  const broken = whileClaimed(bed.store, { name: "work", signal }, async () => {
    throw new Error("no room");
  });
  await expect(broken).rejects.toThrow("no room");
  expect(await whileClaimed(other, { name: "work", signal }, async () => void done.push("third"))).toBe(true);
  expect(done).toEqual(["first", "third"]);
});

test("work whose claim was lost is told by its signal", async () => {
  const work = whileClaimed(bed.store, { name: "long", signal, beatMs: 20 }, async (ending) => {
    const aborted = new Promise((resolve) => ending.addEventListener("abort", resolve));
    // What taking it over writes; between two beats no lease is over.
    await other.db.updateTable("claim").set({ fence: 2 }).where("name", "=", "long").execute();
    await aborted;
    throw ending.reason;
  });
  await expect(work).rejects.toThrow(ClaimLost);
  expect(await takeClaim(bed.store, "long")).toBeUndefined();
});
