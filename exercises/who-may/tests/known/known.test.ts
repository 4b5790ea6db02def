import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { may } from "./solution.ts";

type User = Parameters<typeof may>[0];
type Document = Parameters<typeof may>[2];

const kim: User = { id: "kim", role: "member" };
const lee: User = { id: "lee", role: "member" };
const jo: User = { id: "jo", role: "member" };
const admin: User = { id: "root", role: "admin" };

/** Kim's, with Lee as an editor. */
const paper: Document = { ownerId: "kim", editors: ["lee"], isPublic: false };
const open: Document = { ...paper, isPublic: true };
const locked: Document = { ...paper, locked: true };

const allowed = (user: User, document = paper) => ["read", "edit", "share", "delete"].filter((action) => may(user, action, document));

describe("who may", () => {
  test("the owner does all", () => assert.deepEqual(allowed(kim), ["read", "edit", "share", "delete"]));
  test("an editor edits", () => assert.equal(may(lee, "edit", paper), true));
  test("an editor does not share", () => assert.equal(may(lee, "share", paper), false));
  test("an editor does not delete", () => assert.equal(may(lee, "delete", paper), false));
  test("others do nothing", () => assert.deepEqual(allowed(jo), []));
  test("an admin deletes", () => assert.equal(may(admin, "delete", paper), true));
  test("an admin does not edit what belongs to others", () => assert.equal(may(admin, "edit", paper), false));
  test("an admin who owns it edits", () => assert.equal(may({ id: "kim", role: "admin" }, "edit", paper), true));

  test("everybody reads what is public", () => {
    for (const user of [undefined, jo]) assert.equal(may(user, "read", open), true);
  });
  test("others do not edit what is public", () => assert.equal(may(jo, "edit", open), false));
  test("who is not signed in does not own what belongs to nobody", () => {
    assert.equal(may(undefined, "delete", { editors: [], isPublic: false }), false);
  });

  test("a suspended owner does nothing", () => assert.deepEqual(allowed({ ...kim, suspended: true }), []));
  test("a suspended admin does nothing", () => assert.deepEqual(allowed({ ...admin, suspended: true }), []));
  test("a suspended user reads what is public", () => assert.equal(may({ ...jo, suspended: true }, "read", open), true));

  test("nobody edits what is locked", () => {
    assert.equal(may(lee, "edit", locked), false);
    assert.equal(may(kim, "edit", locked), false);
  });
  test("its owner does not delete what is locked", () => assert.equal(may(kim, "delete", locked), false));
  test("an admin deletes what is locked", () => assert.equal(may(admin, "delete", locked), true));

  test("a part of an id is another id", () => assert.deepEqual(allowed({ id: "le", role: "member" }), []));
  test("another action is refused", () => {
    for (const user of [undefined, kim, admin]) assert.throws(() => may(user, "sign", paper), RangeError);
  });
});
