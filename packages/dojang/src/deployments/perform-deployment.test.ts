import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { askCancel, createDeployment, getDeployment, stepsOfDeployment } from "../store/deployments.ts";
import { saveSite } from "../store/sites.ts";
import { openTestStore } from "../store/test-store.ts";
import { performDeployment } from "./perform-deployment.ts";
import { type Walk, walkedProcedure, walkedSteps } from "./walked-deployment.ts";

let stage: Awaited<ReturnType<typeof openTestStore>>;
let log: string;
let count = 0;

beforeAll(async () => {
  stage = await openTestStore();
  await stage.store.db.insertInto("release").values({ id: "todo-r1", project: "todo", number: 1, digest: "d", manifest: "{}" }).execute();
});
afterAll(() => stage.close());
beforeEach(() => {
  log = join(stage.home, `log-${++count}`);
  writeFileSync(log, "");
});

/** A deployment of a site of its own. */
async function newDeployment(): Promise<string> {
  const site = `todo-${count}`;
  await saveSite(stage.store, { id: site, project: "todo", environment: `e${count}`, directory: "/nowhere", definition: {} });
  const made = await createDeployment(stage.store, {
    site,
    release: "todo-r1",
    previousRelease: undefined,
    kind: "deploy",
    state: "queued",
    plan: {},
    requestedBy: "mina",
  });
  if (!("created" in made)) throw new Error("the site is busy");
  return made.created.id;
}

function perform(id: string, walk: Omit<Walk, "log"> = {}, more: { signal?: AbortSignal; handOverBefore?: string } = {}) {
  const signal = more.signal ?? new AbortController().signal;
  return performDeployment({
    store: stage.store,
    id,
    procedure: walkedProcedure({ log, ...walk }),
    signal,
    handOverBefore: more.handOverBefore,
  });
}

const walked = () => readFileSync(log, "utf8").trim().split("\n");

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain; the log says ${walked().join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Another process that gets as far as `hangAt`, then SIGKILL. */
async function killAt(id: string, hangAt: string, failAt = ""): Promise<void> {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, "walked-deployment.ts"), stage.home, id, log, hangAt, failAt],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const exited = once(child, "exit");
  await until(() => walked().some((line) => line.startsWith(`${hangAt} `)) || child.exitCode !== null);
  child.kill("SIGKILL");
  await exited;
}

describe("a deployment", () => {
  test("goes through its steps in order, and keeps what they found", async () => {
    const id = await newDeployment();
    const { outcome, deployment } = await perform(id);
    expect(outcome).toBe("ended");
    expect(deployment.state).toBe("succeeded");
    expect(deployment.facts).toEqual({ live: true, seen: [...walkedSteps] });
    expect((await stepsOfDeployment(stage.store, id)).map(({ name, state, summary }) => [name, state, summary])).toEqual(
      walkedSteps.map((name) => [name, "done", `${name} was done`]),
    );
  });

  test.each(walkedSteps)(
    "killed with SIGKILL in step %s goes on there, and does nothing before it twice",
    { timeout: 60_000 },
    async (step) => {
      const id = await newDeployment();
      await killAt(id, step);
      expect((await getDeployment(stage.store, id))?.state).toBe("running");
      const { deployment } = await perform(id);
      expect(deployment.state).toBe("succeeded");
      const before = walkedSteps.slice(0, walkedSteps.indexOf(step));
      const after = walkedSteps.slice(walkedSteps.indexOf(step) + 1);
      expect(walked()).toEqual([...before.map((name) => `${name} 1`), `${step} 1`, `${step} 2`, ...after.map((name) => `${name} 1`)]);
    },
  );

  test("that failed before it went live is taken back and failed; after it, rolled back", async () => {
    const early = await newDeployment();
    expect((await perform(early, { failAt: "migrate" })).deployment).toMatchObject({
      state: "failed",
      failure: { step: "migrate", code: "broken", message: "migrate is broken", fix: "mend it" },
    });
    count++;
    const late = await newDeployment();
    expect((await perform(late, { failAt: "verify" })).deployment.state).toBe("rolled-back");
    expect(walked().filter((line) => line.startsWith("take-back"))).toEqual(["take-back 1", "take-back 1"]);
  });

  test("killed on its way back goes on with the way back, whatever the next process would do", { timeout: 60_000 }, async () => {
    const id = await newDeployment();
    await killAt(id, "take-back", "verify");
    const { deployment } = await perform(id);
    expect(deployment.state).toBe("rolled-back");
    expect(walked().slice(-2)).toEqual(["take-back 1", "take-back 2"]);
  });

  test("tries the way back again when it fails", { timeout: 30_000 }, async () => {
    const id = await newDeployment();
    const { deployment } = await perform(id, { failAt: "start", takeBackFailures: 1 });
    expect(deployment.state).toBe("failed");
    expect(walked().slice(-2)).toEqual(["take-back 1", "take-back 2"]);
  });

  test("whose step takes too long ends it, and says how long it had", async () => {
    const id = await newDeployment();
    const { deployment } = await perform(id, { hangAt: "migrate", deadlineMs: 1000 });
    expect(deployment.failure).toMatchObject({
      step: "migrate",
      code: "step-timeout",
      message: expect.stringContaining("longer than 1 s"),
    });
    expect(walked().at(-1)).toBe("take-back 1");
  });

  test("can be cancelled while a step hangs, and is taken back", { timeout: 30_000 }, async () => {
    const id = await newDeployment();
    const performing = perform(id, { hangAt: "start" });
    await until(() => walked().includes("start 1"));
    expect(await askCancel(stage.store, { id, by: "joon" })).toBe(true);
    expect((await performing).deployment).toMatchObject({ state: "cancelled", failure: { message: "its end was asked for by joon" } });
    expect(walked().at(-1)).toBe("take-back 1");
    expect(await askCancel(stage.store, { id, by: "joon" })).toBe(false);
  });

  test("is held by one process: a second one does nothing", { timeout: 30_000 }, async () => {
    const id = await newDeployment();
    const stop = new AbortController();
    const performing = perform(id, { hangAt: "start" }, { signal: stop.signal });
    await until(() => walked().includes("start 1"));
    expect((await perform(id)).outcome).toBe("held");
    stop.abort(new Error("the process ends"));
    await expect(performing).rejects.toThrow("the process ends");
    expect((await perform(id)).deployment.state).toBe("succeeded");
  });

  test("of a site that is being deployed to is refused, naming the one under way", async () => {
    const id = await newDeployment();
    const second = await createDeployment(stage.store, {
      site: `todo-${count}`,
      release: "todo-r1",
      previousRelease: undefined,
      kind: "deploy",
      state: "queued",
      plan: {},
      requestedBy: "joon",
    });
    expect(second).toMatchObject({ active: { id } });
    await perform(id);
  });

  test("pauses where people must decide, and begins that step again", async () => {
    const id = await newDeployment();
    const paused = await perform(id, { pauseAt: "migrate" });
    expect(paused).toMatchObject({ outcome: "paused", deployment: { state: "awaiting-approval", wants: "no-way-back" } });
    expect((await perform(id)).outcome).toBe("held");
    await stage.store.db.updateTable("deployment").set({ state: "queued" }).where("id", "=", id).execute();
    expect((await perform(id)).deployment.state).toBe("succeeded");
    expect(walked()).toEqual(["preflight 1", "migrate 1", "migrate 2", "start 1", "switch 1", "verify 1"]);
  });

  test("cancelled while it waits for people in its middle is taken back by the next process", async () => {
    const id = await newDeployment();
    await perform(id, { pauseAt: "start" });
    expect(await askCancel(stage.store, { id, by: "joon" })).toBe(true);
    expect((await perform(id)).deployment.state).toBe("cancelled");
    expect(walked().at(-1)).toBe("take-back 1");
  });

  test("is handed over before a step to whoever goes on without a terminal", async () => {
    const id = await newDeployment();
    expect((await perform(id, {}, { handOverBefore: "verify" })).outcome).toBe("handed-over");
    expect((await perform(id)).deployment.state).toBe("succeeded");
    expect(walked()).toEqual(walkedSteps.map((name) => `${name} 1`));
  });
});
