import { afterAll, beforeAll, expect, test } from "vitest";
import { earlierLoads } from "./earlier-loads.ts";
import { claimJob, finishJob } from "./jobs.ts";
import { thisProcess } from "./process-identity.ts";
import { createRun } from "./runs.ts";
import { openTestStore } from "./test-store.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
const owner = thisProcess();
beforeAll(async () => {
  opened = await openTestStore();
});
afterAll(() => opened.close());

function facts(profile: string, p95: number, more: object = {}) {
  const totals = {
    name: "all",
    perSecond: 40,
    errors: { "a status that is an error": 2, reset: 1 },
    percentiles: { p50: 1, p95, p99: 90 },
  };
  return { profile, startedAt: 7, totals, samples: { base64: "long" }, ...more };
}

/** A run with one job whose result has these profiles; its number. */
async function ran(load: readonly object[], { project = "shop", job = "performance", commit = "abc" } = {}): Promise<number> {
  const { store } = opened;
  const made = await createRun(store, {
    ...{ project, change: "main", commit, trusted: true, runtime: "fake", configHash: "h", snapshot: {}, owner },
    jobs: [{ name: job, kind: "performance", spec: {} }],
  });
  const claimed = await claimJob(store, { workerId: "w", owner, labels: [], slots: 1, run: made.run.id });
  if (claimed === undefined) throw new Error("the job was not to be had");
  await finishJob(store, { jobId: claimed.id, attempt: claimed.attempt, state: "passed", reason: "done", result: { detail: { load } } });
  return made.run.number;
}

test("the same profile of the same job in earlier runs of the project, newest first", async () => {
  const first = await ran([facts("load", 10, { cpuUsPerRequest: 900 }), facts("stress", 70, { highestRateHeld: { perSecond: 332 } })]);
  await ran([facts("load", 11)], { project: "other" });
  await ran([facts("load", 12)], { job: "another" });
  const second = await ran([facts("load", 20)], { commit: "def" });
  const before = await ran([facts("load", 30)]);
  const seen = await earlierLoads(opened.store, { project: "shop", job: "performance", profile: "load", before });
  expect(seen).toMatchObject([
    { number: second, commit: "def", p95Ms: 20, perSecond: 40, errors: 3 },
    { number: first, commit: "abc", p95Ms: 10, cpuUsPerRequest: 900 },
  ]);
  // What nobody could measure then is absent, and not nought.
  expect(seen[0]).not.toHaveProperty("cpuUsPerRequest");
  const [stress] = await earlierLoads(opened.store, { project: "shop", job: "performance", profile: "stress", before });
  expect(stress).toMatchObject({ number: first, heldPerSecond: 332 });
});

test("no more than asked for, and none of a profile that never ran", async () => {
  const before = (await ran([facts("load", 1)], { project: "many" })) + 100;
  await ran([facts("load", 2)], { project: "many" });
  await ran([facts("load", 3)], { project: "many" });
  const asked = { project: "many", job: "performance", profile: "load", before };
  expect((await earlierLoads(opened.store, { ...asked, limit: 2 })).map(({ p95Ms }) => p95Ms)).toEqual([3, 2]);
  expect(await earlierLoads(opened.store, { ...asked, profile: "soak" })).toEqual([]);
});
