import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadExercise } from "./load-exercise.ts";

let folder: string;
const put = (path: string, text: string) => writeFileSync(join(folder, path), text);
const drop = (path: string) => rmSync(join(folder, path), { recursive: true });

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "dojang-judge-load-")), "ticket-price");
  cpSync(join(import.meta.dirname, "../../../../exercises/ticket-price"), folder, { recursive: true });
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

async function findings(): Promise<readonly string[]> {
  const problem = await loadExercise(folder).catch((error: unknown) => error);
  if (!(problem instanceof Problem)) throw new Error(`it was loaded, or failed otherwise: ${problem}`);
  expect(problem.exitCode).toBe(2);
  return problem.findings.map(
    ({ place, message, fix }) => `${place.file.slice(folder.length + 1)}:${place.line ?? ""} ${place.path ?? ""}: ${message}; ${fix}`,
  );
}

test("an exercise is read with its defaults and units", async () => {
  const exercise = await loadExercise(folder);
  expect(exercise.limits).toEqual({
    timeMs: 3_000,
    memoryBytes: 256 * 1024 ** 2,
    outputBytes: 1024 ** 2,
    processes: 32,
    diskBytes: 16 * 1024 ** 2,
  });
  expect(exercise.variants.map((one) => one.weight)).toEqual(Array(10).fill(1));
  expect(Object.keys(exercise.reference)).toEqual(["solution.py"]);
});

test("everything that is wrong is told at once, with its place, its value and what to do", async () => {
  put("exercise.yml", "id: other\nlang: pyton\nlevel: easy\ntitle: { ko: 가, en: a }\nlearn: { ko: 가, en: a }\nlimts: {}\n");
  drop("statement.ko.md");
  drop("decoys/a");
  put("variants/six-pays/why.en.md", " \n");
  put("tests/known/second.py", "");
  const found = await findings();
  expect(found).toContainEqual(expect.stringMatching(/^exercise\.yml:2 lang: .*got "pyton"/));
  expect(found).toContainEqual("exercise.yml:6 limts: there is no limts; did you mean limits?");
  expect(found).toContainEqual("statement.ko.md: : it is not there; write it in Korean");
  expect(found).toContainEqual(expect.stringContaining("decoys: : there are 1 decoys"));
  expect(found).toContainEqual(expect.stringContaining("variants/six-pays/why.en.md: : it is empty"));
  expect(found).toContainEqual(expect.stringContaining("tests/known: : it holds 2 files"));
});

test("an id is the folder's name, and weights are of variants that are there", async () => {
  put(
    "exercise.yml",
    readFileSync(join(folder, "exercise.yml"), "utf8").replace("id: ticket-price", "id: tickets").concat("weights: { six-pay: 2 }\n"),
  );
  expect(await findings()).toEqual([
    "exercise.yml:1 id: the id is tickets and the folder ticket-price; give both one name",
    "exercise.yml: weights.six-pay: there is no variant six-pay; did you mean six-pays?",
  ]);
});

test("a file that is no YAML has its line", async () => {
  put("exercise.yml", "id: a\nlang: [\n");
  expect((await findings())[0]).toMatch(/^exercise\.yml:[23] /);
});

test("a variant that is the reference, and one with other files, are refused", async () => {
  cpSync(join(folder, "reference"), join(folder, "variants/six-pays/src"), { recursive: true });
  put("variants/seven-free/src/hint.py", "");
  const found = await findings();
  expect(found).toContainEqual(expect.stringContaining("variants/six-pays/src: : it is the reference, word for word"));
  expect(found).toContainEqual(
    expect.stringContaining("variants/seven-free/src: : it holds hint.py solution.py and the reference solution.py"),
  );
});

test("links lead nowhere", async () => {
  drop("statement.en.md");
  symlinkSync("/etc/passwd", join(folder, "statement.en.md"));
  expect(await findings()).toContainEqual(expect.stringContaining("statement.en.md: : it is no plain file"));
});

test("a folder that is no exercise says so", async () => {
  mkdirSync(join(folder, "nothing"));
  folder = join(folder, "nothing");
  expect((await findings()).length).toBeGreaterThan(3);
});
