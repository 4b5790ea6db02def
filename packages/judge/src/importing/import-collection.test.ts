import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Problem } from "@dojang/model";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { loadExercise } from "../exercise/load-exercise.ts";
import { closeEngines, grade } from "../judging/judging.fixture.ts";
import { type Asked, importAll as importFrom, madeIn, putFiles } from "./collection.fixture.ts";
import { parsePattern } from "./path-pattern.ts";

let folder = "";
let into = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-judge-import-"));
  into = madeIn(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(closeEngines);

const put = (files: Readonly<Record<string, string>>) => putFiles(folder, files);
const importAll = (asked: Asked) => importFrom(folder, asked);

const python = { lang: "python", correct: "src/{name}.py", buggy: "bugs/{name}/*.py", tests: "tests/test_{name}.py" } as const;
const area = "def area(width, height):\n    if width < 0 or height < 0:\n        raise ValueError\n    return width * height\n";
const areaTests = `import pytest
from area import area

def test_product(): assert area(2, 3) == 6
def test_height():
    with pytest.raises(ValueError): area(1, -1)
def test_zero(): assert area(0, 5) == 0
`;

test("a collection of Python becomes exercises that learners' tests are graded with", async () => {
  put({
    "src/area.py": area,
    "bugs/area/Sum of both.py": area.replace("width * height", "width + height"),
    "bugs/area/height_unchecked.py": area.replace(" or height < 0", ""),
    "tests/test_area.py": areaTests,
  });
  const [made, ...others] = await importAll(python);
  expect(others).toEqual([]);
  expect(made).toMatchObject({ id: "area", variants: ["height-unchecked", "sum-of-both"], leftOut: [] });
  expect(made?.refused).toBeUndefined();
  expect(made?.missing).toContain("two decoys");
  const exercise = await loadExercise(join(into, "area"));
  expect(exercise.variants[1]?.why.en).toContain("-    return width * height\n+    return width + height\n");
  const tests = "from solution import area\ndef test_it(): assert area(2, 3) == 6\n";
  const judged = await grade("python", tests, { exercise });
  expect({ verdict: judged.verdict, score: judged.score }).toEqual({ verdict: "survivors", score: 0.5 });
});

test("what does not hold is left out or refused with its reason, and nothing of it stays", async () => {
  put({
    "src/area.py": area,
    "bugs/area/sum.py": area.replace("width * height", "width + height"),
    "bugs/area/also_sum.py": area.replace("width * height", "height + width"),
    "bugs/area/same.py": area,
    "bugs/area/unseen.py": area.replace("raise ValueError", "raise ValueError()"),
    "bugs/area/broken.py": "def area(:\n",
    "tests/test_area.py": areaTests,
    "src/wrong.py": "def wrong():\n    return 1\n",
    "bugs/wrong/two.py": "def wrong():\n    return 2\n",
    "tests/test_wrong.py": "from wrong import wrong\ndef test_it(): assert wrong() == 3\n",
    "src/lonely.py": "def lonely(): pass\n",
    "src/untested.py": "def untested(): pass\n",
    "bugs/untested/a.py": "def untested(): return 1\n",
  });
  const [made, lonely, untested, wrong] = await importAll(python);
  expect(made?.variants).toEqual(["also-sum"]);
  expect(Object.fromEntries(made?.leftOut.map((one) => [one.file, one.reason]) ?? [])).toEqual({
    "bugs/area/same.py": "it is the correct program, word for word",
    "bugs/area/unseen.py": "no known test fails on it",
    "bugs/area/broken.py": expect.stringContaining("the tests do not finish on it"),
    "bugs/area/sum.py": expect.stringContaining("the same known tests fail on it as on also-sum"),
  });
  expect(lonely?.refused).toBe("0 files match tests/test_lonely.py: one is wanted");
  expect(untested?.refused).toBe("0 files match tests/test_untested.py: one is wanted");
  expect(wrong?.refused).toMatch(/^reference: the known tests do not pass on it/);
  expect(readdirSync(into)).toEqual(["area"]);
});

test("tests of TypeScript find the program wherever they lay, and those of Python by the path they import", async () => {
  put({
    "lib/code/add.ts": "export const add = (a: number, b: number) => a + b;\n",
    "lib/bad/add-1.ts": "export const add = (a: number, b: number) => a - b;\n",
    "lib/check/unit/add.test.ts":
      'import { expect, test } from "vitest";\nimport { add } from "../../code/add.js";\ntest("adds", () => expect(add(1, 2)).toBe(3));\n',
    "pack/area.py": area,
    "area_bad.py": area.replace("width * height", "width"),
    "test_area.py": areaTests.replace("from area", "from pack.area"),
  });
  const typescript = await importAll({
    lang: "typescript",
    correct: "lib/code/{name}.ts",
    buggy: "lib/bad/{name}-*.ts",
    tests: "**/{name}.test.ts",
  });
  expect(typescript).toMatchObject([{ id: "add", variants: ["1"], leftOut: [] }]);
  expect(readFileSync(join(into, "add/tests/known/add.test.ts"), "utf8")).toContain('from "./solution.ts"');
  const packed = { lang: "python", correct: "pack/{name}.py", buggy: "{name}_bad.py", tests: "test_{name}.py" } as const;
  expect(await importAll({ ...packed, importedAs: "pack/{name}.py" })).toMatchObject([{ id: "area", variants: ["bug"], leftOut: [] }]);
});

test("what is there is never written over, and links are not followed", async () => {
  put({ "src/area.py": area, "bugs/area/sum.py": `${area}# x\n`, "tests/test_area.py": areaTests, "made/area/mine.txt": "mine" });
  symlinkSync("/etc/passwd", join(folder, "src/link.py"));
  expect(await importAll({ ...python, check: false })).toMatchObject([
    { id: "area", refused: expect.stringContaining("is there already") },
  ]);
  expect(readdirSync(join(into, "area"))).toEqual(["mine.txt"]);
  rmSync(into, { recursive: true });
  expect(await importAll({ ...python, check: false })).toMatchObject([{ id: "area", variants: ["sum"] }]);
  expect(existsSync(join(into, "area/variants/sum/src/area.py"))).toBe(true);
});

test("patterns that cannot be meant, and folders in which nothing matches, are Problems", async () => {
  for (const text of ["src/x.py", "/src/{name}.py", "../{name}.py"]) expect(() => parsePattern(text, "--correct")).toThrow(Problem);
  await expect(importAll(python)).rejects.toMatchObject({ code: "import-nothing", exit: "configuration" });
  folder = join(folder, "gone");
  await expect(importAll(python)).rejects.toMatchObject({ code: "import-folder" });
  folder = dirname(folder);
});
