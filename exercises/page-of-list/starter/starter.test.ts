import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./solution.ts";

test("gives the first page", () => {
  assert.deepEqual(page([1, 2, 3], { size: 2 }).items, [1, 2]);
});
