import { expect, test } from "vitest";
import { verdictExit } from "./verdict-exit.ts";

const failed = { state: "failed" } as const;

test("a run that passed ends with 0, whatever its allowed failures", () => {
  expect(verdictExit({ state: "passed" }, [{ state: "failed", reason: "failed" }])).toBe(0);
});

test("a failed test outweighs an environment that could not be made", () => {
  const jobs = [
    { state: "failed", reason: "environment-failed" },
    { state: "failed", reason: "failed" },
  ] as const;

  expect(verdictExit(failed, jobs)).toBe(1);
});

test("only a broken machine ends with 3, only a wrong file with 2", () => {
  expect(verdictExit(failed, [{ state: "failed", reason: "environment-failed" }])).toBe(3);
  expect(verdictExit(failed, [{ state: "failed", reason: "problem" }])).toBe(2);
});

test("jobs skipped for a failed need do not hide the reason of that need", () => {
  const jobs = [
    { state: "failed", reason: "problem" },
    { state: "skipped", reason: "dependency-failed" },
  ] as const;

  expect(verdictExit(failed, jobs)).toBe(2);
});
