import { expect, test } from "vitest";
import { chooseTargets, lineRanges } from "./choose-targets.ts";

const sources = [
  "README.md",
  "src/a.ts",
  "src/a.test.ts",
  "src/types.d.ts",
  "src/deep/b.tsx",
  "src/generated/c.ts",
  "app/d.py",
  "app/test_d.py",
  "app/conftest.py",
];
const mutate = ["src/**", "app/**", "!src/generated/**"];
const changed = new Map([
  ["src/a.ts", new Set([9, 4, 5])],
  ["src/a.test.ts", new Set([1])],
  ["src/generated/c.ts", new Set([1])],
  ["README.md", new Set([1])],
]);

test("of the change's lines those are broken that stand in named sources; tests, types and what `!` takes out never are", () => {
  const chosen = chooseTargets({ definition: { mutate, lines: "changed", engine: undefined }, sources, changed });

  expect(chosen).toEqual({ of: { stryker: [{ file: "src/a.ts", lines: [4, 5, 9] }], pytest: [] }, allBecause: undefined });
});

test("all lines are those of every named source, each for the engine of its language", () => {
  const { of, allBecause } = chooseTargets({ definition: { mutate, lines: "all", engine: undefined }, sources, changed });

  expect(of.stryker.map(({ file }) => file)).toEqual(["src/a.ts", "src/deep/b.tsx"]);
  expect(of.pytest).toEqual([{ file: "app/d.py", lines: undefined }]);
  expect(allBecause).toBeUndefined();
});

test("without anything to compare with all lines are taken, and why is said", () => {
  const { of, allBecause } = chooseTargets({ definition: { mutate, lines: "changed", engine: undefined }, sources, changed: undefined });

  expect(of.stryker).toContainEqual({ file: "src/a.ts", lines: undefined });
  expect(allBecause).toBe("there is nothing to compare the change with: all lines are taken");
});

test("an engine that is named takes its own files alone", () => {
  const { of } = chooseTargets({ definition: { mutate, lines: "all", engine: "pytest" }, sources, changed });

  expect(of).toEqual({ stryker: [], pytest: [{ file: "app/d.py", lines: undefined }] });
});

test.for([
  { globs: ["lib/**"], says: "`mutate` matches no file of the project: lib/**" },
  { globs: ["*.md"], says: "matches nothing that can be broken by stryker or pytest: 1 files such as README.md" },
  { globs: ["src/*.test.ts"], says: "1 files such as src/a.test.ts" },
])("globs that name nothing to break are refused: $globs", ({ globs, says }) => {
  const choose = () => chooseTargets({ definition: { mutate: globs, lines: "all", engine: undefined }, sources, changed });

  expect(choose).toThrow(expect.objectContaining({ code: "mutate-matches-nothing", message: expect.stringContaining(says) }));
});

test("neighbouring lines are one range", () => {
  expect(lineRanges([1, 2, 3, 7, 9, 10])).toEqual([
    [1, 3],
    [7, 7],
    [9, 10],
  ]);
  expect(lineRanges([])).toEqual([]);
});
