import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

test("lines come out whole, however the bytes were cut, also within a character", () => {
  const splitter = new LineSplitter();
  const bytes = Buffer.from("하나\r\ntwo\n\nrest");
  const lines = [...bytes].flatMap((byte) => splitter.push(Uint8Array.of(byte)));
  expect([...lines, ...splitter.end()]).toEqual(["하나", "two", "", "rest"]);
});

test("a line that never ends is cut, so that it cannot fill memory", () => {
  const splitter = new LineSplitter(10);
  expect(splitter.push(Buffer.from("x".repeat(25)))).toEqual(["x".repeat(10), "x".repeat(10)]);
  expect(splitter.end()).toEqual(["xxxxx"]);
});
