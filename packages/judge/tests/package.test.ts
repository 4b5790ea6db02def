import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkTypes, type InstalledPackage, installPackage, runFile } from "../../../scripts/installed-package.ts";

let installed: InstalledPackage;
const exercise = (id: string) => join(import.meta.dirname, "../../../exercises", id);

beforeAll(() => {
  installed = installPackage(join(import.meta.dirname, ".."));
}, 300_000);
afterAll(() => installed?.remove());

test.each(["ticket-price", "page-of-list"])(
  "npx runs it: it proves %s",
  (id) => {
    expect(runFile("npx", ["--no-install", "dojang-judge", "check", exercise(id)], installed.home)).toMatch(new RegExp(`^ok +${id}`));
  },
  120_000,
);

test("its types are complete, without zod and without the checkout", () => {
  checkTypes(
    installed,
    `import { createEngine, type Judgement, judgeSubmission, loadExercise } from "@dojang/judge";
     const exercise = await loadExercise("x");
     const judgement: Judgement = await judgeSubmission({ exercise, submission: { name: "a", text: "" }, engine: await createEngine(exercise.lang), signal: AbortSignal.timeout(1) });
     // @ts-expect-error there is no such verdict
     console.log(judgement.verdict === "great");
    `,
  );
});

test("brings the terms of everything that is inside", () => {
  const folder = join(installed.home, "node_modules/@dojang/judge");
  expect(readFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), "utf8")).toMatch(/^zod [\d.]+ \(MIT\)$/m);
  expect(existsSync(join(folder, "src"))).toBe(false);
});

test("asks models: prompts and the library that asks are inside", () => {
  const order = ["--lang", "python", "--topic", "x", "--provider", "anthropic", "--model", "m", "--into", "drafts", "--replay", "."];
  // Nothing is recorded there: it says so after everything else was found.
  expect(() => runFile("npx", ["--no-install", "dojang-judge", "make", ...order], installed.home)).toThrow(
    "make-exercise asked of m, POST /v1/messages",
  );
}, 120_000);
