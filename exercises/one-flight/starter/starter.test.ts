import assert from "node:assert/strict";
import { test } from "node:test";
import { oneFlight } from "./solution.ts";

test("gives what was loaded", async () => {
  assert.equal(await oneFlight(async (key: string) => key.toUpperCase())("a"), "A");
});
