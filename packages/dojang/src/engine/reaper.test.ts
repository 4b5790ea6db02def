import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type EnvironmentSummary, makeDraft } from "@dojang/runtime";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { claimJob, jobsOfRun } from "../store/jobs.ts";
import { type Intent, listLive, markReleased, recordIntent } from "../store/ledger.ts";
import { identifyProcess, isAlive, type ProcessIdentity, thisProcess } from "../store/process-identity.ts";
import { announceProcess } from "../store/processes.ts";
import { createRun, getRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { openTestStore } from "../store/test-store.ts";
import { type ReapedRuntime, reap } from "./reaper.ts";

const signal = AbortSignal.timeout(60_000);
const me = thisProcess();
let opened: Awaited<ReturnType<typeof openTestStore>>;
let store: Store;
let dead: ProcessIdentity;

beforeAll(async () => {
  opened = await openTestStore();
  store = opened.store;
  dead = await makeDeadProcess();
});
afterAll(() => opened.close());
beforeEach(async () => {
  for (const entry of await listLive(store)) await markReleased(store, entry);
});

async function makeDeadProcess(): Promise<ProcessIdentity> {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const identity = identifyProcess(child.pid!)!;
  child.kill("SIGKILL");
  await once(child, "exit");
  return identity;
}

/** What the reaper sees of a runtime: a set of environments. */
function makeRuntime(...found: (string | EnvironmentSummary)[]): ReapedRuntime & { readonly ids: () => readonly string[] } {
  const environments = new Map(
    found.map((entry) => (typeof entry === "string" ? running(entry) : entry)).map((entry) => [entry.id, entry]),
  );
  return {
    name: "fake",
    list: async () => [...environments.values()],
    stop: async (id) => {
      if (id === "stuck") throw new Error("it does not stop");
      environments.delete(id);
    },
    ids: () => [...environments.keys()],
  };
}

function running(id: string): EnvironmentSummary {
  return { id, project: "p", state: "running", startedAt: 1 };
}

async function intend(id: string, more: Partial<Intent> = {}): Promise<void> {
  await recordIntent(store, { kind: "environment", id, runtime: "fake", owner: dead, ...more });
}

async function liveIds(): Promise<readonly string[]> {
  return (await listLive(store)).map((entry) => entry.id);
}

describe("environments", () => {
  test("of a dead owner are removed, of a living one are left", async () => {
    await intend("orphan");
    await intend("mine", { owner: me });
    const runtime = makeRuntime("orphan", "mine");
    const report = await reap({ store, runtimes: [runtime], signal });
    expect(runtime.ids()).toEqual(["mine"]);
    expect(await liveIds()).toEqual(["mine"]);
    expect(report.did).toEqual([`removed environment orphan: its owner, process ${dead.pid}, is dead`]);
  });

  test("a second pass finds nothing to do", async () => {
    await intend("orphan");
    const runtime = makeRuntime("orphan");
    await reap({ store, runtimes: [runtime], signal });
    expect(await reap({ store, runtimes: [runtime], signal })).toEqual({ did: [], left: [], failed: [] });
  });

  test("written down but never made are crossed out", async () => {
    await intend("planned");
    const report = await reap({ store, runtimes: [makeRuntime()], signal });
    expect(await liveIds()).toEqual([]);
    expect(report.did).toHaveLength(1);
  });

  test("that are to be kept stay while they are whole", async () => {
    await intend("up", { keep: true });
    const runtime = makeRuntime("up");
    expect((await reap({ store, runtimes: [runtime], signal })).did).toEqual([]);
    expect(runtime.ids()).toEqual(["up"]);
  });

  test("that were to be kept but went with a restart of the machine are crossed out", async () => {
    await intend("up", { keep: true, owner: { ...me, bootId: "an earlier boot" } });
    await reap({ store, runtimes: [makeRuntime()], signal });
    expect(await liveIds()).toEqual([]);
  });

  test("that were to be kept but were left half-made are removed", async () => {
    await intend("half", { keep: true });
    const runtime = makeRuntime({ ...running("half"), state: "broken" });
    await reap({ store, runtimes: [runtime], signal });
    expect(runtime.ids()).toEqual([]);
  });

  test("that no ledger of ours names are left, and said", async () => {
    const runtime = makeRuntime("stranger");
    const report = await reap({ store, runtimes: [runtime], signal });
    expect(runtime.ids()).toEqual(["stranger"]);
    expect(report.left).toEqual(["left stranger: it is not in this ledger; dojang down stranger removes it"]);
  });

  test("that were crossed out but are still there are stopped", async () => {
    await intend("undead");
    await markReleased(store, { kind: "environment", id: "undead" });
    const runtime = makeRuntime("undead");
    await reap({ store, runtimes: [runtime], signal });
    expect(runtime.ids()).toEqual([]);
  });

  test("of a runtime that is not available here are left in the ledger", async () => {
    await intend("elsewhere", { runtime: "docker" });
    const report = await reap({ store, runtimes: [makeRuntime()], signal });
    expect(report.left).toEqual(["left elsewhere: its runtime, docker, is not available here"]);
    expect(await liveIds()).toEqual(["elsewhere"]);
  });

  test("one that does not stop is said, stays in the ledger, and keeps no other from being removed", async () => {
    await intend("stuck");
    await intend("orphan");
    const runtime = makeRuntime("stuck", "orphan");
    const report = await reap({ store, runtimes: [runtime], signal });
    expect(report.failed).toEqual(["could not remove environment stuck: it does not stop"]);
    expect(await liveIds()).toEqual(["stuck"]);
  });

  test("owned on another machine are removed only after a minute of silence", async () => {
    const elsewhere = { ...me, machine: "elsewhere", bootId: "other" };
    await intend("remote", { owner: elsewhere });
    await announceProcess(store, elsewhere);
    const runtime = makeRuntime("remote");
    await reap({ store, runtimes: [runtime], signal });
    expect(runtime.ids()).toEqual(["remote"]);
    await store.db
      .updateTable("process")
      .set((e) => ({ seen_at: e("seen_at", "-", 61_000) }))
      .where("identity", "like", "elsewhere/%")
      .execute();
    await reap({ store, runtimes: [runtime], signal });
    expect(runtime.ids()).toEqual([]);
  });
});

describe("other things", () => {
  test("a process of a dead owner is killed with its group; one that got its number later is not", async () => {
    const child = spawn("sh", ["-c", "sleep 100 & wait"], { detached: true });
    await once(child, "spawn");
    const identity = identifyProcess(child.pid!)!;
    await recordIntent(store, { kind: "process", id: "other", owner: dead, data: { identity: { ...identity, startTime: "0" } } });
    await reap({ store, runtimes: [], signal });
    expect(isAlive(identity)).toBe(true);
    await recordIntent(store, { kind: "process", id: "child", owner: dead, data: { identity, group: true } });
    const exited = once(child, "exit");
    await reap({ store, runtimes: [], signal });
    await exited;
    expect(await liveIds()).toEqual([]);
  });

  test("a folder below the state folder is removed, any other path is refused", async () => {
    const folder = join(store.home, "workspaces", "x");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "file"), "");
    await recordIntent(store, { kind: "folder", id: folder, owner: dead });
    await recordIntent(store, { kind: "folder", id: `${store.home}/../elsewhere`, owner: dead });
    const report = await reap({ store, runtimes: [], signal });
    expect(existsSync(folder)).toBe(false);
    expect(report.failed).toEqual([expect.stringContaining("is neither below")]);
  });
});

describe("work", () => {
  const run = { project: "work", change: "main", trusted: true, runtime: "fake", configHash: "h", snapshot: {} } as const;

  test("a run whose own process is dead has failed, with all its jobs", async () => {
    const made = await createRun(store, {
      ...run,
      owner: dead,
      jobs: [
        { name: "a", kind: "steps", spec: {}, retry: { max: 3, on: ["worker-lost"] } },
        { name: "b", kind: "steps", spec: {}, needs: ["a"] },
      ],
    });
    await claimJob(store, { workerId: "w", owner: { ...me, machine: "x", bootId: "y" }, labels: [], slots: 1, run: made.run.id });
    const report = await reap({ store, runtimes: [], signal });
    expect(report.did).toContain("ended run work #1: the process that ran it is dead");
    expect(await getRun(store, made.run.id)).toMatchObject({ state: "failed", reason: "worker-lost" });
    const states = (await jobsOfRun(store, made.run.id)).map((job) => `${job.state} ${job.reason}`);
    expect(states).toEqual(["failed worker-lost", "cancelled worker-lost"]);
  });

  test("a job of a dead worker is queued again for the others", async () => {
    const made = await createRun(store, {
      ...run,
      jobs: [{ name: "a", kind: "steps", spec: {}, retry: { max: 1, on: ["worker-lost"] } }],
    });
    await claimJob(store, { workerId: "w", owner: dead, labels: [], slots: 1 });
    const report = await reap({ store, runtimes: [], signal });
    expect(report.did).toEqual(["queued job a again: its worker is dead"]);
    expect((await jobsOfRun(store, made.run.id))[0]?.state).toBe("queued");
  });
});

test("what a killed process had half made is removed, what is being made is left", async () => {
  const shelves = ["workspaces", "host/templates", "releases/.artifacts"].map((name) => join(store.home, name));
  for (const shelf of shelves) {
    await mkdir(join(shelf, `.making-${dead.pid}-1-Xy12ab`, "tree"), { recursive: true });
    await mkdir(join(shelf, "whole"));
  }
  const own = await makeDraft(shelves[0]!);
  await reap({ store, runtimes: [], signal });
  expect(await Promise.all(shelves.map((shelf) => readdir(shelf)))).toEqual([[basename(own), "whole"], ["whole"], ["whole"]]);
});
