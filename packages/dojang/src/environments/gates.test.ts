import { expect, test } from "vitest";
import { gatesHold, judgeGates } from "./gates.ts";

const gate = { patchCoverage: 0.8, coverage: undefined, onMiss: "fail" as const };
const coverage = { files: [{ path: "a.ts", hits: { 1: 1, 2: 0 } }] };
const patch = (coveredLines: number, executableLines: number) => ({ coveredLines, executableLines, files: [] });

function judged(request: Partial<Parameters<typeof judgeGates>[0]>) {
  return judgeGates({ job: "unit", gate, coverage, patch: patch(1, 2), ...request });
}

test("a change covered less than asked misses the gate, and says by how much", () => {
  const gates = judged({ patch: patch(1, 2) });

  expect(gates).toMatchObject([{ gate: "patch-coverage", expected: ">= 80 %", seen: "50 %", held: false }]);
  expect(gatesHold(gates)).toBe(false);
});

test("exactly what was asked holds", () => {
  expect(gatesHold(judged({ patch: patch(4, 5) }))).toBe(true);
});

test("a missed gate that only warns does not fail the job", () => {
  const gates = judged({ gate: { ...gate, onMiss: "warn" } });

  expect(gates[0]?.held).toBe(false);
  expect(gatesHold(gates)).toBe(true);
});

test("a change without an executable line misses nothing", () => {
  expect(judged({ patch: patch(0, 0) })).toMatchObject([{ held: true, seen: "the change has no executable line" }]);
});

test("what is not known does not hold: a gate that looked at nothing must not pass", () => {
  expect(judged({ patch: undefined })).toMatchObject([{ held: false, seen: "unknown: nothing to compare with" }]);
  expect(judged({ patch: undefined, coverage: undefined })).toMatchObject([{ held: false, seen: "unknown: no coverage was reported" }]);
});

test("coverage of everything counts lines that ran of lines that can", () => {
  expect(judged({ gate: { ...gate, patchCoverage: undefined, coverage: 0.5 } })).toMatchObject([
    { gate: "coverage", seen: "50 %", held: true },
  ]);
});
