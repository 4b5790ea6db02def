import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkExercise, createEngine, judgeSubmission, loadExercise } from "../src/index.ts";

const folder = join(import.meta.dirname, "../../../exercises");
const ids = readdirSync(folder);

test("there are ten exercises of each language and some of each level, and each has eight variants or more", async () => {
  const exercises = await Promise.all(ids.map((id) => loadExercise(join(folder, id))));
  const count = Map.groupBy(exercises, (one) => one.lang);
  expect([count.get("python")?.length, count.get("typescript")?.length]).toEqual([10, 10]);
  expect(new Set(exercises.map((one) => one.level))).toEqual(new Set(["easy", "medium", "hard"]));
  for (const { id, variants } of exercises) expect(variants.length, id).toBeGreaterThanOrEqual(8);
});

test.each(ids)(
  "%s is proven, and its starter is a beginning that is not enough",
  async (id) => {
    const exercise = await loadExercise(join(folder, id));
    const engine = await createEngine(exercise.lang);
    const signal = AbortSignal.timeout(290_000);
    const { findings } = await checkExercise({ exercise, engine, signal });
    expect(findings).toEqual([]);
    const { verdict } = await judgeSubmission({ exercise, submission: exercise.starter, engine, signal });
    expect(verdict).toBe("survivors");
    await engine.close();
  },
  300_000,
);
