import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProcesses, killAll } from "./leftovers.ts";
import { type Random, seededRandom } from "./seeded-random.ts";
import { lastJson, type Stage, setStage } from "./stage.ts";

/**
 * Processes are killed as a machine kills them: without a word, at moments nobody chose. DOJANG_TEST_SEED repeats the
 * moments of a test that failed.
 */
describe("after kill -9", () => {
  let stage: Stage;
  let directory: string;
  let random: Random;
  let others: Others;
  beforeAll(async () => {
    random = seededRandom();
    stage = await setStage();
    directory = await stage.copy("counter");
    const [first, made] = await Promise.all([stage.run(["run"], { directory }), makeOthers(stage.folder)]);
    others = made;
    expect(first).toMatchObject({ exitCode: 0 });
  }, 120_000);
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    await others.leave();
  });

  test.for([1, 2, 3, 4, 5])("of dojang at some moment of a run, the next command cleans everything up (%i)", async () => {
    const running = stage.start(["run", "--out", ".dojang-killed"], { directory });
    const delayMs = random.upTo(5000);
    await Promise.race([wait(delayMs), running.ended]);
    running.child.kill("SIGKILL");
    await running.ended;
    const next = await stage.run(random.oneOf([["ps"], ["run"]]), { directory });
    expect(next, `killed after ${delayMs} ms`).toMatchObject({ exitCode: 0 });
    await stage.expectNothingLeft();
  });

  test.for([
    { name: "the outer sandbox", command: /^bwrap --unshare-user/ },
    { name: "its launcher", command: /^sh -c .* keeper /s },
    { name: "the agent in the sandbox", command: /^\/toolbox\/node\/bin\/node \/toolbox\/agent\// },
  ])("of $name, the run ends by itself, passed at a second attempt or not, and cleans up", async ({ command }) => {
    const running = stage.start(["run", "--json"], { directory });
    await killWhenThere(stage.home, command, random.upTo(600));
    const ended = await running.ended;
    expect(ended, ended.stderr).toMatchObject({ exitCode: expect.toBeOneOf([0, 3]), signal: null });
    await stage.expectNothingLeft();
  });

  test("of the database, the run goes on with a new one, and ends with a verdict", async () => {
    const running = stage.start(["run", "--json"], { directory });
    await killWhenThere(stage.home, /\/bin\/postgres -D /, 500 + random.upTo(1500));
    const ended = await running.ended;
    expect(ended, ended.stderr).toMatchObject({ exitCode: expect.toBeOneOf([0, 3]), signal: null });
    expect(await stage.run(["ps"], { directory })).toMatchObject({ exitCode: 0 });
    await stage.expectNothingLeft();
  });

  test("of everything at once, as when the machine stops, the next command starts from what is on disk", async () => {
    const running = stage.start(["run"], { directory });
    await Promise.race([wait(1500 + random.upTo(2000)), running.ended]);
    running.child.kill("SIGKILL");
    for (let round = 0; round < 20; round++) killAll((await findProcesses(stage.home)).map(({ pid }) => pid));
    expect(await stage.run(["ps"], { directory })).toMatchObject({ exitCode: 0 });
    await stage.expectNothingLeft();
  });

  test("of dojang while it starts a system to keep, the half-started system is gone after the next command", async () => {
    const running = stage.start(["up"], { directory });
    const delayMs = 500 + random.upTo(2000);
    await Promise.race([wait(delayMs), running.ended]);
    running.child.kill("SIGKILL");
    await running.ended;
    const down = await stage.run(["down"], { directory });
    expect(down, `killed after ${delayMs} ms`).toMatchObject({ exitCode: 0 });
    await stage.expectNothingLeft({ withinMs: 10_000 });
  });

  test("a system that is up stays up, whoever died meanwhile", async () => {
    expect(await stage.run(["up"], { directory })).toMatchObject({ exitCode: 0 });
    const running = stage.start(["run"], { directory });
    await running.said("> integration");
    running.child.kill("SIGKILL");
    await running.ended;
    const ps = await stage.run(["ps", "--json"], { directory });
    expect(lastJson(ps)).toMatchObject({ state: "running", services: [{ state: "healthy" }, { state: "healthy" }] });
    expect(await stage.run(["down"], { directory })).toMatchObject({ exitCode: 0 });
    await stage.expectNothingLeft({ withinMs: 10_000 });
  });

  test("results of finished runs are still there", async () => {
    const report = await stage.run(["report", "--run", "1", "--json"], { directory });
    expect(report).toMatchObject({ exitCode: 0 });
    expect(lastJson(report)).toMatchObject({ run: { number: 1, state: "passed" }, totals: { passed: 4, transactions: 8 } });
  });

  test("what belongs to others was not touched: a process, a folder, another state folder's system", async () => {
    await others.expectUntouched();
  });
});

interface Others {
  expectUntouched(): Promise<void>;
  leave(): Promise<void>;
}

/** A process, a folder beside the state folder, and a system that is up in a state folder of its own. */
async function makeOthers(beside: string): Promise<Others> {
  const sleeper: ChildProcess = spawn("sleep", ["3600"], { stdio: "ignore" });
  const file = join(beside, "foreign", "kept.txt");
  await mkdir(join(beside, "foreign"));
  await writeFile(file, "somebody else's");
  const stage = await setStage();
  const directory = await stage.copy("counter");
  expect(await stage.run(["up"], { directory })).toMatchObject({ exitCode: 0 });
  return {
    async expectUntouched() {
      expect(sleeper).toMatchObject({ exitCode: null, signalCode: null });
      expect(await readFile(file, "utf8")).toBe("somebody else's");
      const exec = await stage.run(["exec", "gate", "--", "echo", "still here"], { directory });
      expect(exec).toMatchObject({ exitCode: 0, stdout: "still here\n" });
    },
    async leave() {
      sleeper.kill("SIGKILL");
      await stage.run(["down"], { directory });
      await stage[Symbol.asyncDispose]();
    },
  };
}

async function killWhenThere(home: string, command: RegExp, afterMs: number): Promise<void> {
  const victim = await expect
    .poll(async () => (await findProcesses(home)).find((one) => command.test(one.command))?.pid, { timeout: 20_000, interval: 20 })
    .toBeGreaterThan(1)
    .then(async () => (await findProcesses(home)).find((one) => command.test(one.command))?.pid);
  await wait(afterMs);
  if (victim !== undefined) killAll([victim]);
}
