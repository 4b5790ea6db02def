import assert from "node:assert/strict";
import { test } from "node:test";
import { mapLimited } from "./solution.ts";

test("gives the results", async () => {
  assert.deepEqual(await mapLimited([1, 2, 3], 2, async (item) => item * 2), [2, 4, 6]);
});
