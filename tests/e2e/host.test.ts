import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NarrowMachine, openNarrowMachine, strangerId, whyNotNarrow } from "./narrow-machine.ts";
import { lastJson, type Stage, setStage } from "./stage.ts";

const obstacle = whyNotNarrow();

const because = obstacle === undefined ? "" : ` (skipped: ${obstacle.split("\n").at(-1)})`;

describe.skipIf(obstacle !== undefined)(`for a user without privileges, where namespaces are not permitted${because}`, () => {
  let stage: Stage;
  let machine: NarrowMachine;
  beforeAll(async () => {
    machine = await openNarrowMachine();
    stage = await setStage({ owner: strangerId });
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    machine.leave();
  });
  const there = (directory: string) => ({ directory, through: machine.through, environment: { HOME: stage.folder } });

  test("a run takes plain processes, says why and what is not isolated, and proves the rest", async () => {
    const directory = await stage.copy("counter");
    const { exitCode, stdout, stderr } = await stage.run(["run"], there(directory));
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(/runtime host: .*, because runtime sandbox is not available \(namespaces: refused/);
    expect(stdout).toContain("tests: 4 passed; 8 requests recorded");
    expect(stdout).toContain("not promised: services can reach this machine and each other's files");
    expect(stdout).toContain("left out: runtime sandbox: namespaces: refused");
    await stage.expectNothingLeft();
  });

  test("two runs of one project at once do not meet there either", async () => {
    const directory = await stage.copy("counter");
    const runs = await Promise.all([1, 2].map((number) => stage.run(["run", "--json", "--out", `.dojang-${number}`], there(directory))));
    for (const ended of runs) {
      expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
      expect(lastJson(ended)).toMatchObject({
        run: { state: "passed", runtime: { name: "host" } },
        totals: { passed: 4, transactions: 8 },
      });
    }
    await stage.expectNothingLeft();
  });

  test("a system that is up is reached, and gone after down", async () => {
    const directory = await stage.copy("counter");
    const up = await stage.run(["up", "--json"], there(directory));
    expect(up, up.stderr).toMatchObject({ exitCode: 0 });
    const { published } = lastJson<{ published: { service: string; host: number }[] }>(up);
    const port = published.find(({ service }) => service === "gate")?.host;
    expect(await (await fetch(`http://127.0.0.1:${port}/count/there`)).text()).toBe("hello 1");
    const exec = await stage.run(["exec", "gate", "--", "sh", "-c", "echo $GREETING"], there(directory));
    expect(exec).toMatchObject({ exitCode: 0, stdout: "hello\n" });
    expect(await stage.run(["down"], there(directory))).toMatchObject({ exitCode: 0 });
    await stage.expectNothingLeft({ withinMs: 10_000 });
  });

  test("a run that is killed is cleaned up by the next command", async () => {
    const directory = await stage.copy("counter");
    const running = stage.start(["run"], there(directory));
    await running.said("> integration");
    // Every program in front of it was replaced by the next: the child is Dojang itself.
    running.child.kill("SIGKILL");
    await running.ended;
    expect(await stage.run(["ps"], there(directory))).toMatchObject({ exitCode: 0 });
    await stage.expectNothingLeft();
  });

  test("who insists on the sandbox is told what is missing and what mends it: exit 3", async () => {
    const directory = await stage.copy("counter");
    const { exitCode, stderr } = await stage.run(["run", "--runtime", "sandbox"], there(directory));
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /permits no sandbox: namespaces: refused.*\[runtime-unavailable\]\n {2}fix: allow user namespaces: `sudo sysctl/,
    );
    await stage.expectNothingLeft();
  });

  test("dojang doctor tells the level that is reached, and what would mend it", async () => {
    const { exitCode, stdout } = await stage.run(["doctor"], there(stage.folder));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/host/);
    expect(stdout).toMatch(/namespaces.*refused/);
    expect(stdout).toContain("sudo sysctl");
    await stage.expectNothingLeft();
  });
});
