import { Problem } from "@dojang/model";
import { expect, test } from "vitest";
import { failureText } from "./print-failure.ts";

test("the place of a Problem is told once, also when its message begins with it", () => {
  const problem = (message: string) =>
    new Problem({ code: "file-refused", message, fix: "name a file", exit: "infrastructure", place: { file: "/srv/shop" } });
  const told = "dojang: /srv/shop: it is a folder [file-refused]\n  fix: name a file";
  expect(failureText(problem("/srv/shop: it is a folder"))).toBe(told);
  expect(failureText(problem("it is a folder"))).toBe(told);
});
