import assert from "node:assert/strict";
import { test } from "node:test";
import { addWorkingDays } from "./solution.ts";

test("in the middle of a week", () => {
  assert.equal(addWorkingDays("2024-05-07", 1), "2024-05-08");
});
