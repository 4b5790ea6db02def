import { expect, test } from "vitest";
import { createHistory } from "./solution.ts";

test("begins with the first value", () => {
  expect(createHistory("a").current).toBe("a");
});
