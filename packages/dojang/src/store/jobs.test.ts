import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Claim, cancelJob, claimJob, finishJob, getJob, heartbeat, jobsOfRun, type NewJob, onJobsChanged } from "./jobs.ts";
import { thisProcess } from "./process-identity.ts";
import { cancelRun, createRun, getRun, type NewRun } from "./runs.ts";
import type { Store } from "./store.ts";
import { openTestStore } from "./test-store.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
let store: Store;
const me = thisProcess();

beforeAll(async () => {
  opened = await openTestStore();
  store = opened.store;
});
afterAll(() => opened.close());

/** Every run is its process's own, so that tests do not take each other's jobs. */
async function makeRun(jobs: readonly NewJob[], more: Partial<NewRun> = {}) {
  return await createRun(store, {
    project: "queue",
    change: "main",
    trusted: true,
    runtime: "fake",
    configHash: "h",
    snapshot: {},
    owner: me,
    jobs,
    ...more,
  });
}

function job(name: string, more: Partial<NewJob> = {}): NewJob {
  return { name, kind: "steps", spec: { name }, ...more };
}

async function claim(run: string, more: Partial<Claim> = {}) {
  return await claimJob(store, { workerId: "w1", owner: me, labels: [], slots: 1, run, ...more });
}

async function pass(claimed: { readonly id: string; readonly attempt: number }) {
  return await finishJob(store, { jobId: claimed.id, attempt: claimed.attempt, state: "passed", reason: "done" });
}

async function states(run: string) {
  return Object.fromEntries((await jobsOfRun(store, run)).map((found) => [found.name, `${found.state} ${found.reason ?? ""}`.trim()]));
}

describe("order", () => {
  test("a job starts when all it needs has passed, and the run passes with its last job", async () => {
    const { run } = await makeRun([job("a"), job("b"), job("c", { needs: ["a", "b"] })]);
    expect(await states(run.id)).toEqual({ a: "queued", b: "queued", c: "waiting" });

    const a = await claim(run.id);
    const b = await claim(run.id);
    expect([a?.name, b?.name, await claim(run.id)]).toEqual(["a", "b", undefined]);
    await pass(a!);
    expect(await claim(run.id)).toBeUndefined();
    await pass(b!);
    const c = await claim(run.id);
    expect(c?.name).toBe("c");
    expect((await getRun(store, run.id))?.state).toBe("running");
    await pass(c!);
    expect(await getRun(store, run.id)).toMatchObject({ state: "passed", reason: "done" });
  });

  test("what needs a failed job is skipped, through the whole chain, unless it says otherwise", async () => {
    const jobs = [job("a"), job("b", { needs: ["a"] }), job("c", { needs: ["b"] }), job("clean", { needs: ["a"], whenNeedFails: "run" })];
    const { run } = await makeRun(jobs);
    const a = await claim(run.id);
    await finishJob(store, { jobId: a!.id, attempt: 1, state: "failed", reason: "failed" });
    expect(await states(run.id)).toEqual({
      a: "failed failed",
      b: "skipped dependency-failed",
      c: "skipped dependency-failed",
      clean: "queued",
    });
    await pass((await claim(run.id))!);
    expect((await getRun(store, run.id))?.state).toBe("failed");
  });

  test("an allowed failure stops neither the run nor who needs it", async () => {
    const { run } = await makeRun([job("a", { allowedToFail: true }), job("b", { needs: ["a"] })]);
    await finishJob(store, { jobId: (await claim(run.id))!.id, attempt: 1, state: "failed", reason: "failed" });
    await pass((await claim(run.id))!);
    expect((await getRun(store, run.id))?.state).toBe("passed");
  });

  test("what needs a job that the plan left out is left out for the same reason", async () => {
    const { run } = await makeRun([job("a"), job("b", { skip: "condition-false" }), job("c", { needs: ["a", "b"] })]);
    expect(await states(run.id)).toEqual({ a: "queued", b: "skipped condition-false", c: "skipped condition-false" });
  });

  test("an older run's jobs come first", async () => {
    const first = await makeRun([job("a")], { owner: undefined });
    const second = await makeRun([job("a")], { owner: undefined });
    const any = { workerId: "w", owner: me, labels: [], slots: 1 };
    const claimed = [await claimJob(store, any), await claimJob(store, any)];
    expect(claimed.map((found) => found?.run)).toEqual([first.run.id, second.run.id]);
    for (const found of claimed) await pass(found!);
  });
});

describe("who may claim", () => {
  test("a worker needs every label of the job", async () => {
    const { run } = await makeRun([job("a", { labels: ["perf", "linux"] })]);
    expect(await claim(run.id, { labels: ["linux"] })).toBeUndefined();
    expect((await claim(run.id, { labels: ["arm", "linux", "perf"] }))?.name).toBe("a");
  });

  test("a job that takes two slots waits for two", async () => {
    const { run } = await makeRun([job("wide", { slots: 2 }), job("narrow")]);
    expect((await claim(run.id))?.name).toBe("narrow");
    expect((await claim(run.id, { slots: 2 }))?.name).toBe("wide");
  });

  test("a run of one process is not touched by other workers", async () => {
    const { run } = await makeRun([job("a")]);
    expect(await claimJob(store, { workerId: "other", owner: me, labels: [], slots: 9 })).toBeUndefined();
    await pass((await claim(run.id))!);
  });

  test("an exclusive job runs alone on its machine", async () => {
    const { run } = await makeRun([job("a"), job("perf", { exclusive: true }), job("b")]);
    const machine = { owner: { ...me, machine: "exclusive-test" } };
    const a = await claim(run.id, machine);
    expect(await claim(run.id, machine)).toBeUndefined();
    await pass(a!);
    const perf = await claim(run.id, machine);
    expect(perf?.name).toBe("perf");
    expect(await claim(run.id, machine)).toBeUndefined();
    await pass(perf!);
    expect((await claim(run.id, machine))?.name).toBe("b");
  });

  test("one job of a group runs at a time, oldest first, however many claim at once", async () => {
    const runs = await Promise.all([1, 2, 3, 4].map(() => makeRun([job("deploy", { concurrencyGroup: "staging" })])));
    const ids = runs.map(({ run }) => run.id);
    const order = (await Promise.all(ids.map((id) => jobsOfRun(store, id)))).flat().toSorted((a, b) => a.createdAt - b.createdAt);
    for (const expected of order) {
      const claimed = (await Promise.all(ids.map((id) => claim(id)))).filter((found) => found !== undefined);
      expect(claimed.map((found) => found.id)).toEqual([expected.id]);
      await pass(claimed[0]!);
    }
  });
});

describe("leases", () => {
  test("a late result of a worker that lost its lease is refused, the retry's is accepted once", async () => {
    const { run } = await makeRun([job("a", { retry: { max: 1, on: ["worker-lost"] } })]);
    const frozen = await claim(run.id, { leaseMs: 0 });
    const second = await claim(run.id, { workerId: "w2" });
    expect(second).toMatchObject({ id: frozen!.id, attempt: 2, worker: "w2" });

    expect(await heartbeat(store, { jobId: frozen!.id, attempt: 1 })).toBe("lost");
    expect(await pass(frozen!)).toBe("refused");
    expect(await finishJob(store, { jobId: second!.id, attempt: 2, state: "failed", reason: "failed", result: { tests: 3 } })).toBe(
      "accepted",
    );
    expect(await getJob(store, second!.id)).toMatchObject({ state: "failed", result: { tests: 3 } });
  });

  test("a job whose worker was lost more often than allowed has failed with that reason", async () => {
    const { run } = await makeRun([job("a", { retry: { max: 1, on: ["worker-lost"] } })]);
    await claim(run.id, { leaseMs: 0 });
    await claim(run.id, { leaseMs: 0 });
    expect(await claim(run.id)).toBeUndefined();
    expect(await states(run.id)).toEqual({ a: "failed worker-lost" });
    expect((await getRun(store, run.id))?.state).toBe("failed");
  });

  test("a deploy is never tried again by itself", async () => {
    const { run } = await makeRun([job("a", { kind: "deploy", retry: { max: 5, on: ["worker-lost"] } })]);
    await claim(run.id, { leaseMs: 0 });
    expect(await claim(run.id)).toBeUndefined();
    expect(await states(run.id)).toEqual({ a: "failed worker-lost" });
  });

  test("the job of a worker that is dead on this machine is taken at once", async () => {
    const { run } = await makeRun([job("a", { retry: { max: 1, on: ["worker-lost"] } })]);
    await claim(run.id, { owner: { ...me, pid: 2 ** 22 + 1 } });
    expect(await claim(run.id)).toMatchObject({ attempt: 2 });
  });

  test("a worker on another machine is only lost when its lease runs out", async () => {
    const { run } = await makeRun([job("a", { retry: { max: 1, on: ["worker-lost"] } })]);
    await claim(run.id, { owner: { ...me, machine: "elsewhere", bootId: "other" } });
    expect(await claim(run.id)).toBeUndefined();
  });

  test("saying the same result twice is accepted twice and kept once", async () => {
    const { run } = await makeRun([job("a")]);
    const claimed = await claim(run.id);
    expect([await pass(claimed!), await pass(claimed!)]).toEqual(["accepted", "accepted"]);
  });

  test("an infrastructure failure that the policy names is queued again, a failed test never", async () => {
    const retry = { max: 2, on: ["environment-failed"] as const };
    const { run } = await makeRun([job("a", { retry })]);
    const first = await claim(run.id);
    expect(await finishJob(store, { jobId: first!.id, attempt: 1, state: "failed", reason: "environment-failed" })).toBe("requeued");
    const second = await claim(run.id);
    expect(second?.attempt).toBe(2);
    expect(await finishJob(store, { jobId: first!.id, attempt: 2, state: "failed", reason: "failed" })).toBe("accepted");
  });
});

describe("cancelling", () => {
  test("a waiting job ends at once, a running one is told by its heartbeat", async () => {
    const { run, jobs } = await makeRun([job("a"), job("b")]);
    const a = await claim(run.id);
    await cancelRun(store, { run: run.id, reason: "user" });
    expect(await states(run.id)).toEqual({ a: "running", b: "cancelled user" });
    expect(await heartbeat(store, { jobId: a!.id, attempt: 1 })).toBe("cancel");
    await finishJob(store, { jobId: a!.id, attempt: 1, state: "cancelled", reason: "user" });
    expect(await getRun(store, run.id)).toMatchObject({ state: "cancelled", reason: "user" });
    expect(await cancelJob(store, { jobId: jobs[0]!.id, reason: "user" })).toBe(false);
  });

  test("a cancelled job whose worker then dies is cancelled, not tried again", async () => {
    const { run, jobs } = await makeRun([job("a", { retry: { max: 3, on: ["worker-lost"] } })]);
    await claim(run.id, { leaseMs: 0 });
    await cancelJob(store, { jobId: jobs[0]!.id, reason: "user" });
    expect(await claim(run.id)).toBeUndefined();
    expect(await states(run.id)).toEqual({ a: "cancelled user" });
  });

  test("a newer run of the group cancels the older one and starts when it has ended", async () => {
    const concurrency = { group: "pull/1", cancelSuperseded: true };
    const older = await makeRun([job("a")], { concurrency });
    const a = await claim(older.run.id);
    const newer = await makeRun([job("a")], { concurrency });
    expect(await heartbeat(store, { jobId: a!.id, attempt: 1 })).toBe("cancel");
    expect(await claim(newer.run.id)).toBeUndefined();
    await finishJob(store, { jobId: a!.id, attempt: 1, state: "cancelled", reason: "superseded" });
    expect(await getRun(store, older.run.id)).toMatchObject({ state: "cancelled", reason: "superseded" });
    expect((await claim(newer.run.id))?.run).toBe(newer.run.id);
  });
});

test("runs count from 1 within their project, without gaps or doubles when made at once", async () => {
  const made = await Promise.all(Array.from({ length: 12 }, () => makeRun([], { project: "counted" })));
  expect(made.map(({ run }) => run.number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
});

test("a listener is woken by a new job without waiting for its poll", async () => {
  const stop = new AbortController();
  const changes = onJobsChanged(store, stop.signal, 60_000);
  await changes.next();
  const woken = changes.next();
  await makeRun([job("a")]);
  expect((await woken).done).toBe(false);
  stop.abort();
  await changes.return(undefined);
});
