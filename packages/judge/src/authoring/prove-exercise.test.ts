import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import type { Language } from "../contract.ts";
import { closeEngines, engineOf } from "../judging/judging.fixture.ts";
import { proveExercise } from "./prove-exercise.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "dojang-judge-prove-"));
});
afterEach(() => rmSync(home, { recursive: true }));
afterAll(closeEngines);

/** One that is shipped, to be spoiled. */
function copyOf(id: string): string {
  cpSync(join(import.meta.dirname, "../../../../exercises", id), join(home, id), { recursive: true });
  return join(home, id);
}

const prove = async (folder: string, lang: Language) =>
  proveExercise({ folder, engine: await engineOf(lang), signal: AbortSignal.timeout(280_000) });

test("an exercise that holds has no findings, and its runs have time", async () => {
  const proven = await prove(copyOf("page-of-list"), "typescript");
  expect(proven).toMatchObject({ findings: [], exercise: { limits: { timeMs: 15_000 } } });
  expect(proven.knownTests).toBeGreaterThan(10);
}, 300_000);

test("a starter that catches everything is no beginning", async () => {
  const folder = copyOf("ticket-price");
  writeFileSync(join(folder, "starter/test_starter.py"), readFileSync(join(folder, "tests/known/test_known.py")));
  expect((await prove(folder, "python")).findings).toEqual([
    { place: "starter", message: expect.stringContaining("nothing left to learn") },
  ]);
}, 300_000);

test("what is no exercise, and a program that is none, are findings with their places", async () => {
  const folder = copyOf("page-of-list");
  writeFileSync(join(folder, "decoys/a/solution.ts"), "export enum Page { First }\n");
  expect((await prove(folder, "typescript")).findings).toEqual([
    { place: "program", message: expect.stringContaining("solution.ts is no TypeScript") },
  ]);
  rmSync(join(folder, "statement.ko.md"));
  rmSync(join(folder, "decoys/b"), { recursive: true });
  const missing = await prove(folder, "typescript");
  expect(missing.exercise).toBeUndefined();
  expect(missing.findings.map((one) => one.place)).toEqual(["statement.ko.md", "decoys"]);
}, 300_000);
