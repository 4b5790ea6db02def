import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { loadExercise } from "../exercise/load-exercise.ts";
import { closeEngines, grade } from "../judging/judging.fixture.ts";
import { importAll, madeIn, putFiles } from "./collection.fixture.ts";
import { parseFilter } from "./path-pattern.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-judge-layouts-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(closeEngines);

const inThatFolder = {
  lang: "python",
  correct: "good/{name}.py",
  buggy: "bad/{name}.py",
  tests: "checks/test_{name}.py",
  importedAs: "bad/{name}.py",
} as const;

const half = "_steps = []\n\n\ndef half(number):\n    _steps.append(number)\n    return number / 2\n";
const cases = `from __future__ import annotations
import pytest
from cases import cases_of
from shapes import Pair

if pytest.which == "good":
    from good.half import half
else:
    from bad.half import half

@pytest.mark.parametrize("given,wanted", cases_of("half"))
def test_half(given, wanted): assert half(given) == wanted

def test_pair(): assert half(Pair(3, 5).sum()) == 4
`;

test("tests find their cases, their helpers and what a configuration sets up, and learners' tests see the program as it is", async () => {
  putFiles(folder, {
    "good/half.py": half,
    "good/node.py": "value = 1\n",
    "bad/half.py": half.replace("/ 2", "// 2"),
    "checks/test_half.py": cases,
    "checks/cases.py":
      'import json\nfrom pathlib import Path\n\ndef cases_of(name):\n    return json.loads((Path(__file__).parent / ".." / f"data/{name}.json").read_text())\n',
    "checks/shapes.py":
      "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n    def sum(self):\n        return self.a + self.b\n",
    "data/half.json": "[[4, 2], [5, 2.5]]",
    "data/other.json": "[]",
  });
  const made = await importAll(folder, {
    ...inThatFolder,
    support: ["checks/cases.py", "checks/shapes.py", "data/{name}.json"],
    except: ["*/node.py"],
    before: 'import pytest; pytest.which = "bad"',
  });
  expect(made).toMatchObject([{ id: "half", variants: ["bug"], leftOut: [], weak: [] }]);
  const exercise = await loadExercise(join(madeIn(folder), "half"));
  expect(Object.keys(exercise.reference).sort()).toEqual([
    "bad/half.py",
    "checks/cases.py",
    "checks/shapes.py",
    "data/half.json",
    "solution.py",
  ]);
  expect(exercise.statement.en).toContain("Beside the program there are: `checks/cases.py`, `checks/shapes.py`, `data/half.json`");
  // Names that begin with _ are of the program as well.
  const tests = "import solution\ndef test_it():\n    assert solution.half(3) == 1.5\n    assert solution._steps == [3]\n";
  const { verdict } = await grade("python", tests, { exercise });
  expect(verdict).toBe("accepted");
});

test("a bug that never ends, one that only an exception shows, and tests that lean on each other are kept in a draft and told", async () => {
  const head = "import pytest\nfrom bad.{name} import {name}\n";
  putFiles(folder, {
    "good/down.py": "def down(n):\n    while n > 0:\n        n -= 1\n    return n\n",
    "bad/down.py": "def down(n):\n    while n > 0:\n        n += 0\n    return n\n",
    "checks/test_down.py": `${head.replaceAll("{name}", "down")}def test_it(): assert down(3) == 0\n`,
    "good/first.py": "def first(items):\n    return items[0] if items else None\n",
    "bad/first.py": "def first(items):\n    return items[0]\n",
    "checks/test_first.py": `${head.replaceAll("{name}", "first")}items = []
def test_none(): assert first(items) is None
def test_one():
    items.append(1)
    assert first(items) == 1
def test_two():
    items.insert(0, 2)
    assert first(items) == 2
`,
    "good/broken.py": "def broken(): return 1\n",
    "bad/broken.py": "def broken( return 1\n",
    "checks/test_broken.py": `${head.replaceAll("{name}", "broken")}def test_it(): assert broken() == 1\n`,
  });
  const [broken, down, first] = await importAll(folder, { ...inThatFolder, timeMs: 1_500 });
  expect(broken).toMatchObject({ refused: "none of its buggy versions holds as a variant", leftOut: [{ file: "bad/broken.py" }] });
  expect(down).toMatchObject({
    variants: ["bug"],
    weak: [{ place: "variants/bug/src", reason: expect.stringContaining("do not finish on it (time)") }],
  });
  expect(first).toMatchObject({
    variants: ["bug"],
    weak: [
      { place: "reference", reason: expect.stringContaining("in shuffled order") },
      { place: "variants/bug/src", reason: expect.stringContaining("only errors show it: IndexError") },
    ],
  });
  expect((await loadExercise(join(madeIn(folder), "down"))).limits.timeMs).toBe(1_500);
});

test("a collection of JavaScript is one of TypeScript, with what its tests and programs import", async () => {
  putFiles(folder, {
    // In TypeScript a<b>(9) is a call.
    "src/area.js": 'import { times } from "./lib/times.js";\nexport const area = (a, b) => (a<b>(9) ? 0 : times(a, b));\n',
    "src/lib/times.js": "export const times = (a, b) => a * b;\n",
    "src/bugs/area-1.js": 'import { times } from "../lib/times.js";\nexport const area = (a, b) => times(a, a);\n',
    "test/area.test.js":
      'import { test } from "node:test";\nimport { area } from "../src/area.js";\nimport { equal } from "./equal.js";\ntest("area", () => equal(area(2, 3), 6));\n',
    "test/equal.js": 'import assert from "node:assert";\nexport const equal = assert.equal;\n',
  });
  const made = await importAll(folder, {
    lang: "typescript",
    correct: "src/{name}.js",
    buggy: "src/bugs/{name}-*.js",
    tests: "test/{name}.test.js",
    support: ["src/lib/*.js", "test/equal.js"],
  });
  expect(made).toMatchObject([{ id: "area", variants: ["1"], leftOut: [], weak: [] }]);
  expect(readFileSync(join(madeIn(folder), "area/tests/known/area.test.ts"), "utf8")).toContain('from "./test/equal.js"');
});

test("files of a learner's exercise cannot come from outside the collection", () => {
  for (const text of ["/etc/passwd", "../secrets/{name}.json", ""]) expect(() => parseFilter(text, "--support")).toThrow(Problem);
});
