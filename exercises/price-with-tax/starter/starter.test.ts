import assert from "node:assert/strict";
import { test } from "node:test";
import { bill } from "./solution.ts";

test("adds tax", () => {
  assert.equal(bill([{ price: 1000, count: 1 }], { taxPercent: 10 }).total, 1100);
});
