import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { page } from "./solution.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("page", () => {
  test("gives the first page", () => assert.deepEqual(page(numbers(5), { size: 2 }).items, [1, 2]));
  test("gives the second page", () => assert.deepEqual(page(numbers(5), { size: 2, number: 2 }).items, [3, 4]));
  test("gives what is left on the last page", () => assert.deepEqual(page(numbers(5), { size: 2, number: 3 }).items, [5]));
  test("counts a page that is not full", () => assert.equal(page(numbers(5), { size: 2 }).pages, 3));
  test("counts no page too many for an exact fit", () => assert.equal(page(numbers(4), { size: 2 }).pages, 2));
  test("has one page when there is nothing", () => assert.equal(page([], { size: 2 }).pages, 1));
  test("is empty beyond the end", () => {
    const beyond = page(numbers(4), { size: 2, number: 9 });
    assert.deepEqual([beyond.items, beyond.number, beyond.hasNext, beyond.hasPrevious], [[], 9, false, true]);
  });
  test("takes 20 unless told", () => assert.equal(page(numbers(30)).items.length, 20));
  test("takes 100 at most", () => assert.equal(page(numbers(150), { size: 120 }).items.length, 100));
  test("says how many there are in all", () => assert.equal(page(numbers(5), { size: 2 }).total, 5));
  test("has a next page before the last", () => {
    assert.equal(page(numbers(4), { size: 2, number: 1 }).hasNext, true);
    assert.equal(page(numbers(4), { size: 2, number: 2 }).hasNext, false);
  });
  test("has no page before the first", () => {
    assert.equal(page(numbers(4), { size: 2, number: 1 }).hasPrevious, false);
    assert.equal(page(numbers(4), { size: 2, number: 2 }).hasPrevious, true);
  });
  test("refuses a size that is none", () => {
    for (const size of [0, -1, 1.5, Number.NaN]) assert.throws(() => page([1], { size }), RangeError);
  });
  test("refuses a number that is none", () => {
    for (const number of [0, -1, 1.5]) assert.throws(() => page([1], { number }), RangeError);
  });
});
