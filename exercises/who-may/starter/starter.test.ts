import assert from "node:assert/strict";
import { test } from "node:test";
import { may } from "./solution.ts";

test("an owner reads", () => {
  const document = { ownerId: "kim", editors: [], isPublic: false };
  assert.equal(may({ id: "kim", role: "member" }, "read", document), true);
});
