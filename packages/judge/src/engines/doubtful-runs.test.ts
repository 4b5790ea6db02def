import { readFileSync } from "node:fs";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type Language, languages } from "../contract.ts";
import { closeEngines, grade, smallExercise, typeScriptHead } from "../judging/judging.fixture.ts";
import { closeLanes, openLane } from "../sandbox/attacks.fixture.ts";
import { descendants } from "../sandbox/watch-processes.ts";

afterEach(closeLanes);
afterAll(closeEngines);

/** Says of itself that it runs, by its process's name. */
const slow: Readonly<Record<Language, string>> = {
  python: 'import time\ndef test_it():\n    open("/proc/self/comm", "w").write("dojang-running")\n    time.sleep(3)\n',
  typescript:
    'import { writeFileSync } from "node:fs";\nimport { test } from "node:test";\ntest("it", () => { writeFileSync("/proc/self/comm", "dojang-running"); return new Promise((resolve) => setTimeout(resolve, 3_000)); });\n',
};

function running(): number | undefined {
  return descendants(process.pid, 4_096).find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, "utf8") === "dojang-running\n";
    } catch {
      return false;
    }
  });
}

describe.each(languages)("a run in %s", { timeout: 600_000 }, (lang) => {
  test("that the machine killed is run again before it counts, once", async () => {
    const lane = await openLane(lang, slow[lang]);
    const killed = new Set<number>();
    const kill = async () => {
      let guest: number | undefined;
      const isNew = () => {
        guest = running();
        return guest !== undefined && !killed.has(guest);
      };
      await expect.poll(isNew, { timeout: 60_000, interval: 10 }).toBe(true);
      if (guest === undefined) throw new Error("nothing runs");
      killed.add(guest);
      process.kill(guest, "SIGKILL");
    };
    const { reference } = smallExercise(lang);
    const first = lane.run(reference);
    await kill();
    expect(await first).toMatchObject({ end: "finished", tests: [{ outcome: "passed" }] });
    const second = lane.run(reference);
    await kill();
    await kill();
    expect(await second).toMatchObject({ end: "crashed" });
  });
});

test("a process that used up its processor time has used its time", { timeout: 600_000 }, async () => {
  const text = `${typeScriptHead}\ntest("x", async () => { process.kill(process.pid, "SIGXCPU"); await new Promise((resolve) => setTimeout(resolve, 1_000)); });\n`;
  expect((await grade("typescript", text)).verdict).toBe("time");
});
