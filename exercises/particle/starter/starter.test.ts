import assert from "node:assert/strict";
import { test } from "node:test";
import { withParticle } from "./solution.ts";

test("책은", () => {
  assert.equal(withParticle("책", "은/는"), "책은");
});
