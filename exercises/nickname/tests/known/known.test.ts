import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cleanNickname, sameNickname } from "./solution.ts";

const taken = "\u1112\u1161\u11ab\u1100\u1173\u11af"; // 한글, taken apart
const family = "👨\u200d👩\u200d👧";

const refused = (text: string) => {
  try {
    cleanNickname(text);
  } catch (error) {
    return error instanceof RangeError;
  }
  return false;
};

describe("a nickname", () => {
  test("stays as it is when nothing is wrong with it", () => assert.equal(cleanNickname("Kim 도장"), "Kim 도장"));
  test("is put together", () => assert.equal(cleanNickname(taken), "한글"));
  test("is the same however its letters are stored", () => assert.equal(sameNickname(taken, "한글"), true));
  test("keeps signs that only resemble others", () => assert.equal(cleanNickname("①등"), "①등"));
  test("loses blanks around it", () => assert.equal(cleanNickname("  도장 "), "도장"));
  test("loses wide blanks around it", () => assert.equal(cleanNickname("\u3000도장\u3000"), "도장"));
  test("keeps one blank inside", () => assert.equal(cleanNickname("김 도장"), "김 도장"));
  test("keeps one of several blanks", () => assert.equal(cleanNickname("김 \t 도장"), "김 도장"));
  test("may have 2 letters, and not 1", () => {
    assert.equal(refused("도장"), false);
    assert.equal(refused("장"), true);
  });
  test("may have 10 letters", () => assert.equal(refused("가나다라마바사아자차"), false));
  test("may not have 11", () => assert.equal(refused("가나다라마바사아자차카"), true));
  test("is counted without the blanks around it", () => {
    assert.equal(refused("   가나다라마바사아자차   "), false);
    assert.equal(refused(" 장 "), true);
  });
  test("may have 10 emoji", () => assert.equal(refused("🍚".repeat(10)), false));
  test("counts a family as one", () => assert.equal(refused(family.repeat(3)), false));
  test("counts a thumb and its colour as one", () => assert.equal(refused("👍🏽"), true));
  test("has no zero-width space", () => assert.equal(refused("도\u200b장"), true));
  test("is not turned around", () => assert.equal(refused("\u202e장도"), true));
  test("has no control characters", () => assert.equal(refused("도\u0007장"), true));
  test("is the same in capitals", () => assert.equal(sameNickname("Kim", "kIM"), true));
  test("is not the same as another", () => assert.equal(sameNickname("도장", "도전"), false));
  test("that is refused is not compared", () => assert.throws(() => sameNickname("도장", ""), RangeError));
});
