import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, parseDuration } from "./solution.ts";

test("minutes", () => assert.equal(parseDuration("1m"), 60_000));
test("days", () => assert.equal(parseDuration("1d"), 86_400_000));
test("hours, seconds and milliseconds", () => assert.equal(parseDuration("1h1s1ms"), 3_601_001));
test("large numbers", () => assert.equal(parseDuration("90s"), 90_000));
test("nothing is refused", () => assert.throws(() => parseDuration(""), SyntaxError));
test("what stands behind is refused", () => assert.throws(() => parseDuration("1h30x"), SyntaxError));
test("blanks are refused", () => assert.throws(() => parseDuration(" 1h"), SyntaxError));
test("a wrong order and a repeated unit are refused", () => {
  for (const text of ["30m1h", "1h1h", "1ms1s", "5", "-1s", "1.5h"]) assert.throws(() => parseDuration(text), SyntaxError);
});
test("is written with the largest unit first", () => assert.equal(formatDuration(3_723_004), "1h2m3s4ms"));
test("leaves zeros out", () => assert.equal(formatDuration(3_600_000), "1h"));
test("is not rounded", () => assert.equal(formatDuration(6_000_000), "1h40m"));
test("zero has a text", () => assert.equal(formatDuration(0), "0s"));
test("negative numbers are refused", () => {
  for (const ms of [-1, 1.5, Number.NaN]) assert.throws(() => formatDuration(ms), RangeError);
});
