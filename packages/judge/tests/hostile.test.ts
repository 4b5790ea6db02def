import { expect, test } from "vitest";
import { generateSubmissions } from "./hostile/generate-submissions.ts";
import { judgeHostile } from "./hostile/judge-hostile.ts";

/** The same as `node bench/judge-hostile.ts`, which goes on to a thousand. */
test("hostile submissions of every kind are refused one after the other, and nothing of them is left", async () => {
  const submissions = generateSubmissions({ seed: 1, count: 66 });
  const report = await judgeHostile({ submissions, together: 2, honestEvery: 8, limitMs: 240_000 });
  expect(report.wrong).toEqual([]);
  expect(report.answers).toHaveLength(66);
  expect(report.honest).toBeGreaterThan(4);
  expect(report.honestDiffers).toEqual([]);
  expect(report.left).toEqual([]);
  expect(report.memoryBytes.peak - report.memoryBytes.before).toBeLessThan(512 * 1024 ** 2);
}, 600_000);

test("the same seed makes the same submissions, another one others", () => {
  const texts = (seed: number) => generateSubmissions({ seed, count: 300 }).map((one) => one.text);
  expect(texts(1)).toEqual(texts(1));
  expect(texts(2)).not.toEqual(texts(1));
});
