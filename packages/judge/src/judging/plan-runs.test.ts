import { expect, test } from "vitest";
import { planRuns } from "./plan-runs.ts";

const files = {};
const exercise = {
  reference: files,
  decoys: ["a", "b"].map((id) => ({ id, files })),
  variants: Array.from({ length: 10 }, (_, index) => ({ id: `variant ${index}`, files, why: { ko: "-", en: "-" }, weight: 1 })),
};

test("every program is run once and the reference three times, in the same order for the same seed", () => {
  const plan = planRuns(exercise, { seed: 5, runsPerProcess: 4 });
  expect(plan).toHaveLength(15);
  expect(new Set(plan.map(({ kind, id }) => `${kind} ${id}`)).size).toBe(15);
  expect(planRuns(exercise, { seed: 5, runsPerProcess: 4 })).toEqual(plan);
  expect(planRuns(exercise, { seed: 6, runsPerProcess: 4 })).not.toEqual(plan);
});

test("the reference is the first run of a full process, and not always of the same one", () => {
  const found = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const plan = planRuns(exercise, { seed, runsPerProcess: 4 });
    const starts = [0, 4, 8].filter((at) => plan[at]?.kind === "reference");
    expect(starts).not.toEqual([]);
    for (const at of starts) found.add(at);
  }
  expect([...found].sort()).toEqual([0, 4, 8]);
});
