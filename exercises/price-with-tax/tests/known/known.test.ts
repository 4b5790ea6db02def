import assert from "node:assert/strict";
import { test } from "node:test";
import { bill } from "./solution.ts";

test("adds tax", () => assert.deepEqual(bill([{ price: 1000, count: 1 }], { taxPercent: 10 }), { net: 1000, tax: 100, total: 1100 }));
test("multiplies by the count", () => assert.equal(bill([{ price: 1000, count: 3 }], { taxPercent: 0 }).net, 3000));
test("a half goes down to an even number", () => assert.equal(bill([{ price: 25, count: 1 }], { taxPercent: 10 }).tax, 2));
test("a half goes up to an even number", () => assert.equal(bill([{ price: 35, count: 1 }], { taxPercent: 10 }).tax, 4));
test("more than a half goes up", () => assert.equal(bill([{ price: 26, count: 1 }], { taxPercent: 10 }).tax, 3));
test("tax is of the sum", () => assert.equal(bill(Array(10).fill({ price: 4, count: 1 }), { taxPercent: 10 }).tax, 4));
test("a discount is cut off for each line", () => assert.equal(bill([{ price: 99, count: 1 }], { taxPercent: 0, discountPercent: 10 }).net, 90));
test("amounts are integers", () => assert.ok(Number.isInteger(bill([{ price: 99, count: 1 }], { taxPercent: 0, discountPercent: 10 }).net)));
test("tax is of what is paid", () => assert.equal(bill([{ price: 1000, count: 1 }], { taxPercent: 10, discountPercent: 50 }).tax, 50));
test("free of tax", () => {
  const made = bill([{ price: 1000, count: 1, taxFree: true }, { price: 1000, count: 1 }], { taxPercent: 10 });
  assert.deepEqual(made, { net: 2000, tax: 100, total: 2100 });
});
test("all of it may be a gift", () => {
  let net: number | undefined;
  try {
    net = bill([{ price: 1000, count: 1 }], { taxPercent: 10, discountPercent: 100 }).net;
  } catch {}
  assert.equal(net, 0);
});
test("refuses what is out of range", () => {
  assert.throws(() => bill([{ price: -1, count: 1 }], { taxPercent: 10 }), RangeError);
  assert.throws(() => bill([{ price: 1, count: 0.5 }], { taxPercent: 10 }), RangeError);
  assert.throws(() => bill([], { taxPercent: 10, discountPercent: 101 }), RangeError);
  assert.throws(() => bill([], { taxPercent: -1 }), RangeError);
});
