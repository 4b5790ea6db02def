import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration } from "./solution.ts";

test("an hour and a half", () => {
  assert.equal(parseDuration("1h30m"), 5_400_000);
});
