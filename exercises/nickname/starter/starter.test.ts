import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanNickname } from "./solution.ts";

test("a plain nickname stays as it is", () => {
  assert.equal(cleanNickname("김도장"), "김도장");
});
