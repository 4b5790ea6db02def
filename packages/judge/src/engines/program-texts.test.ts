import { afterAll, afterEach, expect, test } from "vitest";
import { closeEngines, goodTests } from "../judging/judging.fixture.ts";
import { closeLanes, openLane } from "../sandbox/attacks.fixture.ts";

afterEach(closeLanes);
afterAll(closeEngines);

const program = (body: string) => ({ "solution.ts": `export const double = (x: number): number => ${body};\n` });

test("a program that breaks the compiler is told of as no program, and programs after it are run", { timeout: 300_000 }, async () => {
  const lane = await openLane("typescript", goodTests.typescript);
  const outcomes = async (body: string) => (await lane.run(program(body))).tests.map((one) => one.outcome);
  for (const round of [1, 2]) {
    await expect(lane.run(program(`${"(".repeat(50_000)}${round}`))).rejects.toMatchObject({
      code: "exercise-program-unreadable",
      message: expect.stringContaining("solution.ts is no TypeScript whose types can be taken off"),
    });
    expect(await outcomes(`x * 2 + 0 * ${round}`)).toEqual(["passed", "passed"]);
    expect(await outcomes(`x * 3 + 0 * ${round}`)).toEqual(["failed", "passed"]);
  }
});
