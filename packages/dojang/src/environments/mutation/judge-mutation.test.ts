import { expect, test } from "vitest";
import type { MutantFacts, MutantStatus, MutationFacts } from "../../report/mutation-facts.ts";
import { judgeMutation } from "./judge-mutation.ts";

const mutant = (status: MutantStatus, more: Partial<MutantFacts> = {}): MutantFacts => ({
  status,
  file: "src/a.ts",
  line: 3,
  column: 7,
  operator: "EqualityOperator",
  before: ["  if (a < b) return;"],
  after: ["  if (a <= b) return;"],
  tests: ["smaller comes first"],
  testCount: 1,
  ...more,
});

const facts = (mutants: readonly MutantFacts[], more: Partial<MutationFacts> = {}): MutationFacts => ({
  job: "mutation",
  engine: "stryker",
  version: "Stryker 10.1.1",
  runner: "vitest 5.1.0",
  files: 1,
  found: mutants.length,
  leftOut: 0,
  untried: 0,
  ignored: 0,
  durationMs: 1,
  mutants,
  ...more,
});

const gate = { score: 0.7, onMiss: "warn" as const };
const judge = (mutations: readonly MutationFacts[], asked: Parameters<typeof judgeMutation>[0]["gate"] = gate) =>
  judgeMutation({ job: "mutation", gate: asked, mutations });

test("a survivor is a finding on its line, with the change and the test that did not mind; it does not fail the job", () => {
  const { passed, findings } = judge([facts([mutant("killed"), mutant("survived")])], undefined);

  expect(passed).toBe(true);
  expect(findings).toEqual([
    {
      tool: "Stryker 10.1.1",
      rule: "EqualityOperator",
      level: "warning",
      message:
        "no test notices this change:\n-   if (a < b) return;\n+   if (a <= b) return;\nsmaller comes first runs it and passes all the same",
      file: "src/a.ts",
      line: 3,
      column: 7,
    },
  ]);
});

test("of code that no test runs each line is said once, and only noted", () => {
  const { findings } = judge([facts([mutant("no-coverage"), mutant("no-coverage", { column: 9 }), mutant("no-coverage", { line: 4 })])]);

  expect(findings.map(({ line, level }) => [line, level])).toEqual([
    [3, "note"],
    [4, "note"],
  ]);
});

test("the score is of killed and timed out; what could not be tried says nothing", () => {
  const { summary, gates } = judge([
    facts([mutant("killed"), mutant("timeout"), mutant("survived"), mutant("no-coverage"), mutant("error")], { leftOut: 12 }),
  ]);

  expect(summary).toBe("50 % of 5 mutants killed, 1 survived, 1 run by no test, 1 timed out, 1 could not be tried, 12 more left out");
  expect(gates).toMatchObject([{ gate: "mutation-score", expected: ">= 70 %", seen: "50 %", held: false, onMiss: "warn" }]);
});

test("a missed gate fails the job only where it was asked to", () => {
  const mutations = [facts([mutant("survived")])];

  expect(judge(mutations).passed).toBe(true);
  expect(judge(mutations, { ...gate, onMiss: "fail" }).passed).toBe(false);
  expect(judge([facts([mutant("killed")])], { ...gate, onMiss: "fail" }).passed).toBe(true);
});

test("exactly what was asked holds, over all engines together", () => {
  const { gates } = judge([facts([mutant("killed")]), facts([mutant("survived")])], { score: 0.5, onMiss: "fail" });

  expect(gates).toMatchObject([{ seen: "50 %", held: true }]);
});

test("tests that take all the time leave nothing known: said, and failed only by a gate that fails", () => {
  const mutations = [facts([], { unknown: "the tests as they are did not end within 90 s" })];

  expect(judge(mutations, undefined)).toMatchObject({
    passed: true,
    summary: "nothing is known: the tests as they are did not end within 90 s",
  });
  expect(judge(mutations).gates).toMatchObject([{ held: false, seen: "unknown: the tests as they are did not end within 90 s" }]);
  expect(judge(mutations, { ...gate, onMiss: "fail" }).passed).toBe(false);
});

test("lines with nothing to break hold; mutants that nobody had time for do not", () => {
  expect(judge([facts([])]).gates).toMatchObject([{ held: true, seen: "the lines have nothing to break" }]);
  expect(judge([facts([], { found: 9, untried: 9 })]).gates).toMatchObject([{ held: false, seen: "unknown: no mutant was tried in time" }]);
  expect(judge([facts([mutant("killed")], { found: 9, untried: 8 })]).gates).toMatchObject([
    { held: true, seen: "100 %, 8 mutants not tried in time" },
  ]);
});
