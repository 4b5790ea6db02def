import assert from "node:assert/strict";
import { test } from "node:test";
import { withParticle } from "./solution.ts";

test("a final consonant takes the first", () => {
  assert.equal(withParticle("책", "은/는"), "책은");
  assert.equal(withParticle("책", "으로/로"), "책으로");
});
test("no final consonant takes the second", () => assert.equal(withParticle("나무", "을/를"), "나무를"));
test("only the last letter counts", () => assert.equal(withParticle("김치", "이/가"), "김치가"));
test("ㄹ is followed by 로", () => assert.equal(withParticle("서울", "으로/로"), "서울로"));
test("ㄹ is a final consonant for all others", () => assert.equal(withParticle("서울", "과/와"), "서울과"));
test("the first syllable of all is Hangul", () => assert.equal(withParticle("작가", "은/는"), "작가는"));
test("the last syllable of all is Hangul", () => assert.equal(withParticle("힣", "은/는"), "힣은"));
test("digits go by their sound", () => {
  const said = [..."0123456789"].map((digit) => withParticle(digit, "은/는").slice(1)).join("");
  assert.equal(said, "은은는은는는은은은는");
});
test("0 is followed by 으로", () => assert.equal(withParticle("10", "으로/로"), "10으로"));
test("7 is followed by 로", () => assert.equal(withParticle("7", "으로/로"), "7로"));
test("others get both", () => {
  assert.equal(withParticle("Dojang", "은/는"), "Dojang은(는)");
  assert.equal(withParticle("", "으로/로"), "(으)로");
});
test("another pair is refused", () => assert.throws(() => withParticle("책", "는/은"), RangeError));
