import assert from "node:assert/strict";
import { test } from "node:test";
import { addWorkingDays } from "./solution.ts";

// 2024-05-03 is a Friday.
test("Monday comes after Friday", () => assert.equal(addWorkingDays("2024-05-03", 1), "2024-05-06"));
test("Saturday is no working day", () => assert.notEqual(addWorkingDays("2024-05-03", 1), "2024-05-04"));
test("Sunday is no working day", () => assert.notEqual(addWorkingDays("2024-05-04", 1), "2024-05-05"));
test("in the middle of a week", () => assert.equal(addWorkingDays("2024-05-07", 2), "2024-05-09"));
test("over a holiday", () => assert.equal(addWorkingDays("2024-05-03", 1, ["2024-05-06"]), "2024-05-07"));
test("over a holiday before a weekend", () => assert.equal(addWorkingDays("2024-05-09", 1, ["2024-05-10"]), "2024-05-13"));
test("backwards", () => assert.equal(addWorkingDays("2024-05-06", -1), "2024-05-03"));
test("zero is the day itself", () => assert.equal(addWorkingDays("2024-05-03", 0), "2024-05-03"));
test("zero is the next working day", () => assert.equal(addWorkingDays("2024-05-04", 0), "2024-05-06"));
test("zero does not stay on a Sunday", () => assert.notEqual(addWorkingDays("2024-05-05", 0), "2024-05-05"));
test("over the end of a leap February", () => assert.equal(addWorkingDays("2024-02-28", 2), "2024-03-01"));
test("a day that cannot be", () => {
  for (const date of ["2023-02-29", "2024-02-30", "2024-13-01", "24-1-1", ""]) assert.throws(() => addWorkingDays(date, 1), RangeError);
});
test("half a day", () => assert.throws(() => addWorkingDays("2024-05-03", 0.5), RangeError));
