import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkExercise, createEngine, judgeSubmission, loadExercise } from "../src/index.ts";

const folder = join(import.meta.dirname, "../../../exercises");
const ids = readdirSync(folder);

test("there are exercises of both languages, and each has six variants or more", async () => {
  const exercises = await Promise.all(ids.map((id) => loadExercise(join(folder, id))));
  expect(new Set(exercises.map((one) => one.lang))).toEqual(new Set(["python", "typescript"]));
  for (const { id, variants } of exercises) expect(variants.length, id).toBeGreaterThanOrEqual(6);
});

test.each(ids)(
  "%s is proven, and its starter is a beginning that is not enough",
  async (id) => {
    const exercise = await loadExercise(join(folder, id));
    const engine = await createEngine(exercise.lang);
    const signal = AbortSignal.timeout(100_000);
    const { findings } = await checkExercise({ exercise, engine, signal });
    expect(findings).toEqual([]);
    const { verdict } = await judgeSubmission({ exercise, submission: exercise.starter, engine, signal });
    expect(verdict).toBe("survivors");
    await engine.close();
  },
  120_000,
);
