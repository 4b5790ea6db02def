import { expect, test } from "vitest";
import { parseDurationMs, parseFraction, parsePerSecond, parseSizeBytes } from "./quantities.ts";

test.each([
  ["200ms", 200],
  ["15m", 900_000],
  ["1h30m", 5_400_000],
  ["1.5s", 1500],
  ["2d", 172_800_000],
  ["15", undefined],
  ["m15", undefined],
  ["-1s", undefined],
  ["", undefined],
  ["9999d", undefined],
])("the duration %s is %s ms", (text, expected) => {
  expect(parseDurationMs(text)).toBe(expected);
});

test.each([
  ["512m", 536_870_912],
  ["1.5gb", 1_610_612_736],
  ["2GiB", 2_147_483_648],
  ["1024", 1024],
  ["10x", undefined],
  ["-1", undefined],
])("the size %s is %s bytes", (text, expected) => {
  expect(parseSizeBytes(text)).toBe(expected);
});

test("percentages and rates are read with their unit only", () => {
  expect(parseFraction("80%")).toBe(0.8);
  expect(parseFraction("0.8")).toBeUndefined();
  expect(parsePerSecond("200/s")).toBe(200);
  expect(parsePerSecond("90/m")).toBe(1.5);
  expect(parsePerSecond("200")).toBeUndefined();
});
