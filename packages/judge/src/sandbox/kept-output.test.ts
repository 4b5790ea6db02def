import { expect, test } from "vitest";
import { KeptOutput } from "./kept-output.ts";

test("the beginning and the last words are kept, the middle of too much is not", () => {
  const output = new KeptOutput();
  output.add("begun\n");
  for (let line = 0; line < 10_000; line++) output.add(`${"x".repeat(100)}\n`);
  output.add("FATAL ERROR");
  const taken = output.take();
  expect(taken).toMatch(/^begun\nx/);
  expect(taken).toMatch(/x\nFATAL ERROR$/);
  expect(taken).toHaveLength(64 * 1024);
});

test("what fits is as it was said, and is given once", () => {
  const output = new KeptOutput();
  output.add("one ");
  output.add("two");
  expect(output.take()).toBe("one two");
  expect(output.take()).toBe("");
});
