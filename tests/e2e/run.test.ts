import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lastJson, type Stage, setStage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

test("a run that passes ends 0, says what ran where, and names its report", async () => {
  const directory = await stage.copy("counter");
  const { exitCode, stdout, stderr } = await stage.run(["run"], { directory });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stderr).toContain("runtime sandbox: namespaces");
  expect(stdout).toContain(`${stage.project} #1 passed`);
  expect(stdout).toContain("tests: 4 passed; 8 requests recorded");
  const path = join(directory, ".dojang", "report.html");
  expect(stdout).toContain(`Report: ${path}`);
  expect(await readFile(path, "utf8")).toMatch(/^<!doctype html>/i);
  await stage.expectNothingLeft();
});

test("a test that fails ends 1, and the last lines lead to what the service printed for it", async () => {
  const directory = await stage.copy("counter", {
    "services/counter.mjs": (text) =>
      text
        .replace(
          "response.end(String(next));",
          'if (next === 3) console.error("counter lost its place"), (next = 7);\n  response.end(String(next));',
        )
        .replace("const next", "let next"),
  });
  const { exitCode, stdout } = await stage.run(["run"], { directory });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/failed/);
  const look = stdout.slice(stdout.indexOf("Look first"));
  expect(look).toContain("counts to 3");
  expect(look).toContain("counter lost its place");
  await stage.expectNothingLeft();
});

test("two runs of one project at once, with one state folder and the same ports, do not meet", async () => {
  const directory = await stage.copy("counter");
  // Whoever else listens on the ports that the Compose file publishes is in nobody's way either.
  // Somebody who has one already does as well as this one.
  const other = createServer()
    .on("error", () => undefined)
    .listen(18080, "127.0.0.1");
  try {
    const runs = await Promise.all([1, 2].map((number) => stage.run(["run", "--json", "--out", `.dojang-${number}`], { directory })));
    for (const ended of runs) {
      expect(ended).toMatchObject({ exitCode: 0 });
      expect(lastJson(ended)).toMatchObject({ run: { state: "passed" }, totals: { passed: 4, failed: 0, transactions: 8 } });
    }
    const numbers = runs.map((ended) => lastJson<{ run: { number: number } }>(ended).run.number);
    expect(new Set(numbers).size).toBe(2);
  } finally {
    other.close();
  }
  await stage.expectNothingLeft();
});

test("one SIGINT in the middle of a run ends it with 130 and leaves nothing", async () => {
  const directory = await stage.copy("counter", { "tests/waits.test.mjs": waitsForever });
  const running = stage.start(["run", "--verbose"], { directory });
  await running.said("waiting for the end of days");
  running.child.kill("SIGINT");
  const { exitCode, signal, stdout } = await running.ended;
  expect({ exitCode, signal }).toEqual({ exitCode: 130, signal: null });
  expect(stdout).toContain("cancelled");
  await stage.expectNothingLeft();
});

const waitsForever = `import { test } from "node:test";
test("never ends", async () => {
  process.stderr.write("waiting for the end of days\\n");
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
});
`;

test("a report is written again from what was kept, by number", async () => {
  const directory = await stage.copy("counter");
  const { exitCode, stdout } = await stage.run(["report", "--run", "1", "--out", "again", "--allure"], { directory });
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`${stage.project} #1 passed`);
  expect(await readdir(join(directory, "again"))).toEqual(expect.arrayContaining(["allure-results", "report.html"]));
});
